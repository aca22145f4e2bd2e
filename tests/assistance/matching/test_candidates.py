"""Candidates of a request: the same as the ranking with its reasons, found quickly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistance.matching import DEFAULT_POLICY, AreaTree, ExistingAssistance, Matcher, gates
from assistance.matching.candidates import BY_COST, Kind, candidates_for, requests_for
from assistance.matching.profiles import InvalidProfile

from .builders import TODAY, directory, matcher, need, offer, request
from .test_properties import offers, requests


def near_miss(asked, given):
    """The gate that a pair fails alone, None if it passes all or fails more."""
    found = candidates_for(matcher(), asked, [given]).near_misses
    return found[0].failed if found else None


def test_no_gate_is_left_out():
    assert set(BY_COST) == set(gates.GATES)
    assert len(BY_COST) == len(gates.GATES)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(requests(), st.lists(offers(), max_size=8))
def test_candidates_are_what_the_ranking_with_its_reasons_says(asked, given_offers):
    given_offers = [replace(one, reference=f"OFF-{number}") for number, one in enumerate(given_offers)]
    ranking = matcher().rank(asked, given_offers)
    found = candidates_for(matcher(), asked, given_offers)
    passed = [(one.offer, one.hundredths, one.suggested) for one in ranking.suggestions]
    assert passed == [
        (one.offer, one.hundredths, one.kind is Kind.SUGGESTED) for one in found.found if one.kind is not Kind.NEAR_MISS
    ]
    expected = {one.offer: one.failed[0] for one in ranking.near_misses}
    assert {one.offer: one.failed for one in found.near_misses} == expected
    assert found.compared == len(given_offers)
    assert found.warnings == ranking.warnings


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(offers(), st.lists(requests(), max_size=5))
def test_the_other_way_round_finds_the_same_pairs(given_offer, asked):
    asked = [replace(one, reference=f"REQ-{number}") for number, one in enumerate(asked)]
    one_by_one = [one for request in asked for one in candidates_for(matcher(), request, [given_offer]).found]
    assert sorted(requests_for(matcher(), given_offer, asked), key=str) == sorted(one_by_one, key=str)


@pytest.mark.parametrize(
    ("values", "gate", "facts"),
    [
        ({"capacity": 0}, "capacity", {"capacity": 0}),
        (
            {"coverage": "selected", "members_of": frozenset({"OAS"})},
            "covered",
            {"members_of": ["OAS"], "requester": "KEN"},
        ),
        (
            {"ends_on": date(2027, 1, 31)},
            "period",
            {"reason": "ends_before", "ends_on": "2027-01-31", "needed_from": "2027-02-01"},
        ),
        ({"status": "suspended"}, "live", {"reason": "status", "status": "suspended"}),
        ({"types": ("EQPT",)}, "form_of_help", {"asked": ["TRNG"], "offered": ["EQPT"]}),
    ],
)
def test_a_near_miss_names_its_gate_with_the_facts(values, gate, facts):
    failed = near_miss(request(), offer(**values))
    assert failed is not None
    assert failed.code == gate
    assert {name: failed.params[name] for name in facts} == facts


def test_two_failures_are_no_near_miss():
    assert near_miss(request(), offer(capacity=0, status="suspended")) is None


def test_another_subject_is_never_a_near_miss():
    found = candidates_for(matcher(), request(), [offer(areas=("PHY.BIO",))])
    assert found.found == ()
    assert found.compared == 1


def test_near_misses_stand_in_the_order_of_the_score_they_would_have():
    weak = offer(reference="OFF-A", capacity=0, types=("WKSH",))
    strong = offer(reference="OFF-B", capacity=0)
    assert [one.offer for one in candidates_for(matcher(), request(), [weak, strong]).found] == ["OFF-B", "OFF-A"]


def test_all_capacity_full_leaves_near_misses_that_say_so():
    full = [offer(reference=f"OFF-{number}", capacity=0) for number in range(3)]
    found = candidates_for(matcher(), request(), full)
    assert {one.kind for one in found.found} == {Kind.NEAR_MISS}
    assert {one.failed.code for one in found.near_misses} == {"capacity"}


# Bad input


def test_no_offers_and_no_requests_give_nothing():
    assert candidates_for(matcher(), request(), []).found == ()
    assert requests_for(matcher(), offer(), []) == ()


def test_a_request_without_a_known_area_has_no_candidates_and_a_warning():
    found = candidates_for(matcher(), request(need("XXX.YYY")), [offer()])
    assert found.found == ()
    assert found.warnings == ({"code": "unknown_areas", "params": {"areas": ["XXX.YYY"]}},)


def test_a_request_without_needs_has_no_candidates_and_a_warning():
    asked = replace(request(), needs=())
    found = candidates_for(matcher(), asked, [offer()])
    assert found.found == ()
    assert found.warnings == ({"code": "no_needs", "params": {}},)


def test_an_offer_in_areas_that_are_retired_is_none():
    assert candidates_for(matcher(), request(), [offer(areas=("XXX.YYY",))]).found == ()


def test_a_provider_both_preferred_and_declined_is_declined_and_the_contradiction_told():
    asked = request(preferred_providers=frozenset({"WCO"}), declined_providers=frozenset({"WCO"}))
    found = candidates_for(matcher(), asked, [offer()])
    assert [one.failed.code for one in found.near_misses] == ["not_declined"]
    assert found.warnings == ({"code": "preferred_and_declined", "params": {"providers": ["WCO"]}},)


def test_records_without_dates_are_compared():
    asked = request(needed_from=None, needed_by=None)
    found = candidates_for(matcher(), asked, [offer(starts_on=None, ends_on=None)])
    assert [one.kind for one in found.found] == [Kind.SUGGESTED]


def test_dates_in_the_wrong_order_are_refused_with_a_sentence():
    with pytest.raises(InvalidProfile, match="REQ-1 is needed by a date before it is needed from"):
        request(needed_from=date(2027, 6, 1), needed_by=date(2027, 1, 1))
    with pytest.raises(InvalidProfile, match="OFF-1 ends before it starts"):
        offer(starts_on=date(2027, 6, 1), ends_on=date(2027, 1, 1))


def test_a_tree_with_a_circle_is_refused_with_a_sentence():
    with pytest.raises(InvalidProfile, match="runs in a circle at A"):
        AreaTree({"A": "B", "B": "A"})


def test_many_needs_are_no_trouble():
    areas = sorted(directory().areas.parents)
    asked = request(*(need(areas[number % len(areas)], key=str(number)) for number in range(2_000)))
    found = candidates_for(Matcher(directory(), DEFAULT_POLICY, TODAY), asked, [offer()])
    assert len(found.found) == 1


def test_help_that_the_same_provider_gives_already_is_the_one_obstacle():
    running = (ExistingAssistance("WCO", "BOR.CUS", None),)
    failed = near_miss(request(need("BOR.CUS", ("GUID",)), existing_assistance=running), offer())
    assert failed is not None
    assert failed.code == "not_already_received"
