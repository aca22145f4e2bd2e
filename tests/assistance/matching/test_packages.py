"""Packages: the fewest offers that meet everything, proved against trying every choice."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistance.matching import DEFAULT_POLICY, Matcher
from assistance.matching.packages import (
    COMPLEMENTARITY,
    MOST_PACKAGES,
    WHOLE,
    Candidate,
    Packages,
    candidate,
    find_packages,
)
from assistance.matching.profiles import NeedProfile

from .builders import TODAY, directory, matcher, need, offer, pair, request

PRIORITIES = DEFAULT_POLICY.priorities
REACH = DEFAULT_POLICY.reach


def one(name: str, *met: float, score: int = 5_000, **values: bool) -> Candidate:
    return Candidate(name, f"body of {name}", score, met, **values)


def needs_of(*priorities: str) -> list[NeedProfile]:
    return [NeedProfile(str(number), "BIO", (), priority) for number, priority in enumerate(priorities)]


def packages(needs: list[NeedProfile], candidates: list[Candidate], **values: int) -> Packages:
    return find_packages(needs, candidates, priorities=PRIORITIES, reach=REACH, **values)


def chosen(found: Packages) -> list[tuple[str, ...]]:
    return [package.offers for package in found.packages]


def test_one_offer_that_meets_all_comes_before_two_that_meet_it_better():
    needs = needs_of("high", "high")
    found = packages(needs, [one("A", 1, 0), one("B", 0, 1), one("C", 0.6, 0.6)])
    assert [set(offers) for offers in chosen(found)] == [{"C"}, {"A", "B"}]
    assert found.packages[0].notes[0]["code"] == "one_offer_enough"


def test_each_need_is_met_by_the_offer_that_meets_it_best():
    needs = needs_of("high", "high", "low")
    found = packages(needs, [one("A", 1, 0.3, 0), one("B", 0, 0.9, 0.5)])
    assert [(meeting.need.key, meeting.offer, meeting.met) for meeting in found.packages[0].meetings] == [
        ("0", "A", 1),
        ("1", "B", 0.9),
        ("2", "B", 0.5),
    ]
    assert found.packages[0].worth == round(WHOLE * (1 + 0.9 + 0.35 * 0.5))


def test_a_need_that_nobody_reaches_is_said_and_the_others_are_met_all_the_same():
    needs = needs_of("high", "medium")
    found = packages(needs, [one("A", 1, 0.2)])
    assert chosen(found) == [("A",)]
    assert [left.key for left in found.unmet] == ["1"]
    assert found.notes == ({"code": "need_unreached", "params": {"key": "1", "area": "BIO", "priority": "medium"}},)


def test_an_international_body_with_a_regional_one_comes_before_two_of_a_kind_that_meet_hardly_more():
    needs = needs_of("high", "high")
    found = packages(
        needs,
        [
            one("A", 1, 0, is_international=True),
            one("B", 0, 0.95, is_international=True),
            one("C", 0, 0.9, is_regional=True),
        ],
    )
    assert [set(offers) for offers in chosen(found)] == [{"A", "C"}, {"A", "B"}]
    assert found.packages[0].notes == (
        {"code": "complementary", "params": {"international": "body of A", "regional": "body of C"}},
    )


def test_it_does_not_come_before_a_pair_that_meets_much_more():
    needs = needs_of("high", "high")
    found = packages(
        needs,
        [
            one("A", 1, 0, is_international=True),
            one("B", 0, 1, is_international=True),
            one("C", 0, 0.6, is_regional=True),
        ],
    )
    assert set(chosen(found)[0]) == {"A", "B"}


def test_equal_packages_are_ordered_by_scores_and_then_by_reference():
    needs = needs_of("high", "high")
    found = packages(needs, [one("D", 1, 0), one("C", 1, 0), one("B", 0, 1), one("E", 0, 1, score=6_000)])
    assert [set(offers) for offers in chosen(found)] == [{"C", "E"}, {"D", "E"}, {"B", "C"}, {"B", "D"}]


def test_what_is_agreed_already_is_part_of_every_package_and_does_not_count():
    needs = needs_of("high", "high")
    found = packages(needs, [one("A", 1, 0, is_settled=True), one("B", 0, 1), one("C", 1, 1)])
    assert chosen(found) == [("B",), ("C",)]
    assert {package.settled for package in found.packages} == {("A",)}


def test_nothing_new_is_needed_where_what_is_agreed_meets_everything():
    found = packages(needs_of("high"), [one("A", 0.5, is_settled=True), one("B", 1)])
    assert chosen(found) == [()]
    assert found.packages[0].notes[0]["code"] == "settled_enough"


def test_without_needs_or_without_offers_there_is_no_package():
    assert packages([], [one("A")]).packages == ()
    empty = packages(needs_of("high"), [])
    assert (empty.packages, [left.key for left in empty.unmet]) == ((), ["0"])


def test_ten_thousand_needs_are_answered_in_time():
    needs = needs_of(*["high", "medium", "low"] * 3_333)
    candidates = [one(f"{n}", *[(place % 7 == n % 7) * 0.9 for place in range(len(needs))]) for n in range(20)]
    found = packages(needs, candidates)
    assert found.is_proven
    assert len(found.packages[0].offers) == 7
    assert len(found.packages[0].meetings) == 9_999


def test_no_package_is_claimed_to_be_the_best_if_there_was_no_time():
    needs = needs_of(*["high"] * 12)
    candidates = [one(f"{n:02}", *[((place * 7 + n * 5) % 11 < 4) * 0.8 for place in range(12)]) for n in range(40)]
    found = find_packages(needs, candidates, priorities=PRIORITIES, reach=REACH, seconds=0)
    assert found.is_proven or len(found.packages) <= 1


VALUES = st.sampled_from((0.0, 0.2, 0.25, 0.45, 0.6, 0.86, 1.0))


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[NeedProfile], list[Candidate]]:
    ranks = draw(st.lists(st.sampled_from(("high", "medium", "low")), min_size=1, max_size=4))
    rows = draw(
        st.lists(
            st.tuples(
                st.lists(VALUES, min_size=len(ranks), max_size=len(ranks)),
                st.sampled_from((4_000, 5_000, 5_001)),
                st.sampled_from(("international", "regional", "settled", "")),
            ),
            max_size=6,
        )
    )
    candidates = [
        Candidate(
            f"OFF-{number}",
            f"P{number}",
            score,
            tuple(met),
            is_international=kind == "international",
            is_regional=kind == "regional",
            is_settled=kind == "settled",
        )
        for number, (met, score, kind) in enumerate(rows)
    ]
    return needs_of(*ranks), candidates


def by_trying_all(needs: list[NeedProfile], candidates: list[Candidate]) -> list[tuple[str, ...]]:
    """Every choice that meets what can be met and contains no smaller answer, in the order of the rule."""
    useful = [item for item in candidates if max(item.met) >= REACH]
    settled = [item for item in useful if item.is_settled]
    new = sorted((item for item in useful if not item.is_settled), key=lambda item: item.offer)
    coverable = [place for place in range(len(needs)) if any(item.met[place] >= REACH for item in useful)]
    ranked = []
    for size in range(len(new) + 1):
        for some in combinations(new, size):
            members = [*some, *settled]
            best = [max((item.met[place] for item in members), default=0) for place in coverable]
            if not coverable or min(best) < REACH:
                continue
            worth = sum(
                round(WHOLE * PRIORITIES[needs[place].priority] * met)
                for place, met in zip(coverable, best, strict=True)
            )
            if any(item.is_international for item in members) and any(item.is_regional for item in members):
                worth += COMPLEMENTARITY
            scores = sum(item.hundredths for item in some)
            ranked.append((size, -worth, -scores, tuple(item.offer for item in some)))
    found: list[tuple[str, ...]] = []
    for *_rest, offers in sorted(ranked):
        if not any(set(earlier) <= set(offers) for earlier in found):
            found.append(offers)
    return found


@settings(max_examples=150, deadline=None)
@given(problems())
def test_the_packages_are_those_that_trying_every_choice_finds(problem):
    needs, candidates = problem
    found = packages(needs, candidates)
    assert found.is_proven
    expected = by_trying_all(needs, candidates)[:MOST_PACKAGES]
    assert [tuple(sorted(offers)) for offers in chosen(found)] == expected
    for package in found.packages:
        assert all(meeting.met >= REACH for meeting in package.meetings)
        assert {meeting.need.key for meeting in package.meetings} | {left.key for left in found.unmet} == {
            item.key for item in needs
        }


def test_a_candidate_knows_the_region_of_its_requester():
    asked = request(need("BOR.CUS"), state="PER")
    cicte = candidate(pair(asked, offer(provider="CICTE")), 5_000)
    far_off = candidate(pair(request(state="KEN"), offer(provider="CICTE")), 5_000)
    wco = candidate(pair(asked, offer(provider="WCO")), 5_000)
    assert (cicte.is_regional, far_off.is_regional, wco.is_regional) == (True, False, False)
    assert (cicte.is_international, wco.is_international) == (False, True)
    assert wco.met == (pair(asked, offer(provider="WCO")).served[0].value,)


@pytest.mark.parametrize("reach", [0.25, 0.9])
def test_the_level_from_which_a_need_counts_as_met_is_the_policys(reach):
    asked = request(need("BOR.CUS", types=("TRNG", "GUID")), state="PER")
    given_ = Matcher(directory(), DEFAULT_POLICY, TODAY).pair(asked, offer(types=("TRNG",)))
    found = find_packages(asked.needs, [candidate(given_, 5_000)], priorities=PRIORITIES, reach=reach)
    assert bool(found.packages) == (reach < 0.9)
    assert matcher().policy.reach == 0.25
