"""Portfolio: what a plan holds to, proved against trying every plan."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistance.matching import DEFAULT_POLICY
from assistance.matching.portfolio import (
    DecidedPair,
    InvalidRules,
    OpenRequest,
    Portfolio,
    PossiblePair,
    Rules,
    Supply,
    plan_portfolio,
)
from assistance.matching.portfolio_values import WHOLE
from assistance.matching.profiles import NeedProfile

PRIORITIES = DEFAULT_POLICY.priorities
REACH = DEFAULT_POLICY.reach
RULES = Rules()


def asked(reference: str, *priorities: str, by: str = "") -> OpenRequest:
    needs = tuple(NeedProfile(str(n), "BIO", (), rank) for n, rank in enumerate(priorities or ("high",)))
    return OpenRequest(reference, by or f"State of {reference}", needs)


def given_(offer: str, places: int | None, *areas: str) -> Supply:
    return Supply(offer, f"body of {offer}", areas or ("BIO",), places)


def pair(request: str, offer: str, *met: float, score: int = 5_000) -> PossiblePair:
    return PossiblePair(request, offer, score, met or (1.0,))


def decided(request: str, offer: str, *met: float, holds_place: bool = True) -> DecidedPair:
    return DecidedPair(request, offer, 5_000, met or (1.0,), holds_place)


def pairs_of(found: Portfolio) -> set[tuple[str, str]]:
    return {(one.request, one.offer) for one in found.assignments}


def test_the_only_place_goes_to_the_higher_priority():
    found = plan_portfolio(
        [asked("R1", "low"), asked("R2", "high")], [given_("A", 1)], [pair("R1", "A"), pair("R2", "A")], rules=RULES
    )
    assert pairs_of(found) == {("R2", "A")}
    assert found.left == {"State of R1": "places_taken"}
    assert (found.helped, found.helped_bound) == (("State of R2",), 1)
    assert [(left.request, left.reason) for left in found.left_needs] == [("R1", "places_taken")]
    assert found.is_proven
    assert found.gap == 0


def test_a_state_that_could_have_something_comes_before_a_second_high_need_of_another():
    """R1 alone would make more of both offers; R2 can only have A."""
    found = plan_portfolio(
        [asked("R1", "high", "high"), asked("R2", "low")],
        [given_("A", 1), given_("B", 1)],
        [pair("R1", "A", 1, 0), pair("R1", "B", 0, 1), pair("R2", "A", 0.3)],
        rules=RULES,
    )
    assert pairs_of(found) == {("R1", "B"), ("R2", "A")}
    assert found.left == {}


def test_fairness_counts_states_and_not_requests():
    """Two requests of one State have no more weight in it than one of another."""
    found = plan_portfolio(
        [asked("R1", "high", by="KEN"), asked("R2", "high", by="KEN"), asked("R3", "low", by="PER")],
        [given_("A", 1), given_("B", 1)],
        [pair("R1", "A"), pair("R2", "B"), pair("R3", "B")],
        rules=RULES,
    )
    assert pairs_of(found) == {("R1", "A"), ("R3", "B")}
    assert found.helped == ("KEN", "PER")


def test_who_has_a_decided_pair_stands_back_for_who_has_nothing():
    found = plan_portfolio(
        [asked("R1", "high", "high", by="KEN"), asked("R2", "low", by="PER")],
        [given_("A", 1), given_("B", 0)],
        [pair("R1", "A", 0, 1), pair("R2", "A")],
        [decided("R1", "B", 1, 0, holds_place=False)],
        rules=RULES,
    )
    assert pairs_of(found) == {("R1", "B"), ("R2", "A")}


def test_a_proposal_holds_a_place_and_an_agreement_has_taken_it_already():
    world = ([asked("R1"), asked("R2")], [given_("A", 1)], [pair("R2", "A")])
    proposed = plan_portfolio(*world, [decided("R1", "A")], rules=RULES)
    agreed = plan_portfolio(*world, [decided("R1", "A", holds_place=False)], rules=RULES)
    assert pairs_of(proposed) == {("R1", "A")}
    assert proposed.left == {"State of R2": "all_full"}
    assert pairs_of(agreed) == {("R1", "A"), ("R2", "A")}


def test_a_need_that_is_met_by_a_decision_is_not_met_twice():
    found = plan_portfolio(
        [asked("R1")], [given_("A", 5), given_("B", 5)], [pair("R1", "B", 0.9)], [decided("R1", "A")], rules=RULES
    )
    assert pairs_of(found) == {("R1", "A")}
    assert found.met == 1


def test_one_offer_that_meets_two_needs_takes_one_place():
    found = plan_portfolio(
        [asked("R1", "high", "medium")], [given_("A", 1), given_("B", 1)],
        [pair("R1", "A", 1, 0.8), pair("R1", "B", 1, 0)], rules=RULES,
    )  # fmt: skip
    assert pairs_of(found) == {("R1", "A")}
    assert [(served.need.key, served.met) for served in found.assignments[0].served] == [("0", 1), ("1", 0.8)]
    assert found.met == pytest.approx(1 + 0.6 * 0.8)
    assert found.asked == pytest.approx(1.6)


def test_of_plans_that_meet_the_same_the_one_with_better_scores_is_taken():
    found = plan_portfolio(
        [asked("R1")], [given_("A", 1), given_("B", 1)], [pair("R1", "A"), pair("R1", "B", score=6_000)], rules=RULES
    )
    assert pairs_of(found) == {("R1", "B")}


@pytest.mark.parametrize("better", [("A", "B"), ("B", "A")])
def test_where_places_are_scarce_too_the_better_scores_decide_between_equal_plans(better):
    scores = {("R1", better[0]): 6_000, ("R2", better[1]): 6_000}
    pairs = [pair(r, offer, score=scores.get((r, offer), 4_000)) for r in ("R1", "R2") for offer in "AB"]
    found = plan_portfolio([asked("R1"), asked("R2")], [given_("A", 1), given_("B", 1)], pairs, rules=RULES)
    assert pairs_of(found) == set(scores)


def test_a_request_gets_no_more_offers_than_it_may():
    needs = ["high"] * 4
    supplies = [given_(name, 1) for name in "ABCD"]
    pairs = [pair("R1", name, *[float(n == place) for n in range(4)]) for place, name in enumerate("ABCD")]
    found = plan_portfolio([asked("R1", *needs)], supplies, pairs, rules=RULES)
    assert len(found.assignments) == 3
    assert [left.reason for left in found.left_needs] == ["enough_offers"]


def test_an_offer_without_a_known_limit_takes_so_many_as_the_rules_say():
    requests = [asked(f"R{n}") for n in range(8)]
    pairs = [pair(request.reference, "A") for request in requests]
    found = plan_portfolio(requests, [given_("A", None)], pairs, rules=Rules(unstated_places=5))
    assert found.taken == {"A": 5}
    assert list(found.left.values()) == ["places_taken"] * 3


def test_a_need_below_the_reach_is_not_met():
    found = plan_portfolio([asked("R1")], [given_("A", 1)], [pair("R1", "A", 0.24)], rules=RULES)
    assert (found.assignments, found.left) == ((), {"State of R1": "no_offer"})


@pytest.mark.parametrize(
    ("requests", "supplies", "pairs", "left"),
    [
        ([], [given_("A", 1)], [], {}),
        ([asked("R1")], [], [], {"State of R1": "no_offer"}),
        ([asked("R1")], [given_("A", 0)], [pair("R1", "A")], {"State of R1": "all_full"}),
        ([OpenRequest("R1", "PER", ())], [given_("A", 1)], [], {"PER": "no_offer"}),
    ],
    ids=["no requests", "no offers", "all full", "no needs"],
)
def test_where_nothing_can_be_planned_the_plan_says_why(requests, supplies, pairs, left):
    found = plan_portfolio(requests, supplies, pairs, rules=RULES)
    assert (found.assignments, found.left, found.is_proven, found.gap) == ((), left, True, 0)


def test_one_more_place_is_worth_what_the_next_in_line_would_get():
    found = plan_portfolio(
        [asked("R1", "low"), asked("R2", "high"), asked("R3", "high")],
        [given_("A", 1, "BIO"), given_("B", 0, "CHE"), given_("C", 1, "NUC")],
        [pair("R1", "A"), pair("R2", "A"), pair("R2", "B", 0.9), pair("R3", "C")],
        rules=RULES,
    )
    margins = {margin.area: (margin.helped, margin.met, margin.offer, margin.is_exact) for margin in found.margins}
    assert margins == {
        "BIO": (1, pytest.approx(0.35), "A", True),
        "CHE": (1, pytest.approx(0.35 - 0.1), "B", True),
        "NUC": (0, 0, None, True),
    }


def test_rules_that_no_plan_can_follow_are_refused():
    with pytest.raises(InvalidRules, match="offers_per_request is 0; it must be at least 1"):
        Rules(offers_per_request=0)


def test_without_time_there_is_still_a_plan_that_breaks_no_rule():
    requests = [asked(f"R{n:03}", "high", "medium", "low") for n in range(80)]
    supplies = [given_(f"A{n:02}", n % 3) for n in range(40)]
    pairs = [
        pair(request.reference, supply.offer, *[((i * 7 + j * 3 + k) % 11) / 10 for k in range(3)])
        for i, request in enumerate(requests)
        for j, supply in enumerate(supplies)
    ]
    found = plan_portfolio(requests, supplies, pairs, rules=Rules(seconds=0))
    check_limits(found, requests, supplies, pairs, [], RULES)
    assert found.is_proven or found.met_bound >= found.met
    assert 0 <= found.gap <= 1
    assert len(found.helped) <= found.helped_bound


# Every plan of a small world


MET = st.sampled_from((0.0, 0.2, 0.25, 0.5, 0.86, 1.0))


@st.composite
def worlds(draw: st.DrawFn):
    requests = [
        asked(f"R{n}", *draw(st.lists(st.sampled_from(tuple(PRIORITIES)), min_size=1, max_size=2)), by=draw(who))
        for n in range(draw(st.integers(1, 3)))
    ]
    supplies = [
        given_(f"A{n}", draw(st.sampled_from((0, 1, 2, None))), *draw(st.sampled_from((("BIO",), ("BIO", "CHE")))))
        for n in range(draw(st.integers(1, 3)))
    ]
    pairs, before = [], []
    for request in requests:
        for supply in supplies:
            met = [draw(MET) for _need in request.needs]
            kind = draw(st.sampled_from(("possible", "possible", "possible", "decided", "none")))
            if kind == "possible":
                pairs.append(pair(request.reference, supply.offer, *met, score=draw(st.sampled_from((4_000, 6_000)))))
            elif kind == "decided":
                before.append(decided(request.reference, supply.offer, *met, holds_place=draw(st.booleans())))
    rules = Rules(offers_per_request=draw(st.integers(1, 2)), unstated_places=draw(st.integers(0, 2)))
    return requests, supplies, pairs, before, rules


who = st.sampled_from(("KEN", "PER", "FJI"))


def worth(requests, chosen):
    """Requesters helped, and need met, counting each need once by the pair that serves it best."""
    helped = {request.requester for request in requests for one in chosen if one.request == request.reference}
    met = 0
    for request in requests:
        for place, need in enumerate(request.needs):
            best = max((one.met[place] for one in chosen if one.request == request.reference), default=0.0)
            met += round(WHOLE * PRIORITIES[need.priority] * best) if best >= REACH else 0
    return len(helped), met


def is_allowed(chosen, requests, supplies, before, rules, more=None):
    held = [one.offer for one in before if one.holds_place]
    for supply in supplies:
        places = rules.unstated_places if supply.places is None else max(0, supply.places - held.count(supply.offer))
        if sum(1 for one in chosen if one.offer == supply.offer) > places + (supply.offer == more):
            return False
    for request in requests:
        given_before = sum(1 for one in before if one.request == request.reference)
        new = sum(1 for one in chosen if one.request == request.reference)
        if new > max(0, rules.offers_per_request - given_before):
            return False
    return True


def best_of_all(requests, supplies, pairs, before, rules, more=None):
    """(helped, met, -cost) of the best plan, found by trying each. A new pair must bring something."""
    useful = [one for one in pairs if max(one.met) >= REACH]
    every = chain.from_iterable(combinations(useful, size) for size in range(len(useful) + 1))
    return max(
        (*worth(requests, [*some, *before]), -sum(20_000 - one.hundredths for one in some))
        for some in every
        if is_allowed(some, requests, supplies, before, rules, more)
    )


def check_limits(found, requests, supplies, pairs, before, rules):
    known = {(one.request, one.offer) for one in pairs}
    new = [one for one in found.assignments if not one.is_decided]
    assert {(one.request, one.offer) for one in new} <= known
    assert {(one.request, one.offer) for one in found.assignments if one.is_decided} == {
        (one.request, one.offer) for one in before
    }
    assert is_allowed(new, requests, supplies, before, rules)


every_world = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@every_world
@given(worlds())
def test_the_plan_is_the_best_of_all_plans_in_the_order_of_its_goals(world):
    requests, supplies, pairs, before, rules = world
    found = plan_portfolio(*world[:4], rules=rules)
    assert found.is_proven
    new = [one for one in pairs if (one.request, one.offer) in pairs_of(found)]
    helped, met, cost = best_of_all(requests, supplies, pairs, before, rules)
    assert (len(found.helped), round(found.met * WHOLE)) == (helped, met) == worth(requests, [*new, *before])
    assert -sum(20_000 - one.hundredths for one in new) == cost
    assert len(found.helped) == found.helped_bound


@every_world
@given(worlds())
def test_no_plan_breaks_a_limit_or_takes_a_pair_that_is_not_possible(world):
    requests, supplies, pairs, before, rules = world
    check_limits(plan_portfolio(*world[:4], rules=rules), requests, supplies, pairs, before, rules)


@every_world
@given(worlds())
def test_who_is_left_with_nothing_could_only_be_helped_at_the_cost_of_another(world):
    requests, supplies, pairs, before, rules = world
    found = plan_portfolio(*world[:4], rules=rules)
    helped, _met, _cost = best_of_all(requests, supplies, pairs, before, rules)
    assert len(found.helped) == helped
    requesters = {request.requester for request in requests}
    assert set(found.helped) | set(found.left) == requesters
    for requester, reason in found.left.items():
        own = [
            one for one in pairs for request in requests
            if one.request == request.reference and request.requester == requester and max(one.met) >= REACH
        ]  # fmt: skip
        assert (reason == "no_offer") == (not own)
        if reason == "all_full":
            assert all(found.places[one.offer] == 0 for one in own)
        if reason == "places_taken":
            assert_held_by_those_with_nothing_else(found, requests, own)


def assert_held_by_those_with_nothing_else(found, requests, own):
    """Every place that a requester left out could have is the only thing of whoever has it."""
    requester_of = {request.reference: request.requester for request in requests}
    has = [requester_of[one.request] for one in found.assignments]
    for offer in {one.offer for one in own}:
        takers = [requester_of[one.request] for one in found.assignments if one.offer == offer and not one.is_decided]
        assert len(takers) == found.places[offer]
        assert all(has.count(taker) == 1 for taker in takers)


@every_world
@given(worlds())
def test_one_more_place_brings_what_planning_again_with_it_brings(world):
    requests, supplies, pairs, before, rules = world
    found = plan_portfolio(*world[:4], rules=rules)
    helped, met, _cost = best_of_all(requests, supplies, pairs, before, rules)
    for margin in found.margins:
        again = [
            best_of_all(requests, supplies, pairs, before, rules, more=supply.offer)[:2]
            for supply in supplies
            if margin.area in supply.areas
        ]
        more = max((h - helped, m - met) for h, m in again)
        assert margin.is_exact
        assert (margin.helped, round(margin.met * WHOLE)) == max(more, (0, 0))


@every_world
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_in_which_records_come_does_not_matter(world, random):
    *lists, rules = world
    shuffled = [random.sample(rows, len(rows)) for rows in lists]
    assert plan_portfolio(*shuffled, rules=rules) == plan_portfolio(*lists, rules=rules)
