"""Many requests at once: the same offers, scores, order and parts as pair by pair, whatever is asked and given."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistance.matching import Matcher, NeedProfile, OfferProfile, Policy, RequestProfile, batch_pairs
from assistance.matching import batch as batches
from assistance.matching.batch import BestOffers
from assistance.matching.batch_parts import PART_CODES
from assistance.matching.evidence import BROAD_CONCEPT
from assistance.matching.gates import passes
from assistance.matching.scoring import score
from benchmarks.synthetic import Synthetic

from .builders import TODAY, directory, matcher, need, offer, request
from .test_properties import AREAS, LANGUAGES, TYPES, many, offers, requests

UNKNOWN_STATE, UNKNOWN_FORM, UNKNOWN_AREA = "XXX", "ZZZZ", "XXX.YYY"

policies = st.builds(
    Policy,
    version=st.just("2"),
    lowering=st.fixed_dictionaries(
        {code: st.integers(0, 100) for code in ("overlap", "language_barrier", "coverage_gap", "outside_region")}
    ),
    reach=st.sampled_from((0.0, 0.1, 0.25, 0.6)),
    breadth=st.sampled_from((0.0, 0.25, 1.0)),
    threshold=st.sampled_from((0.0, 20.0, 60.0)),
)


@st.composite
def odd_requests(draw: st.DrawFn) -> RequestProfile:
    """Now and then a State, a form or an area that nobody knows, or no need at all."""
    found = draw(requests())
    oddity = draw(st.sampled_from(("", "", "", "state", "organization", "form", "area", "no needs")))
    if oddity == "state":
        return replace(found, state=UNKNOWN_STATE, organization=None)
    if oddity == "organization":
        return replace(found, state=None, organization=UNKNOWN_STATE)
    if oddity == "form":
        return replace(found, needs=(replace(found.needs[0], types=(UNKNOWN_FORM, "EQPT")), *found.needs[1:]))
    if oddity == "area":
        return replace(found, needs=(replace(found.needs[0], area=UNKNOWN_AREA), *found.needs[1:]))
    return replace(found, needs=()) if oddity == "no needs" else found


@st.composite
def odd_books(draw: st.DrawFn) -> list[OfferProfile]:
    """A few offers, some of them twice, so that scores are equal."""
    found = draw(st.lists(offers(), max_size=4))
    if found and draw(st.booleans()):
        found[0] = replace(found[0], types=(*found[0].types, UNKNOWN_FORM), states=found[0].states | {UNKNOWN_STATE})
    found += found[: draw(st.integers(0, len(found)))]
    return [replace(one, reference=f"OFF-{number:02}") for number, one in enumerate(found)]


def numbered(found: Sequence[RequestProfile]) -> list[RequestProfile]:
    return [replace(one, reference=f"REQ-{number}") for number, one in enumerate(found)]


def assert_same(best: BestOffers, of: Matcher, asked: Sequence[RequestProfile], limit: int | None, least: int) -> None:
    """Compare with the readable rules, part by part."""
    assert len(best) == len(asked)
    for place, one in enumerate(asked):
        pairs = [of.pair(one, given) for given in best.book.offers]
        scored = [(score(pair), pair.offer.reference) for pair in pairs if passes(pair)]
        scored = [(found, reference) for found, reference in scored if found.hundredths >= least]
        scored.sort(key=lambda item: (-item[0].hundredths, item[1]))
        rows = best.of(place)
        assert [best.book.references[row] for row in best.offers[rows]] == [name for _, name in scored[:limit]]
        assert best.hundredths[rows].tolist() == [found.hundredths for found, _ in scored[:limit]]
        for (found, _), values, points in zip(scored[:limit], best.values[rows], best.points[rows], strict=True):
            assert dict(zip(PART_CODES, values, strict=True)) == {part.code: part.value for part in found.parts}
            assert dict(zip(PART_CODES, points, strict=True)) == {part.code: part.hundredths for part in found.parts}


@many
@given(st.lists(odd_requests(), max_size=4).map(numbered), odd_books(), st.sampled_from((None, 0, 1, 3)), policies)
def test_many_requests_give_what_pair_by_pair_gives(
    asked: list[RequestProfile], given_offers: list[OfferProfile], limit: int | None, policy: Policy
) -> None:
    of = Matcher(directory(), policy, TODAY)
    book = of.book(given_offers)
    assert_same(of.rank_many(asked, book, limit), of, asked, limit, 0)
    least = round(100 * policy.threshold)
    assert_same(of.rank_many(asked, book, limit, suggested_only=True), of, asked, limit, least)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything in pieces so small that several are needed of each."""
    monkeypatch.setattr(batches, "REQUESTS_AT_ONCE", 7)
    monkeypatch.setattr(batches, "PAIRS_AT_ONCE", 50)
    monkeypatch.setattr(batch_pairs, "BITS_AT_ONCE", 300)


def test_more_offers_than_the_limit_are_left_out_exactly() -> None:
    drawn = Synthetic(seed=7, directory=directory())
    of = matcher()
    book, asked = of.book(drawn.offers(500)), drawn.requests(40)
    best = of.rank_many(asked, book, 5)
    assert best.offers.size > 100
    assert_same(best, of, asked, 5, 0)


