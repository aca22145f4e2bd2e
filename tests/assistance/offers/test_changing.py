"""Changing offers, and the records that came from public sources."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from assistance.models import MatchingRun, Offer
from assistance.services import offers as services
from assistance.services.offer_values import OfferValues, PartnerValues
from assistance.services.offers import (
    OFFER_ACTIONS,
    offer_actions,
    offer_confirm,
    offer_create,
    offer_resume,
    offer_suspend,
    offer_update,
    offer_withdraw,
)
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.records.lifecycle import IllegalTransition
from cooperation_portal.records.models import Provenance
from cooperation_portal.records.write import StaleVersion
from tests.factories import (
    ApiKeyFactory,
    OfferFactory,
    OrganizationFactory,
)

from .reading import problems_of

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate
Status = Offer.Status


def test_a_published_offer_stays_published_through_an_edit(editor, published):
    offer = offer_update(by=editor, offer=published, values=replace(OfferValues.of(published), title="Example, new"))
    assert (offer.title, offer.status, offer.version) == ("Example, new", Status.ONGOING, 2)
    entry = AuditEntry.objects.about(offer).first()
    assert (entry.action, entry.before, entry.after) == (
        "offer.updated",
        {"title": "Example course on laboratory biosafety"},
        {"title": "Example, new"},
    )


def test_a_published_offer_must_stay_complete(editor, published):
    said = replace(OfferValues.of(published), areas=[], states=[])
    assert set(problems_of(offer_update, by=editor, offer=published, values=said)) == {"areas", "coverage"}
    published.refresh_from_db()
    assert published.areas.count() == 1
    assert published.version == 1


def test_an_edit_asks_for_matching_once_however_often_it_is_repeated(editor, published):
    for number in range(3):
        offer_update(by=editor, offer=published, values=replace(OfferValues.of(published), title=f"Example {number}"))
    assert MatchingRun.objects.count() == 1


def test_a_stale_edit_is_refused_and_says_what_stands_now(editor, published):
    first = replace(OfferValues.of(published), title="Example by somebody else")
    offer_update(by=editor, offer=published, values=first, expected_version=1)
    with pytest.raises(StaleVersion) as caught:
        offer_update(by=editor, offer=published, values=replace(first, title="Example of mine"), expected_version=1)
    assert caught.value.current.title == "Example by somebody else"
    published.refresh_from_db()
    assert published.title == "Example by somebody else"


def test_partners_that_stay_the_same_are_not_written_again(editor, cicte, values):
    said = replace(values, partners=[PartnerValues(role="funder", other_name="Example fund")])
    offer = offer_create(by=editor, provider=cicte, values=said)
    first = offer.partners.get().pk
    offer = offer_update(by=editor, offer=offer, values=replace(OfferValues.of(offer), title="Example"))
    assert offer.partners.get().pk == first
    offer = offer_update(by=editor, offer=offer, values=replace(OfferValues.of(offer), partners=()))
    assert not offer.partners.exists()


def test_moving_the_start_keeps_the_status_true(editor, published):
    later = replace(OfferValues.of(published), starts_on=TODAY() + timedelta(days=30))
    offer = offer_update(by=editor, offer=published, values=later)
    assert offer.status == Status.PLANNED
    offer = offer_update(by=editor, offer=offer, values=replace(later, starts_on=TODAY()))
    assert offer.status == Status.ONGOING


def test_a_planned_offer_is_not_moved_into_the_past(editor, published):
    planned = replace(OfferValues.of(published), starts_on=TODAY() + timedelta(days=30))
    offer = offer_update(by=editor, offer=published, values=planned)
    said = replace(planned, starts_on=TODAY() - timedelta(days=9), ends_on=TODAY() - timedelta(days=1))
    assert set(problems_of(offer_update, by=editor, offer=offer, values=said)) == {"ends_on"}


def test_a_withdrawn_offer_cannot_be_changed(editor, published):
    offer = offer_withdraw(by=editor, offer=published, reason="Example reason")
    with pytest.raises(IllegalTransition):
        offer_update(by=editor, offer=offer, values=OfferValues.of(offer))


def test_an_edited_date_is_known_to_the_day(editor, cicte):
    offer = OfferFactory(organization=cicte, starts_precision="month", ends_precision="year")
    said = replace(OfferValues.of(offer), ends_on=date(2098, 5, 6))
    offer = offer_update(by=editor, offer=offer, values=said)
    assert (offer.starts_precision, offer.ends_precision) == ("month", "day")


# Records from public sources


@pytest.fixture
def sourced(cicte):
    return OfferFactory(
        organization=cicte, provenance=Provenance.PUBLIC_SOURCE, source="Example report", languages=[], ends_on=None
    )


def test_a_provider_confirms_a_sourced_record_once_it_is_complete(editor, sourced):
    assert set(problems_of(offer_confirm, by=editor, offer=sourced)) == {"languages"}
    offer = offer_update(by=editor, offer=sourced, values=replace(OfferValues.of(sourced), languages=["en"]))
    assert (offer.provenance, offer.confirmed_on, offer.source) == (Provenance.PORTAL, TODAY(), "Example report")
    assert offer.is_live


def test_confirming_a_complete_sourced_record_makes_it_the_providers_own(editor, sourced):
    Offer.objects.filter(pk=sourced.pk).update(languages=["en"])
    assert not Offer.objects.live().exists()
    offer_confirm(by=editor, offer=sourced)
    assert Offer.objects.live().get() == sourced
    assert MatchingRun.objects.filter(offer=sourced).exists()


def test_the_secretariat_corrects_a_sourced_record_without_confirming_it(secretariat, sourced):
    offer = offer_update(by=secretariat, offer=sourced, values=replace(OfferValues.of(sourced), title="Example, spelt"))
    assert (offer.provenance, offer.confirmed_on) == (Provenance.PUBLIC_SOURCE, None)
    with pytest.raises(ValidationError, match="Only its provider"):
        offer_confirm(by=secretariat, offer=sourced)
    assert "confirm" not in offer_actions(secretariat, offer)


# Who may


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("visitor", False),
        ("newcomer", False),
        ("outsider", False),
        ("editor", True),
        ("focal_point", True),
        ("state_focal_point", False),
        ("expert", False),
        ("observer", False),
        ("secretariat", True),
    ],
)
def test_only_the_provider_and_the_secretariat_write(people, cicte, published, values, role, may):
    person = people[role]
    assert bool(offer_actions(person, published)) == may
    calls = [lambda: offer_create(by=person, provider=cicte, values=values)]
    calls += [
        lambda: offer_update(by=person, offer=published, values=values),
        lambda: offer_suspend(by=person, offer=published, reason="Example reason"),
        lambda: offer_resume(by=person, offer=Offer.objects.get(pk=published.pk)),
    ]
    for call in calls:
        if may:
            call()
        else:
            with pytest.raises(NotAllowed):
                call()
    assert Offer.objects.count() == (2 if may else 1)


def test_a_state_offers_through_its_focal_point_alone(state_focal_point, editor, peru, values):
    offer = offer_create(by=state_focal_point, provider=peru, values=values, publish=True)
    assert offer.provider == peru
    with pytest.raises(NotAllowed):
        offer_suspend(by=editor, offer=offer, reason="Example reason")


def test_a_key_writes_for_its_own_organization_alone(cicte, outsider, values):
    key = ApiKeyFactory(organization=cicte, scopes=["read", "write"])
    offer = offer_create(by=key, provider=cicte, values=values, publish=True)
    assert AuditEntry.objects.about(offer).first().actor_kind == "api_key"
    with pytest.raises(NotAllowed):
        offer_create(by=key, provider=OrganizationFactory(acronym="OTHER"), values=values)


def test_every_action_has_its_row_in_the_role_table(editor, published):
    for action in OFFER_ACTIONS:
        assert services.allows(editor, action, published)
