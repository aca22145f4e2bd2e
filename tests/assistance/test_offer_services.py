"""Posting, changing and moving offers."""

import threading
import time
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from assistance.lifecycles.offers import OFFER_LIFE_CYCLE
from assistance.models import MatchingRun, Offer, OfferPartner
from assistance.services import offers as services
from assistance.services.offer_values import MAX_PARTNERS, OfferValues, PartnerValues, missing
from assistance.services.offers import (
    OFFER_ACTIONS,
    OFFER_SERVICES,
    complete_ended_offers,
    offer_actions,
    offer_complete,
    offer_confirm,
    offer_create,
    offer_discard,
    offer_publish,
    offer_resume,
    offer_start,
    offer_suspend,
    offer_update,
    offer_withdraw,
    start_planned_offers,
)
from assistance.tasks import complete_ended_offers as nightly_task
from assistance.tasks import run_queued_matching
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from cooperation_portal.records import write
from cooperation_portal.records.lifecycle import IllegalTransition
from cooperation_portal.records.models import Provenance
from cooperation_portal.records.write import StaleVersion
from tests.factories import (
    ApiKeyFactory,
    AreaFactory,
    AssistanceTypeFactory,
    MembershipFactory,
    OfferFactory,
    OrganizationFactory,
    StateFactory,
)

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate
Status = Offer.Status


@pytest.fixture
def values(peru):
    """A complete offer."""
    return OfferValues(
        title="Example course on laboratory biosafety",
        summary="Two weeks for laboratory staff.",
        areas=[AreaFactory(code="BIO.LAB")],
        types=[AssistanceTypeFactory(code="TRNG")],
        weapon_types=["BW"],
        states=[peru],
        languages=["es", "en"],
        starts_on=TODAY() - timedelta(days=10),
        ends_on=TODAY() + timedelta(days=400),
        capacity=3,
    )


@pytest.fixture
def draft(editor, cicte):
    return offer_create(by=editor, provider=cicte, values=OfferValues(title="Example idea"))


@pytest.fixture
def published(editor, cicte, values):
    return offer_create(by=editor, provider=cicte, values=values, publish=True)


def problems_of(call, **arguments) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        call(**arguments)
    return caught.value.message_dict


# Drafting


def test_a_draft_needs_a_title_alone(draft, cicte):
    assert draft.status == Status.DRAFT
    assert draft.reference == f"OFF-{TODAY().year}-0001"
    assert (draft.organization, draft.published_at, draft.version) == (cicte, None, 1)


def test_a_draft_without_a_title_is_refused(editor, cicte):
    assert set(problems_of(offer_create, by=editor, provider=cicte, values=OfferValues(title="  \n "))) == {"title"}
    assert not Offer.objects.exists()


def test_a_refused_offer_uses_up_no_reference(editor, cicte):
    problems_of(offer_create, by=editor, provider=cicte, values=OfferValues(title=""))
    assert offer_create(by=editor, provider=cicte, values=OfferValues(title="Example")).reference.endswith("-0001")


def test_a_draft_is_audited_and_noted_but_not_matched(draft, editor):
    entry = AuditEntry.objects.about(draft).get()
    assert (entry.action, entry.actor_label, entry.after["title"]) == ("offer.created", str(editor), "Example idea")
    assert Change.objects.get(object_type="offer").object_version == 1
    assert not MatchingRun.objects.exists()


def test_everything_said_is_kept(editor, cicte, peru, values):
    oas, chile = OrganizationFactory(acronym="OAS"), StateFactory(iso3="CHL")
    said = replace(
        values,
        coverage="selected",
        regional_groups=["GRULAC"],
        members_of=[oas],
        states=[peru, chile],
        weapon_types=["BW", "NW", "BW"],
        visibility="public",
        kind="standing_offer",
        partners=[
            PartnerValues(role="funder", organization=oas),
            PartnerValues(role="funder", state=chile),
            PartnerValues(role="implementer", other_name=" Example   laboratory "),
        ],
    )
    offer = Offer.objects.get(pk=offer_create(by=editor, provider=cicte, values=said).pk)
    kept = OfferValues.of(offer)
    assert (kept.title, kept.kind, kept.visibility, kept.capacity) == (said.title, "standing_offer", "public", 3)
    assert kept.weapon_types == ["NW", "BW"], "the vocabulary's order, no repeats"
    assert kept.languages == ["en", "es"]
    assert (set(kept.states), set(kept.members_of), kept.regional_groups) == ({peru, chile}, {oas}, ["GRULAC"])
    assert [(row.role, row.name) for row in kept.partners] == [
        ("funder", "OAS"),
        ("funder", "State CHL"),
        ("implementer", "Example laboratory"),
    ]


