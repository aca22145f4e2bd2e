"""From profiles to a portfolio: only pairs that pass the gates, but for that of capacity."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from assistance.matching import gates
from assistance.matching.portfolio import plan_portfolio
from assistance.matching.portfolio_reading import decided_pair, open_request, possible_pairs, rules_of, supply
from assistance.matching.scoring import score

from .builders import matcher, need, offer, pair, request
from .test_properties import books, many, requests


def test_a_pair_says_how_well_each_need_is_met():
    asked = request(need("BOR.CUS", key="1"), need("BIO.LAB", key="2"))
    given_ = offer(capacity=2)
    (found,) = possible_pairs(matcher(), [asked], [given_])
    assert found.met == tuple(served.value for served in pair(asked, given_).served)
    assert found.hundredths == score(pair(asked, given_)).hundredths


def test_a_full_offer_is_possible_but_has_no_place():
    asked, full = request(), offer(capacity=0)
    pairs = possible_pairs(matcher(), [asked], [full])
    assert [one.offer for one in pairs] == ["OFF-1"]
    found = plan_portfolio([open_request(asked)], [supply(full)], pairs, rules=rules_of(matcher()))
    assert (found.assignments, found.left) == ((), {"KEN": "all_full"})
    assert found.margins[0].helped == 1


def test_a_decided_pair_counts_even_if_it_would_not_be_suggested_today():
    asked, suspended = request(), offer(status="suspended")
    assert possible_pairs(matcher(), [asked], [suspended]) == []
    decided = decided_pair(matcher(), asked, suspended, holds_place=False)
    found = plan_portfolio([open_request(asked)], [], [], [decided], rules=rules_of(matcher()))
    assert found.helped == ("KEN",)
    assert found.left_needs == ()


@many
@given(requests(), books)
def test_no_plan_has_a_pair_that_fails_a_gate_or_misses_the_threshold(asked, found_offers):
    pairs = possible_pairs(matcher(), [asked], found_offers)
    found = plan_portfolio([open_request(asked)], map(supply, found_offers), pairs, rules=rules_of(matcher()))
    by_reference = {one.reference: one for one in found_offers}
    for assignment in found.assignments:
        chosen = pair(asked, by_reference[assignment.offer])
        assert all(result.passed for result in gates.check(chosen))
        assert score(chosen).hundredths >= round(100 * matcher().policy.threshold)
    with_room = [replace(one, capacity=None) for one in found_offers]
    suggested = matcher().rank(asked, with_room, explained=False).suggested
    assert {one.offer for one in pairs} == {one.offer for one in suggested}
