"""What another policy would change, computed from two rankings: counts, moves, and agreement with decisions."""

from __future__ import annotations

import pytest

from assistance.matching import DEFAULT_POLICY, Matcher, Policy
from assistance.matching.policy_change import (
    MOST_MOVES,
    DecidedPair,
    Place,
    RankingChanges,
    Shown,
    agreement,
    largest,
    place_of,
)

from .builders import TODAY, directory, need, offer, request

SHOWN = Shown(threshold=2000, limit=3)


def changes(before: Shown = SHOWN, after: Shown = SHOWN) -> RankingChanges:
    return RankingChanges(before, after)


def decided(accepted: bool, before: tuple[int, int], after: tuple[int, int], request: str = "R", offer: str = "O"):
    return DecidedPair(request, offer, Place(*before, before[0] <= 3), Place(*after, after[0] <= 3), accepted)


def test_equal_rankings_change_nothing() -> None:
    found = changes()
    found.add("R1", [("A", 6000), ("B", 5000)], [("A", 5900), ("B", 5100)])
    assert (found.requests, found.first_changed, found.appear, found.disappear, found.moves) == (1, 0, 0, 0, [])
    assert (found.overlap(3), found.overlap(5)) == (1.0, 1.0)


def test_a_changed_order_is_counted_and_the_move_at_the_top_comes_first() -> None:
    found = changes()
    found.add("R1", [("A", 6000), ("B", 5000), ("C", 4000)], [("A", 6000), ("C", 5500), ("B", 5000)])
    found.add("R2", [("A", 6000), ("B", 5000)], [("B", 5500), ("A", 5400)])
    assert (found.requests, found.first_changed) == (2, 1)
    assert [(move.request, move.offer, move.places) for move in found.moves] == [
        ("R2", "A", 1),
        ("R2", "B", -1),
        ("R1", "B", 1),
        ("R1", "C", -1),
    ]


def test_a_higher_threshold_lets_suggestions_disappear() -> None:
    found = changes(after=Shown(threshold=4500, limit=3))
    found.add("R1", [("A", 6000), ("B", 4000)], [("A", 6000), ("B", 4000)])
    found.add("R2", [("C", 3000)], [("C", 3000)])
    assert (found.appear, found.disappear, found.shown_before, found.shown_after) == (0, 2, 3, 1)
    assert (found.empty_before, found.empty_after, found.first_changed) == (0, 1, 1)
    assert found.overlap(3) == pytest.approx((0.5 + 0.0) / 2)
    assert [(move.request, move.places) for move in found.moves] == [("R1", 0), ("R2", 0)]


def test_an_offer_that_a_gate_keeps_out_has_no_rank_and_no_places() -> None:
    found = changes()
    found.add("R1", [("A", 6000)], [("A", 6000), ("B", 3000)])
    (move,) = found.moves
    assert (move.offer, move.before, move.places) == ("B", Place(None, None), None)
    assert found.appear == 1


def test_only_the_shown_part_of_a_ranking_is_compared() -> None:
    found = changes()
    before = [("A", 6000), ("B", 5000), ("C", 4000), ("D", 3000), ("E", 2500)]
    found.add("R1", before, [*before[:3], before[4], before[3]])
    assert found.moves == []


def test_so_many_of_the_largest_moves_are_kept_however_many_there_are() -> None:
    found = changes()
    for number in range(3 * MOST_MOVES):
        found.add(f"R{number:04d}", [("A", 6000), ("B", 5000), ("C", 4000)], [("A", 6000), ("C", 5000), ("B", 4000)])
    found.add("S", [("A", 6000), ("B", 5000)], [("B", 6000), ("A", 5000)])
    assert len(found.moves) == MOST_MOVES
    assert [move.request for move in found.moves[:3]] == ["S", "S", "R0000"]


def test_requests_without_suggestions_have_no_overlap() -> None:
    found = changes()
    found.add("R1", [], [])
    assert found.overlap(5) is None


def test_a_place_is_the_one_that_the_score_would_give_without_the_offer_itself() -> None:
    listed = [("A", 6000), ("B", 5000), ("D", 5000)]
    assert place_of("C", 5000, listed, SHOWN) == Place(3, 5000, True)
    assert place_of("B", 5000, listed, SHOWN) == Place(2, 5000, True)
    assert place_of("Z", 1000, listed, SHOWN) == Place(4, 1000, False)


def test_agreement_counts_which_accepted_pairs_score_above_refused_ones() -> None:
    found = agreement(
        [
            decided(True, (2, 5000), (1, 6000)),
            decided(False, (1, 5500), (2, 5500), offer="P"),
            decided(False, (3, 4000), (4, 3000), offer="Q"),
            decided(False, (9, 9000), (9, 9000), request="S"),
        ]
    )
    assert (found.pairs, found.right_before, found.right_after, found.verdict) == (2, 1, 2, "better")
    assert found.accepted is not None
    assert (found.accepted.rank_before, found.accepted.rank_after, found.accepted.higher) == (2, 1, 1)
    assert found.refused is not None
    assert (found.refused.count, found.refused.lower, found.refused.shown_before, found.refused.shown_after) == (
        3,
        2,
        2,
        1,
    )


@pytest.mark.parametrize(
    ("pairs", "verdict"),
    [
        ([], "unknown"),
        ([decided(True, (1, 5000), (5, 100))], "unknown"),
        ([decided(True, (1, 5000), (1, 5000)), decided(False, (2, 4000), (2, 4000))], "same"),
        ([decided(True, (1, 5000), (2, 4000)), decided(False, (2, 4000), (1, 5000))], "worse"),
        ([decided(True, (1, 5000), (1, 5000)), decided(False, (2, 4000), (2, 5000))], "worse"),
    ],
)
def test_the_verdict_says_better_worse_same_or_unknown(pairs, verdict) -> None:
    assert agreement(pairs).verdict == verdict


def test_the_decided_pairs_that_move_most_come_first() -> None:
    still = decided(True, (1, 5000), (1, 4000))
    small, large = decided(True, (4, 1), (5, 1), offer="S"), decided(False, (1, 1), (3, 1), offer="L")
    assert largest([still, small, large]) == [large, small]


def test_one_book_serves_two_policies_with_different_reach() -> None:
    """Candidates that the book keeps for one reach are not those for another."""
    matcher = Matcher(directory(), DEFAULT_POLICY, TODAY)
    asked, broad = request(need("BOR.CUS")), offer(areas=("BOR",))
    book = matcher.book([broad])
    found = []
    for reach in (0.9, 0.1, 0.9):
        reader = Matcher(directory(), Policy(version="9", reach=reach), TODAY)
        found.append(len(reader.rank(asked, book, with_rejected=False).suggestions))
    assert found == [0, 1, 0]