@pytest.mark.usefixtures("small_pieces")
def test_the_size_of_the_pieces_does_not_matter() -> None:
    drawn = Synthetic(seed=8, directory=directory())
    book, asked = matcher().book(drawn.offers(300)), drawn.requests(20)
    assert_same(matcher().rank_many(asked, book, 3), matcher(), asked, 3, 0)


def test_the_rankings_do_not_depend_on_who_else_asks() -> None:
    drawn = Synthetic(seed=9, directory=directory())
    book, asked = matcher().book(drawn.offers(400)), drawn.requests(60)
    together = matcher().rank_many(asked, book, 10)
    for place, one in enumerate(asked):
        alone = matcher().rank_many([one], book, 10)
        assert together.offers[together.of(place)].tolist() == alone.offers.tolist()
        assert together.points[together.of(place)].tolist() == alone.points.tolist()


def test_no_requests_and_no_offers_give_nothing() -> None:
    book = matcher().book([offer()])
    assert len(matcher().rank_many([], book)) == 0
    assert matcher().rank_many([], book).points.shape == (0, len(PART_CODES))
    nothing = matcher().rank_many([request(), request(reference="REQ-2")], matcher().book([]), 20)
    assert len(nothing) == 2
    assert nothing.of(1) == slice(0, 0)


def test_a_request_without_needs_gets_nothing_among_others_that_have_some() -> None:
    asked = [RequestProfile("REQ-0", (), state="KEN"), request()]
    best = matcher().rank_many(asked, matcher().book([offer()]))
    assert [best.of(place).stop - best.of(place).start for place in range(2)] == [0, 1]


def needs_in_number(count: int) -> list[NeedProfile]:
    """Needs that differ in area, forms and priority."""
    codes = directory().areas.codes
    forms = [(first, second) for first in TYPES for second in TYPES if first != second]
    ranks = ("high", "medium", "low")
    return [
        need(codes[number % len(codes)], forms[number % len(forms)], ranks[number % 3], str(number))
        for number in range(count)
    ]


def test_ten_thousand_needs_on_one_request_stay_within_memory_and_are_all_counted() -> None:
    drawn = Synthetic(seed=10, directory=directory())
    book = matcher().book(drawn.offers(400))
    asked = [request(*needs_in_number(10_000), reference="REQ-MANY"), request(reference="REQ-ONE")]
    for one in asked:
        matcher().read_request(one)
    tracemalloc.start()
    best = matcher().rank_many(asked, book, 2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 * 2**20
    for place, one in enumerate(asked):
        rows = best.of(place)
        for row, hundredths in zip(best.offers[rows], best.hundredths[rows], strict=True):
            assert score(matcher().pair(one, book.offers[row])).hundredths == hundredths
    assert len(set(best.starts.tolist())) == 3


@pytest.mark.parametrize("cells", [1, 60, 10_000])
def test_needs_are_worked_on_in_blocks(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_pairs, "CELLS_AT_ONCE", cells)
    drawn = Synthetic(seed=11, directory=directory())
    book = matcher().book(drawn.offers(60))
    description = "Equipment is not needed. Courses must be in English."
    asked = [request(*needs_in_number(37), description=description), request(reference="REQ-ONE")]
    assert_same(matcher().rank_many(asked, book), matcher(), asked, None, 0)


def test_help_received_already_bars_only_where_it_is_not_asked_for_again() -> None:
    drawn = Synthetic(seed=12, directory=directory())
    found = drawn.offers(300)
    asked = [
        replace(
            one,
            existing_assistance=tuple(
                replace(running, organization=found[place].provider, area=found[place].areas[0], until=None)
                for running in drawn._existing() * 2
            ),
        )
        for place, one in enumerate(drawn.requests(40))
    ]
    book = matcher().book(found)
    assert_same(matcher().rank_many(asked, book), matcher(), asked, None, 0)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(AREAS), st.sampled_from(LANGUAGES)), min_size=1, max_size=30))
def test_equal_scores_are_ordered_by_reference_up_to_the_limit(kinds: list[tuple[str, str]]) -> None:
    found = [offer(reference=f"OFF-{n:02}", areas=(area,), languages=(code,)) for n, (area, code) in enumerate(kinds)]
    best = matcher().rank_many([request(need("BOR"))], matcher().book(reversed(found)), 4)
    order = list(zip((-best.hundredths).tolist(), best.offers.tolist(), strict=True))
    assert order == sorted(order)
    assert_same(best, matcher(), [request(need("BOR"))], 4, 0)


def test_points_add_up_to_the_score() -> None:
    drawn = Synthetic(seed=13, directory=directory())
    best = matcher().rank_many(drawn.requests(50), matcher().book(drawn.offers(500)), 20)
    assert (best.points.sum(axis=1) == best.hundredths).all()
    assert ((best.values >= 0) & (best.values <= 1)).all()


def test_words_are_weighed_in_halves_so_that_their_sums_are_exact_in_any_order() -> None:
    """Shared words are counted by masks, not in the order in which a pair adds them up."""
    assert float(1024 * BROAD_CONCEPT).is_integer()


def test_the_book_knows_more_areas_and_concepts_than_fit_into_one_word() -> None:
    """Masks take as many words as are needed."""
    book = matcher().book(Synthetic(seed=14, directory=directory()).offers(500))
    assert len(book.concept_rows) > 64
    assert {len(table) for table in book.concept_masks.values()} == {2}
    assert np.array_equal(sum(np.bitwise_count(word).astype(int) for word in book.tag_masks), book.tag_counts)