# Publishing


def test_publishing_at_once_makes_one_entry_and_asks_for_matching(published):
    assert (published.status, published.version) == (Status.ONGOING, 1)
    assert published.published_at is not None
    assert published.confirmed_on == TODAY()
    assert [entry.action for entry in AuditEntry.objects.about(published)] == ["offer.published"]
    run = MatchingRun.objects.get()
    assert (run.cause, run.offer, run.status) == ("offer", published, "queued")


def test_an_offer_that_starts_later_is_published_as_planned(editor, cicte, values):
    later = replace(values, starts_on=TODAY() + timedelta(days=1))
    assert offer_create(by=editor, provider=cicte, values=later, publish=True).status == Status.PLANNED


def test_an_offer_without_a_start_is_ongoing_once_published(editor, cicte, values):
    offer = offer_create(by=editor, provider=cicte, values=replace(values, starts_on=None), publish=True)
    assert offer.status == Status.ONGOING


def test_publishing_says_everything_that_is_missing_beside_its_field(editor, draft):
    problems = problems_of(offer_publish, by=editor, offer=draft)
    assert set(problems) == {"summary", "areas", "types", "languages", "coverage"}
    assert "Say who can be helped" in problems["coverage"][0]
    draft.refresh_from_db()
    assert (draft.status, draft.version) == (Status.DRAFT, 1)
    assert not MatchingRun.objects.exists()


@pytest.mark.parametrize(
    ("lacking", "field"),
    [
        ({"summary": " \n"}, "summary"),
        ({"areas": []}, "areas"),
        ({"types": []}, "types"),
        ({"languages": []}, "languages"),
        ({"states": []}, "coverage"),
    ],
)
def test_each_missing_part_keeps_an_offer_from_being_published(editor, cicte, values, lacking, field):
    incomplete = replace(values, **lacking)
    arguments = {"by": editor, "provider": cicte, "values": incomplete}
    assert set(problems_of(offer_create, publish=True, **arguments)) == {field}
    assert offer_create(**arguments).status == Status.DRAFT


def test_coverage_by_an_organization_without_members_covers_nobody(editor, cicte, values):
    nobody = replace(values, states=[], members_of=[OrganizationFactory(acronym="NONE")])
    problems = problems_of(offer_create, by=editor, provider=cicte, values=nobody, publish=True)
    assert problems == {
        "coverage": ["No member State of the chosen organizations is on record. Add a regional group or a State."]
    }


def test_former_members_do_not_make_a_coverage(editor, cicte, values, peru):
    body = OrganizationFactory(acronym="EX")
    MembershipFactory(organization=body, state=peru, status="former")
    said = replace(values, states=[], members_of=[body])
    assert set(problems_of(offer_create, by=editor, provider=cicte, values=said, publish=True)) == {"coverage"}


def test_what_has_ended_is_not_published(editor, cicte, values):
    over = replace(values, ends_on=TODAY() - timedelta(days=1))
    assert set(problems_of(offer_create, by=editor, provider=cicte, values=over, publish=True)) == {"ends_on"}
    assert offer_create(by=editor, provider=cicte, values=over).is_draft


def test_the_database_refuses_a_published_offer_without_summary(published):
    with pytest.raises(IntegrityError), transaction.atomic():
        Offer.objects.filter(pk=published.pk).update(summary="")


