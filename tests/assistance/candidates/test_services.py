"""Which candidates there are, for whom, and what a process keeps of what it read."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistance.matching import Matcher
from assistance.matching.candidates import Kind
from assistance.models import AssistanceRequest, MatchingPolicy, Offer
from assistance.services import shelf
from assistance.services.candidates import (
    PairReading,
    may_read_pair,
    offers_found,
    pair_found,
    reading_of_pair,
    requests_found,
)
from assistance.services.ranking import MatchingNotPossible
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.access.roles import Role
from tests.conftest import holder
from tests.factories import AreaFactory, MatchFactory, OfferFactory, OrganizationFactory, RequestFactory

from .conftest import offered

pytestmark = pytest.mark.django_db


def kinds(who, request):
    found = offers_found(by=who, request=request)
    return {
        found.offers[one.offer].title: (one.kind.value, one.failed and one.failed.code)
        for one in found.candidates.found
    }


def read_by(who, record):
    return AssistanceRequest.objects.visible_to(who).with_full_text_for(who).get(pk=record.pk)


def test_the_committee_finds_what_fits_and_what_misses_by_one_gate(expert, asked, market):
    assert kinds(expert, asked) == {
        "Courses for laboratories": ("suggested", None),
        "Committee course": ("suggested", None),
        "A guide": ("below_threshold", None),
        "Full course": ("near_miss", "capacity"),
        "Early course": ("near_miss", "period"),
        "Members only": ("near_miss", "covered"),
        "Held course": ("near_miss", "live"),
    }


def test_a_state_sees_for_its_own_request_the_offers_that_it_may_read(state_focal_point, asked, market):
    found = kinds(state_focal_point, asked)
    assert found["Courses for laboratories"] == ("suggested", None)
    assert "Committee course" not in found


def test_a_state_sees_who_could_help_while_it_drafts(state_focal_point, peru, market):
    draft = RequestFactory(state=peru, status="draft")
    assert kinds(state_focal_point, draft)["Courses for laboratories"] == ("suggested", None)


def test_others_see_no_candidates(people, asked, market):
    for role in ("outsider", "editor", "focal_point", "newcomer"):
        with pytest.raises(NotAllowed):
            offers_found(by=people[role], request=asked)


@pytest.mark.parametrize(
    ("values", "words"),
    [({"status": "closed"}, "has ended"), ({"provenance": "public_source"}, "It is history")],
)
def test_what_is_not_matched_is_not_compared_and_says_why(values, words, expert, peru):
    with pytest.raises(ValidationError, match=words):
        offers_found(by=expert, request=RequestFactory(state=peru, **values))


def test_a_provider_sees_the_circulated_requests_that_its_offer_fits(focal_point, peru, market):
    RequestFactory(state=peru, status="submitted", title="Not yet circulated")
    RequestFactory(state=peru, status="circulated", title="Circulated")
    RequestFactory(state=peru, status="circulated", title="Summary", needs=[("BOR.CUS", ["TRNG"], "high")])
    found = requests_found(by=focal_point, offer=market["fits"])
    assert [(found.requests[one.request].title, one.kind) for one in found.found] == [("Circulated", Kind.SUGGESTED)]
    assert len(found.requests) == 2


def test_a_provider_does_not_learn_whom_a_requester_prefers_or_declines(focal_point, expert, cicte, peru, market):
    wishes = [RequestFactory(state=peru, status="circulated", reference=f"REQ-2026-800{n}") for n in range(3)]
    wishes[1].preferred_providers.add(cicte)
    wishes[2].declined_providers.add(cicte)
    offer = market["fits"]
    found = requests_found(by=focal_point, offer=offer)
    assert len({(one.kind, one.hundredths) for one in found.found}) == 1
    explained = []
    for request in wishes:
        pair = pair_found(by=focal_point, request=read_by(focal_point, request), offer=offer)
        assert pair.reading is PairReading.PROVIDER
        assert "preferred" not in {part["code"] for part in pair.explanation["parts"]}
        assert sum(round(100 * part["points"]) for part in pair.explanation["parts"]) == round(
            100 * pair.explanation["score"]
        )
        explained.append({**pair.explanation, "request": "", "needs": []})
    assert explained[0] == explained[1] == explained[2]
    told = pair_found(by=expert, request=read_by(expert, wishes[2]), offer=offer)
    assert [gate["code"] for gate in told.failed] == ["not_declined"]


def test_a_provider_reads_that_the_text_declines_it(focal_point, peru, market):
    request = RequestFactory(
        state=peru, status="circulated", description="No help from CICTE is wanted. Train laboratory staff."
    )
    pair = pair_found(by=focal_point, request=read_by(focal_point, request), offer=market["fits"])
    declined = [gate for gate in pair.explanation["gates"] if gate["code"] == "not_declined"]
    assert all(not gate["passed"] and gate["params"]["by_text"] for gate in declined)


def test_who_reads_a_pair(people, asked, market, cicte):
    offer = market["fits"]
    for role in ("expert", "observer", "secretariat", "state_focal_point"):
        assert reading_of_pair(people[role], read_by(people[role], asked), offer) is PairReading.INSIDE
    asked.status = "circulated"
    asked.save()
    for role in ("editor", "focal_point"):
        assert reading_of_pair(people[role], read_by(people[role], asked), offer) is PairReading.PROVIDER
    assert not may_read_pair(people["outsider"], read_by(people["outsider"], asked), offer)


def test_a_public_summary_is_not_enough_to_be_told_why(focal_point, asked, market):
    AssistanceRequest.objects.update(
        public_summary="In short.", summary_consent_on="2026-01-01", summary_published_on="2026-01-08"
    )
    row = read_by(focal_point, asked)
    assert not row.is_full_text
    with pytest.raises(NotAllowed):
        pair_found(by=focal_point, request=row, offer=market["fits"])


def test_a_suggestion_stays_with_the_committee(state_focal_point, expert, asked, market):
    match = MatchFactory(request=asked, offer=market["fits"], status="suggested")
    assert pair_found(by=expert, request=read_by(expert, asked), offer=market["fits"]).match == match
    row = read_by(state_focal_point, asked)
    assert pair_found(by=state_focal_point, request=row, offer=market["fits"]).match is None
    match.status, match.proposed_at = "proposed", timezone.now()
    match.save()
    assert pair_found(by=state_focal_point, request=row, offer=market["fits"]).match == match


# Bad input


def test_without_a_policy_the_reader_is_told_what_to_do(expert, asked):
    MatchingPolicy.objects.all().delete()
    with pytest.raises(MatchingNotPossible, match="no matching policy yet"):
        offers_found(by=expert, request=asked)


@pytest.mark.parametrize("weights", [{}, {"needs": 0}, {"needs": -1}])
def test_a_stored_policy_that_cannot_rank_is_told(weights, expert, asked):
    MatchingPolicy.objects.update(weights=weights)
    with pytest.raises(MatchingNotPossible, match="cannot rank"):
        offers_found(by=expert, request=asked)


def test_areas_in_a_circle_are_told(expert, asked):
    top = AreaFactory(code="LEG")
    type(top).objects.filter(pk=top.pk).update(parent=top)
    with pytest.raises(MatchingNotPossible, match="runs in a circle at LEG"):
        offers_found(by=expert, request=asked)


def test_an_area_whose_parent_is_retired_is_still_matched(expert, asked, market):
    area = AreaFactory(code="BIO")
    type(area).objects.filter(pk=area.pk).update(is_retired=True)
    assert kinds(expert, asked)["Courses for laboratories"] == ("suggested", None)


def test_a_retired_area_of_the_request_is_a_warning(expert, asked, market):
    area = AreaFactory(code="BIO.LAB")
    type(area).objects.filter(pk=area.pk).update(is_retired=True)
    found = offers_found(by=expert, request=asked)
    assert found.candidates.found == ()
    assert found.candidates.warnings == ({"code": "unknown_areas", "params": {"areas": ["BIO.LAB"]}},)
    pair = pair_found(by=expert, request=read_by(expert, asked), offer=market["fits"])
    assert pair.unknown_areas == ("BIO.LAB",)


def test_without_offers_nothing_is_compared(expert, asked):
    found = offers_found(by=expert, request=asked)
    assert (found.candidates.found, found.candidates.compared) == ((), 0)


def test_when_all_are_full_each_is_a_near_miss(expert, asked):
    for _number in range(3):
        offered(capacity=0)
    found = offers_found(by=expert, request=asked).candidates
    assert [one.failed.code for one in found.found] == ["capacity"] * 3


def test_a_provider_preferred_and_declined_at_once_is_a_warning(expert, asked, market, cicte):
    asked.preferred_providers.add(cicte)
    asked.declined_providers.add(cicte)
    found = offers_found(by=expert, request=asked)
    assert [warning["code"] for warning in found.candidates.warnings] == ["preferred_and_declined"]


# What a process keeps


def queries_of(expert, asked):
    with CaptureQueriesContext(connection) as captured:
        offers_found(by=expert, request=asked)
    return len(captured)


def test_what_was_read_is_not_read_again_until_it_changes(expert, asked, market, monkeypatch):
    read = []
    plainly = Matcher.read_offer
    monkeypatch.setattr(Matcher, "read_offer", lambda self, offer: read.append(offer.reference) or plainly(self, offer))
    first = queries_of(expert, asked)
    count = len(read)
    assert count
    assert queries_of(expert, asked) < first
    assert len(read) == count
    offer = market["fits"]
    offer.title = "Courses for reference laboratories"
    offer.save()
    found = offers_found(by=expert, request=asked)
    assert read[count:] == [offer.reference]
    assert found.offers[offer.reference].title == "Courses for reference laboratories"


def test_a_change_of_names_or_vocabulary_reads_everything_anew(expert, asked, market, cicte):
    offers_found(by=expert, request=asked)
    cicte.acronym = "CICTE-2"
    cicte.save()
    found = offers_found(by=expert, request=asked)
    assert found.offers[market["fits"].reference].provider == "CICTE-2"


def test_the_number_of_queries_does_not_grow_with_the_offers(expert, asked):
    queries_of(expert, asked)
    offered()
    few = queries_of(expert, asked)
    for _number in range(15):
        offered()
    assert queries_of(expert, asked) == few


def test_no_more_is_kept_than_the_bound(expert, asked, market, monkeypatch):
    monkeypatch.setattr(shelf, "MOST_KEPT", 3)
    first = kinds(expert, asked)
    assert kinds(expert, asked) == first
    assert len(first) == 7


def test_an_offer_that_vanishes_meanwhile_is_left_out(expert, asked, market):
    offers_found(by=expert, request=asked)
    Offer.objects.filter(pk=market["full"].pk).delete()
    assert "Full course" not in kinds(expert, asked)


def test_a_state_that_gives_an_offer_sees_what_it_fits(peru, asked):
    giver = OfferFactory(state=peru, organization=None)
    person = holder(Role.STATE_FOCAL_POINT, state=peru)
    other = RequestFactory(status="circulated", title="Of another State")
    found = requests_found(by=person, offer=giver)
    assert {found.requests[one.request].title for one in found.found if one.kind is Kind.SUGGESTED} == {other.title}


def test_dates_are_not_needed(expert, peru):
    request = RequestFactory(state=peru, needed_from=None, needed_by=None)
    OfferFactory(organization=OrganizationFactory(), starts_on=None, ends_on=None, title="Undated")
    assert kinds(expert, request)["Undated"][0] == "suggested"
