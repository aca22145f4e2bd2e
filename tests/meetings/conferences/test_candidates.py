"""Who could meet whom: requesters of a region, the providers that fit, and what a meeting of the two is worth."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistance.services.ranking import MatchingNotPossible, rank_records
from meetings.regions import region_choices, region_name, regional_group_of, states_in
from meetings.services.conference_candidates import conference_candidates
from tests.factories import (
    AppointmentFactory,
    MatchFactory,
    MembershipFactory,
    OfferFactory,
    OrganizationFactory,
    RequestFactory,
    StateFactory,
)

from .conftest import REGION

pytestmark = pytest.mark.django_db


def keys(sides) -> list[str]:
    return [side.key for side in sides]


def test_states_of_the_region_that_ask_and_the_providers_that_fit(region, expert):
    RequestFactory(state=StateFactory(regional_group="African", m49_region="Africa", m49_subregion="Eastern Africa"))
    found = conference_candidates(expert, REGION)
    assert keys(found.requesters) == ["S-CHL", "S-PER"]
    assert keys(found.providers) == ["O-CICTE", "O-OPCW"]
    assert {pair.key for pair in found.pairs} == {(a, b) for a in ("S-CHL", "S-PER") for b in ("O-CICTE", "O-OPCW")}
    assert (found.waiting, found.unmet) == (0, ())


def test_value_is_the_best_score_of_each_request_times_its_highest_priority_added_up(region, expert):
    second = RequestFactory(state=region.peru, status="authenticated", needs=[("BIO.LAB", ["TRNG"], "low")])
    OfferFactory(organization=region.cicte, areas=["BIO.LAB", "CAP"], types=["TRNG", "WKSH"])
    found = conference_candidates(expert, REGION)
    pair = found.by_key["S-PER", "O-CICTE"]
    asked, given = type(region.of_peru).objects.all(), type(region.by_cicte).objects.filter(organization=region.cicte)
    best = {ref: ranking.suggestions[0] for ref, ranking in rank_records(asked, given).of.items()}
    expected = best[region.of_peru.reference].hundredths * 1.0 + best[second.reference].hundredths * 0.35
    assert pair.value == round(expected)
    assert {fit.request: fit.offer.reference for fit in pair.fits} == {
        region.of_peru: best[region.of_peru.reference].offer,
        second: best[second.reference].offer,
    }
    assert found.pairs[0] == pair


def test_requests_that_may_not_reach_the_parties_are_counted_but_not_brought(region, expert):
    for status in ("submitted", "clarification", "referred"):
        RequestFactory(state=region.peru, status=status)
    for status in ("draft", "closed", "withdrawn"):
        RequestFactory(state=region.peru, status=status)
    found = conference_candidates(expert, REGION)
    assert found.waiting == 3
    assert {fit.request for pair in found.pairs for fit in pair.fits} == {region.of_peru, region.of_chile}


def test_what_an_expert_or_a_party_turned_down_is_no_reason_to_meet(region, expert):
    MatchFactory(request=region.of_peru, offer=region.by_cicte, status="declined")
    MatchFactory(request=region.of_chile, offer=region.by_cicte, status="dismissed", decision_reason="no")
    found = conference_candidates(expert, REGION)
    assert keys(found.providers) == ["O-OPCW"]


def test_requesters_without_a_fitting_offer_are_named(region, expert):
    lonely = StateFactory(name_en="Lonely")
    RequestFactory(state=lonely, status="circulated", needs=[("NUC.RAD", ["EQPT"], "high")])
    found = conference_candidates(expert, REGION)
    assert found.unmet == (lonely,)


def test_an_organization_asks_for_the_region_if_half_its_members_lie_there(region, expert):
    africa = {"regional_group": "African", "m49_region": "Africa", "m49_subregion": "Eastern Africa"}
    for acronym, outside in (("HALF", 1), ("LESS", 2)):
        body = OrganizationFactory(acronym=acronym)
        MembershipFactory(organization=body, state=region.chile)
        for _number in range(outside):
            MembershipFactory(organization=body, state=StateFactory(**africa))
        RequestFactory(organization=body, status="circulated")
    assert "O-HALF" in keys(conference_candidates(expert, REGION).requesters)
    assert "O-LESS" not in keys(conference_candidates(expert, REGION).requesters)


def test_a_state_that_offers_is_a_provider_and_never_meets_itself(region, expert):
    OfferFactory(state=region.chile, organization=None)
    found = conference_candidates(expert, REGION)
    assert ("S-PER", "S-CHL") in found.by_key
    assert ("S-CHL", "S-CHL") not in found.by_key


def test_regions_are_groups_m49_names_and_memberships(region, expert):
    body = OrganizationFactory(acronym="OAS")
    MembershipFactory(organization=body, state=region.peru)
    MembershipFactory(organization=body, state=region.chile, status="suspended")
    assert set(states_in("group:South America")) == {region.peru, region.chile}
    assert set(states_in("members:OAS")) == {region.peru}
    assert not states_in("members:NOBODY").exists()
    assert not states_in("somewhere").exists()
    assert region_name("group:GRULAC") == "Latin American and Caribbean States"
    assert region_name("members:OAS") == "members of OAS"
    assert (regional_group_of("group:GRULAC"), regional_group_of("group:South America")) == ("GRULAC", "")


def test_one_member_makes_no_region(region, expert):
    body = OrganizationFactory(acronym="ONE")
    MembershipFactory(organization=body, state=region.peru)
    offered = [value for _label, choices in region_choices(expert) for value, _name in choices]
    assert "members:ONE" not in offered
    assert {"group:GRULAC", "group:Americas", "group:South America"} <= set(offered)


def test_without_requests_there_is_nobody(policy, expert):
    found = conference_candidates(expert, REGION)
    assert (found.pairs, found.unmet, found.waiting) == ((), (), 0)


def test_without_a_policy_the_reader_is_told(region, expert, policy):
    policy.delete()
    with pytest.raises(MatchingNotPossible):
        conference_candidates(expert, REGION)


def test_queries_do_not_grow_with_records(region, expert):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            conference_candidates(expert, REGION)
        return len(queries)

    count()  # reads the actor's roles, which are kept
    few = count()
    for _number in range(5):
        RequestFactory(status="circulated")
        OfferFactory()
    AppointmentFactory()
    assert count() == few
