"""Drafting and publishing offers: what is kept, what is refused, what is missing."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from assistance.models import MatchingRun, Offer, OfferPartner
from assistance.services.offer_values import MAX_PARTNERS, OfferValues, PartnerValues
from assistance.services.offers import (
    offer_create,
    offer_publish,
    offer_update,
)
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from tests.factories import (
    AreaFactory,
    AssistanceTypeFactory,
    MembershipFactory,
    OrganizationFactory,
    StateFactory,
)

from .reading import problems_of

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate
Status = Offer.Status


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
    assert (entry.action, entry.actor_label, entry.after) == ("offer.created", str(editor), {"status": "draft"})
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