# Wrong values


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": "x" * 201}, "title"),
        ({"summary": "x" * 4001}, "summary"),
        ({"ends_on": date(2020, 1, 1), "starts_on": date(2020, 1, 2)}, "ends_on"),
        ({"weapon_types": ["XX"]}, "weapon_types"),
        ({"languages": ["tlh"]}, "languages"),
        ({"regional_groups": ["Atlantis"]}, "regional_groups"),
        ({"regional_groups": ["none"]}, "regional_groups"),
        ({"kind": "gift"}, "kind"),
        ({"coverage": "everywhere"}, "coverage"),
        ({"visibility": "secret"}, "visibility"),
        ({"visibility": "participants"}, "visibility"),
        ({"capacity": -1}, "capacity"),
        ({"capacity": 10**9}, "capacity"),
        ({"coverage": "global"}, "states"),
        ({"coverage": "global", "states": [], "regional_groups": ["GRULAC"]}, "regional_groups"),
    ],
)
def test_wrong_values_are_refused_beside_their_field(editor, cicte, values, wrong, field):
    said = replace(values, **wrong)
    assert set(problems_of(offer_create, by=editor, provider=cicte, values=said)) == {field}
    assert not Offer.objects.exists()


def test_text_at_its_limit_is_kept(editor, cicte, values):
    said = replace(values, title="x" * 200, summary="y" * 4000)
    assert len(offer_create(by=editor, provider=cicte, values=said, publish=True).summary) == 4000


def test_all_problems_are_told_at_once(editor, cicte):
    said = OfferValues(title="x" * 201, capacity=-1, languages=["xx"])
    problems = problems_of(offer_create, by=editor, provider=cicte, values=said, publish=True)
    assert {"title", "capacity", "languages", "summary", "areas", "types", "coverage"} == set(problems)


@pytest.mark.parametrize("factory", [AreaFactory, AssistanceTypeFactory])
def test_a_retired_term_stays_and_is_not_chosen_anew(editor, cicte, values, factory):
    name, code = ("areas", "CHE") if factory is AreaFactory else ("types", "OLDT")
    term = factory(code=code)
    offer = offer_create(by=editor, provider=cicte, values=replace(values, **{name: [term]}), publish=True)
    term.is_retired = True
    term.save()
    offer = offer_update(by=editor, offer=offer, values=replace(OfferValues.of(offer), title="Example, renamed"))
    assert list(getattr(offer, name).all()) == [term]
    said = replace(values, **{name: [term]})
    assert set(problems_of(offer_create, by=editor, provider=cicte, values=said)) == {name}


@pytest.mark.parametrize(
    "partners",
    [
        [PartnerValues(role="funder")],
        [PartnerValues(role="beneficiary", other_name="Example")],
        [PartnerValues(role="funder", other_name="x" * 121)],
        [PartnerValues(role="funder", other_name="Example"), PartnerValues(role="funder", other_name="EXAMPLE")],
        [PartnerValues(role="funder", other_name=f"Example {n}") for n in range(MAX_PARTNERS + 1)],
    ],
)
def test_wrong_partners_are_refused(editor, cicte, values, partners):
    said = replace(values, partners=partners)
    assert set(problems_of(offer_create, by=editor, provider=cicte, values=said)) == {"partners"}
    assert not OfferPartner.objects.exists()


def test_a_partner_is_an_organization_or_a_state_not_both(editor, cicte, values, peru):
    said = replace(values, partners=[PartnerValues(role="funder", organization=cicte, state=peru)])
    assert set(problems_of(offer_create, by=editor, provider=cicte, values=said)) == {"partners"}


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '=HYPERLINK("http://a.example")', "@SUM(1)", "%s %(x)s"])
def test_html_and_formulas_are_kept_as_they_are_typed(editor, cicte, values, text):
    said = replace(values, title=text, summary=text, partners=[PartnerValues(role="funder", other_name=text)])
    offer = offer_create(by=editor, provider=cicte, values=said, publish=True)
    assert (offer.title, offer.summary, offer.partners.get().other_name) == (text, text, text)


# Changing


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


# Moving


MOVES = {(row.action, status) for row in OFFER_LIFE_CYCLE.transitions for status in row.sources}


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize("action", sorted({row.action for row in OFFER_LIFE_CYCLE.transitions}))
def test_only_listed_transitions_happen(action, status):
    offer = Offer(status=status, starts_on=TODAY() - timedelta(days=1))
    if (action, status) in MOVES:
        target = OFFER_LIFE_CYCLE.move(offer, action).target
        assert offer.status == target != status
    else:
        with pytest.raises(IllegalTransition):
            OFFER_LIFE_CYCLE.move(offer, action)
        assert offer.status == status


#: (service, status before) -> status after, for an offer whose start has come and whose end has not.
EXPECTED = {
    ("publish", "draft"): "ongoing",
    ("start", "planned"): "ongoing",
    ("suspend", "planned"): "suspended",
    ("suspend", "ongoing"): "suspended",
    ("resume", "suspended"): "ongoing",
    ("complete", "planned"): "completed",
    ("complete", "ongoing"): "completed",
    ("complete", "suspended"): "completed",
    ("withdraw", "planned"): "withdrawn",
    ("withdraw", "ongoing"): "withdrawn",
    ("withdraw", "suspended"): "withdrawn",
    ("confirm", "planned"): "planned",
    ("confirm", "ongoing"): "ongoing",
    ("confirm", "suspended"): "suspended",
    ("discard", "draft"): None,
}


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize("action", sorted(OFFER_SERVICES))
def test_each_service_moves_what_it_may_and_refuses_the_rest(editor, published, action, status):
    Offer.objects.filter(pk=published.pk).update(status=status)
    MatchingRun.objects.all().delete()
    offer = Offer.objects.get(pk=published.pk)
    assert (action in offer_actions(editor, offer)) == ((action, status) in EXPECTED)
    if (action, status) not in EXPECTED:
        with pytest.raises(IllegalTransition):
            OFFER_SERVICES[action](by=editor, offer=offer, reason="Example reason")
        assert (Offer.objects.get(pk=offer.pk).status, MatchingRun.objects.count()) == (status, 0)
        return
    OFFER_SERVICES[action](by=editor, offer=offer, reason="Example reason")
    after = Offer.objects.filter(pk=published.pk).first()
    assert (after.status if after else None) == EXPECTED[action, status]
    assert MatchingRun.objects.exists() == (action not in {"confirm", "discard"})
    assert AuditEntry.objects.about(published).first().reason == "Example reason"


@pytest.mark.parametrize("service", [offer_suspend, offer_withdraw])
def test_suspending_and_withdrawing_need_a_reason(editor, published, service):
    assert set(problems_of(service, by=editor, offer=published, reason=" \n")) == {"reason"}
    published.refresh_from_db()
    assert published.status == Status.ONGOING


def test_starting_early_moves_the_start_to_today(editor, cicte, values):
    later = replace(values, starts_on=TODAY() + timedelta(days=9))
    offer = offer_create(by=editor, provider=cicte, values=later, publish=True)
    offer = offer_start(by=editor, offer=offer)
    assert (offer.status, offer.starts_on) == (Status.ONGOING, TODAY())


def test_resuming_before_the_start_gives_a_planned_offer(editor, cicte, values):
    later = replace(values, starts_on=TODAY() + timedelta(days=9))
    offer = offer_create(by=editor, provider=cicte, values=later, publish=True)
    offer = offer_resume(by=editor, offer=offer_suspend(by=editor, offer=offer, reason="Example reason"))
    assert offer.status == Status.PLANNED


def test_what_has_ended_is_not_resumed(editor, published):
    Offer.objects.filter(pk=published.pk).update(status="suspended", ends_on=TODAY() - timedelta(days=1))
    offer = Offer.objects.get(pk=published.pk)
    with pytest.raises(IllegalTransition, match="end date has passed"):
        offer_resume(by=editor, offer=offer)
    assert "resume" not in offer_actions(editor, offer)


def test_what_has_not_begun_is_withdrawn_not_completed(editor, cicte, values):
    later = replace(values, starts_on=TODAY() + timedelta(days=9))
    offer = offer_create(by=editor, provider=cicte, values=later, publish=True)
    with pytest.raises(IllegalTransition, match="not begun"):
        offer_complete(by=editor, offer=offer)


def test_a_move_on_a_stale_page_is_refused(editor, published):
    offer_suspend(by=editor, offer=published, reason="Example reason", expected_version=1)
    with pytest.raises(StaleVersion):
        offer_withdraw(by=editor, offer=published, reason="Example reason", expected_version=1)


def test_confirming_renews_the_day_and_changes_nothing_else(editor, published):
    Offer.objects.filter(pk=published.pk).update(confirmed_on=date(2020, 1, 1))
    MatchingRun.objects.all().delete()
    offer = offer_confirm(by=editor, offer=published)
    assert (offer.confirmed_on, offer.provenance) == (TODAY(), Provenance.PORTAL)
    assert not MatchingRun.objects.exists()


def test_a_discarded_draft_is_gone_from_the_portal_but_not_from_the_audit(editor, draft):
    key = draft.pk
    offer_discard(by=editor, offer=draft)
    assert not Offer.objects.exists()
    entry = AuditEntry.objects.filter(object_type="offer", object_id=key).first()
    assert (entry.action, entry.before["title"]) == ("offer.discarded", "Example idea")
    assert Change.objects.filter(object_type="offer", object_id=key).latest("pk").op == "remove"


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


# By itself


def test_nightly_what_has_ended_is_completed_and_what_is_due_starts(cicte):
    yesterday, tomorrow = TODAY() - timedelta(days=1), TODAY() + timedelta(days=1)
    ended = OfferFactory(ends_on=yesterday)
    ended_while_suspended = OfferFactory(status="suspended", ends_on=yesterday)
    never_started = OfferFactory(status="planned", starts_on=yesterday, ends_on=yesterday)
    due = OfferFactory(status="planned", starts_on=TODAY())
    last_day = OfferFactory(ends_on=TODAY())
    ahead = OfferFactory(status="planned", starts_on=tomorrow)
    draft = OfferFactory(status="draft", ends_on=yesterday)
    sourced = OfferFactory(provenance="public_source", ends_on=yesterday)
    assert nightly_task() == 4
    statuses = dict(Offer.objects.values_list("pk", "status"))
    assert {statuses[offer.pk] for offer in (ended, ended_while_suspended, never_started)} == {"completed"}
    assert statuses[due.pk] == "ongoing"
    assert [statuses[offer.pk] for offer in (last_day, ahead, draft, sourced)] == [
        "ongoing",
        "planned",
        "draft",
        "ongoing",
    ]
    assert AuditEntry.objects.about(ended).get().actor_kind == "system"
    assert nightly_task() == 0


def test_the_nightly_task_leaves_alone_what_was_moved_meanwhile(monkeypatch, published):
    Offer.objects.filter(pk=published.pk).update(ends_on=TODAY() - timedelta(days=1))
    real = services.offer_complete

    def somebody_was_faster(**arguments):
        Offer.objects.filter(pk=published.pk).update(status="withdrawn")
        return real(**arguments)

    monkeypatch.setattr(services, "offer_complete", somebody_was_faster)
    assert complete_ended_offers() == 0
    assert start_planned_offers() == 0
    published.refresh_from_db()
    assert published.status == Status.WITHDRAWN


@pytest.mark.django_db(transaction=True)
def test_publishing_saves_although_the_broker_is_away(editor, cicte, values, monkeypatch):
    def refused(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(run_queued_matching, "delay", refused)
    offer = offer_create(by=editor, provider=cicte, values=values, publish=True)
    assert Offer.objects.get(pk=offer.pk).status == Status.ONGOING
    assert MatchingRun.objects.get().status == MatchingRun.Status.QUEUED, "it waits for the schedule"


def _lock_that_does_not_lock(record, *, expected_version=None):
    """What `records.write.lock` would be without the row lock; the pause lets the other editor read as well."""
    found = type(record)._base_manager.get(pk=record.pk)
    if expected_version is not None and found.version != expected_version:
        raise StaleVersion(found)
    time.sleep(0.3)
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("is_locked", "outcome"), [(False, ["saved", "saved"]), (True, ["saved", "stale"])])
def test_of_two_editors_at_once_the_second_is_told(editor, cicte, values, monkeypatch, is_locked, outcome):
    monkeypatch.setattr(run_queued_matching, "delay", lambda: None)
    offer = offer_create(by=editor, provider=cicte, values=values, publish=True)
    if not is_locked:
        monkeypatch.setattr(write, "lock", _lock_that_does_not_lock)
    outcomes, barrier = [], threading.Barrier(2)

    def edit(title):
        try:
            said = replace(values, title=title)
            barrier.wait(timeout=10)
            offer_update(by=editor, offer=offer, values=said, expected_version=1)
            outcomes.append("saved")
        except StaleVersion:
            outcomes.append("stale")
        finally:
            connection.close()

    threads = [threading.Thread(target=edit, args=(f"Example {name}",)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(outcomes) == outcome


def test_missing_says_nothing_of_a_complete_offer(values):
    assert missing(values) == {}
