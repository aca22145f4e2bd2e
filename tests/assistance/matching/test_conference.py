"""Schedules of bilateral meetings: never a clash, whatever is asked for, and as valuable as can be."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, time, timedelta
from itertools import product
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistance.matching.conference import (
    Break,
    InvalidConference,
    Limits,
    Pair,
    Schedule,
    Slot,
    _Problem,
    build_slots,
    schedule,
)
from assistance.matching.conference_board import Board
from assistance.matching.conference_days import PROBLEMS
from assistance.matching.conference_tables import seat

FIRST = date(2027, 3, 1)
REQUESTERS = tuple(f"State {number}" for number in range(7))
PROVIDERS = tuple(f"Body {number}" for number in range(7))
#: One of each side is the same party: a State that asks and offers.
BOTH = "State 0"


def hours(count: int) -> tuple[Slot, ...]:
    """So many slots of half an hour, eight a day."""
    return tuple(
        Slot(FIRST + timedelta(days=number // 8), time(9 + number % 8 // 2, 30 * (number % 2)), 30)
        for number in range(count)
    )


@st.composite
def pairs(draw: st.DrawFn, *, two_sided: bool = False) -> list[Pair]:
    providers = (*PROVIDERS, BOTH) if two_sided else PROVIDERS
    every = [(a, b) for a, b in product(REQUESTERS, providers) if a != b]
    chosen = draw(st.lists(st.sampled_from(every), unique=True, min_size=1, max_size=30))
    return [Pair(a, b, draw(st.integers(1, 10_000))) for a, b in chosen]


@st.composite
def conferences(draw: st.DrawFn) -> tuple[list[Pair], tuple[Slot, ...], Limits]:
    """With absences, limits, pins and parties on both sides."""
    asked = draw(pairs(two_sided=draw(st.booleans())))
    slots = hours(draw(st.integers(1, 7)))
    parties = sorted({party for pair in asked for party in pair.parties})
    numbers = st.frozensets(st.integers(0, len(slots) - 1), max_size=len(slots))
    absent = draw(st.dictionaries(st.sampled_from(parties), numbers, max_size=4))
    most = draw(st.none() | st.integers(1, len(slots)))
    pins: dict[tuple[str, str], int | None] = {}
    pinned = draw(st.none() | st.sampled_from(asked))
    if pinned is not None:
        free = [n for n in range(len(slots)) if not any(n in absent.get(party, ()) for party in pinned.parties)]
        pins[pinned.requester, pinned.provider] = draw(st.none() | st.sampled_from(free)) if free else None
    return asked, slots, Limits(draw(st.integers(1, 5)), most, absent, pins)


def check(found: Schedule, asked: list[Pair], slots: tuple[Slot, ...], limits: Limits) -> None:
    """Everything that no schedule may break."""
    places = Counter((row.slot, party) for row in found.appointments for party in row.pair.parties)
    assert not [place for place, count in places.items() if count > 1], "a party is twice in a slot"
    assert max(Counter((row.slot, row.table) for row in found.appointments).values(), default=1) == 1
    assert all(1 <= row.table <= limits.tables and 0 <= row.slot < len(slots) for row in found.appointments)
    absences = [(row, party) for row in found.appointments for party in row.pair.parties]
    assert [1 for row, party in absences if row.slot in limits.absent.get(party, ())] == []
    assert max(Counter(party for _row, party in absences).values(), default=0) <= (limits.most or len(slots))
    meeting = [row.pair for row in found.appointments]
    assert sorted([*meeting, *(row.pair for row in found.left_out)], key=lambda p: p.order) == sorted(
        asked, key=lambda p: p.order
    ), "each pair once, met or left out"
    assert found.value == sum(pair.value for pair in meeting) <= found.bound


def one_after_the_other(asked: list[Pair], slots: tuple[Slot, ...], limits: Limits) -> int:
    """What somebody with a pencil reaches: most valuable first, each into the first slot that is free."""
    busy: dict[int, set[str]] = defaultdict(set)
    of_party: Counter[str] = Counter()
    load: Counter[int] = Counter()
    value = 0
    for pair in sorted(asked, key=lambda pair: pair.order):
        for slot in range(len(slots)):
            is_absent = any(slot in limits.absent.get(party, ()) for party in pair.parties)
            is_tired = any(of_party[party] >= (limits.most or len(slots)) for party in pair.parties)
            if is_absent or is_tired or load[slot] >= limits.tables or busy[slot] & set(pair.parties):
                continue
            busy[slot] |= set(pair.parties)
            of_party.update(pair.parties)
            load[slot] += 1
            value += pair.value
            break
    return value


@given(conferences())
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_schedule_has_a_clash(conference):
    asked, slots, limits = conference
    found = schedule(asked, slots, limits)
    check(found, asked, slots, limits)
    for key, slot in limits.pins.items():
        held = [row for row in found.appointments if (row.pair.requester, row.pair.provider) == key]
        assert slot is None or [row.slot for row in held] == [slot]


@given(conferences())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_it_is_worth_at_least_as_much_as_taking_pairs_one_after_the_other(conference):
    asked, slots, limits = conference
    limits = Limits(limits.tables, limits.most, limits.absent)
    assert schedule(asked, slots, limits).value >= one_after_the_other(asked, slots, limits)


@given(pairs(), st.integers(1, 6), st.integers(1, 5), st.none() | st.integers(1, 4))
@settings(max_examples=200, deadline=None)
def test_where_all_come_all_the_time_it_is_the_best_there_is(asked, count, tables, most):
    # The second programme is for absences and two-sided parties: here edge colouring must do.
    with patch.object(_Problem, "exact", side_effect=AssertionError):
        found = schedule(asked, hours(count), Limits(tables, most))
    assert found.is_best
    meetings = Counter(party for pair in asked for party in pair.parties)
    fits = max(meetings.values()) <= min(count, most or count) and len(asked) <= count * tables
    assert not fits or found.left_out == ()


@given(
    st.lists(st.sampled_from([(a, b) for a in "ABCDE" for b in "ABCDE" if a != b]), unique=True, min_size=6),
    st.integers(3, 8),
    st.integers(2, 3),
)
@settings(max_examples=150, deadline=None)
def test_parties_that_all_ask_and_offer_never_clash(names, count, tables):
    """Odd circles: what never occurs between two sides, and where a path may lead back to its beginning."""
    asked = [Pair(a, b, 100 + number) for number, (a, b) in enumerate(names)]
    slots, limits = hours(count), Limits(tables)
    with patch.object(_Problem, "exact", return_value=(None, None)):
        check(schedule(asked, slots, limits), asked, slots, limits)


@given(pairs(two_sided=True), st.integers(1, 3), st.integers(1, 3), st.data())
@settings(max_examples=40, deadline=None)
def test_small_ones_are_as_good_as_trying_everything(asked, count, tables, data):
    asked, slots = asked[:6], hours(count)
    parties = sorted({party for pair in asked for party in pair.parties})
    numbers = st.frozensets(st.integers(0, count - 1))
    absent = data.draw(st.dictionaries(st.sampled_from(parties), numbers, max_size=3))
    limits = Limits(tables, None, absent)
    found = schedule(asked, slots, limits)
    assert found.value == found.bound == most_value(asked, count, limits)


def most_value(asked: list[Pair], count: int, limits: Limits) -> int:
    """By trying every slot, and none, for every pair."""
    best = 0
    for places in product(range(-1, count), repeat=len(asked)):
        rows = [(slot, pair) for slot, pair in zip(places, asked, strict=True) if slot >= 0]
        taken = Counter((slot, party) for slot, pair in rows for party in pair.parties)
        is_possible = (
            max(taken.values(), default=0) <= 1
            and max(Counter(slot for slot, _pair in rows).values(), default=0) <= limits.tables
            and not any(slot in limits.absent.get(party, ()) for slot, party in taken)
        )
        if is_possible:
            best = max(best, sum(pair.value for _slot, pair in rows))
    return best


@given(conferences(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_order_of_the_input_changes_nothing(conference, dice):
    asked, slots, limits = conference
    shuffled = list(asked)
    dice.shuffle(shuffled)
    assert schedule(asked, slots, limits) == schedule(shuffled, slots, limits)


@given(st.dictionaries(st.integers(0, 9), st.lists(st.sampled_from(PROVIDERS), unique=True, max_size=5)))
def test_tables_are_seated_once_and_providers_stay_if_there_are_tables_enough(providers_in):
    meetings = {slot: [Pair(f"S{i}", p, 1) for i, p in enumerate(names)] for slot, names in providers_in.items()}
    seats = seat(meetings, 5)
    assert len(seats) == sum(len(rows) for rows in meetings.values())
    assert len({(slot, table) for (slot, _pair), table in seats.items()}) == len(seats)
    enough = seat(meetings, len(PROVIDERS))
    tables_of = defaultdict(set)
    for (_slot, pair), table in enough.items():
        tables_of[pair.provider].add(table)
    assert all(len(tables) == 1 for tables in tables_of.values())


def test_what_is_worth_most_comes_first():
    asked = [
        Pair("Peru", "CICTE", 900),
        Pair("Chile", "CICTE", 500),
        Pair("Peru", "OPCW", 700),
        Pair("Cuba", "OPCW", 1),
    ]
    found = schedule(asked, hours(8), Limits(2))
    assert {row.pair.value: row.slot for row in found.appointments} == {900: 0, 700: 1, 500: 1, 1: 0}
    assert schedule(asked, hours(1), Limits(1)).appointments[0].pair.value == 900


def test_what_is_left_out_says_why():
    asked = [Pair("A", "X", 9), Pair("A", "Y", 8), Pair("B", "X", 7), Pair("C", "Z", 6)]
    never = Limits(5, absent={"C": frozenset({0, 1})})
    assert [(row.pair.requester, row.reason) for row in schedule(asked, hours(2), never).left_out] == [
        ("C", "never_free")
    ]
    reasons = {row.pair.value: row.reason for row in schedule(asked, hours(1), Limits(2)).left_out}
    assert set(reasons.values()) <= {"party_full", "tables_full"}
    one = schedule(asked, hours(4), Limits(5, most=1))
    assert {row.reason for row in one.left_out} == {"party_full"}
    assert one.value == 9 + 6 or one.value == 8 + 7 + 6


def test_choosing_beats_taking_the_best_first():
    """With one slot, the best pair stands in the way of two that are worth more together."""
    asked = [Pair("A", "X", 10), Pair("A", "Y", 9), Pair("B", "X", 9)]
    assert schedule(asked, hours(1), Limits(2)).value == 18


@pytest.mark.parametrize(
    ("pins", "absent", "most", "code"),
    [
        ({("A", "Z"): None}, {}, None, "pin_unknown"),
        ({("A", "X"): 9}, {}, None, "pin_outside"),
        ({("A", "X"): 1}, {"X": frozenset({1})}, None, "pin_unavailable"),
        ({("A", "X"): 0, ("A", "Y"): 0}, {}, None, "pins_collide"),
        ({("A", "X"): 0, ("B", "Y"): 0}, {}, None, "pins_fill_tables"),
        ({("A", "X"): 0, ("A", "Y"): None}, {}, 1, "pins_over_limit"),
    ],
)
def test_pins_that_cannot_be_kept_are_refused(pins, absent, most, code):
    asked = [Pair("A", "X", 3), Pair("A", "Y", 2), Pair("B", "Y", 1)]
    with pytest.raises(InvalidConference) as problem:
        schedule(asked, hours(3), Limits(1, most, absent, pins))
    assert problem.value.code == code


@pytest.mark.parametrize(
    ("asked", "slots", "limits", "code"),
    [
        ([], hours(1), Limits(1), "no_pairs"),
        ([Pair("A", "X", 1)], (), Limits(1), "no_slots"),
        ([Pair("A", "X", 1)], hours(1)[:1] * 2, Limits(1), "slots_overlap"),
        ([Pair("A", "X", 1)], hours(1), Limits(0), "no_tables"),
        ([Pair("A", "X", 1)], hours(1), Limits(61), "too_many_tables"),
        ([Pair("A", "X", 1)], hours(1), Limits(1, most=0), "limit_too_low"),
        ([Pair("A", "A", 1)], hours(1), Limits(1), "pair_with_itself"),
        ([Pair("A", "X", 0)], hours(1), Limits(1), "pair_without_value"),
        ([Pair("A", "X", 1)] * 2, hours(1), Limits(1), "pair_twice"),
        ([Pair("A", f"X{n}", 1) for n in range(6001)], hours(1), Limits(1), "too_many_pairs"),
    ],
)
def test_bad_input_is_refused_by_name(asked, slots, limits, code):
    with pytest.raises(InvalidConference) as problem:
        schedule(asked, slots, limits)
    assert problem.value.code == code
    assert code in PROBLEMS


DAY = {"first": FIRST, "last": FIRST, "begins": time(9), "ends": time(12), "minutes": 30}


def starts(**changes: object) -> list[str]:
    return [f"{slot.day.day} {slot.start:%H:%M}" for slot in build_slots(**(DAY | changes))]


def test_days_are_cut_around_breaks():
    assert starts(ends=time(11)) == ["1 09:00", "1 09:30", "1 10:00", "1 10:30"]
    assert starts(pause=10) == ["1 09:00", "1 09:40", "1 10:20", "1 11:00"]
    lunch = Break(time(10, 15), time(11, 5))
    assert starts(breaks=[lunch]) == ["1 09:00", "1 09:30", "1 11:05"]
    opening = Break(time(9), time(12), day=1)
    assert starts(last=date(2027, 3, 2), breaks=[opening], ends=time(10)) == ["2 09:00", "2 09:30"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"last": date(2027, 2, 28)}, "days_reversed"),
        ({"today": date(2027, 3, 2)}, "days_past"),
        ({"last": date(2027, 3, 15)}, "too_many_days"),
        ({"ends": time(9)}, "hours_reversed"),
        ({"minutes": 4}, "slot_too_short"),
        ({"minutes": 181}, "slot_longer_than_day"),
        ({"pause": -1}, "pause_negative"),
        ({"breaks": [Break(time(11), time(10))]}, "break_reversed"),
        ({"breaks": [Break(time(8), time(18))]}, "break_fills_day"),
        ({"breaks": [Break(time(9), time(12), day=1)]}, "no_slots"),
        ({"breaks": [Break(time(9), time(10), day=2)]}, "break_on_unknown_day"),
        ({"last": date(2027, 3, 14), "minutes": 5}, "too_many_slots"),
    ],
)
def test_days_that_make_no_sense_are_refused_by_name(changes, code):
    with pytest.raises(InvalidConference) as problem:
        build_slots(**(DAY | changes))
    assert problem.value.code == code


def test_a_problem_is_told_with_just_its_parameters():
    with pytest.raises(KeyError):
        InvalidConference("no_tables", tables=0)


@pytest.mark.parametrize(("absent", "slot_of"), [({}, [0, 1, 1, 0]), ({"Z": {0}}, [1, 0, 0, 1])])
def test_bringing_forward_never_fills_a_later_slot_beyond_its_tables(absent, slot_of):
    """The best pair comes first if the two that it displaces fit the slot that it leaves, where another makes room."""
    asked = [Pair("A", "Y", 10), Pair("A", "X", 5), Pair("B", "Y", 4), Pair("C", "Z", 1)]
    board = Board(asked, 2, 2, absent, 2)
    for number, slot in ((0, 1), (1, 0), (2, 0), (3, 1)):
        board.put(number, slot)
    board.bring_forward()
    assert [board.load(slot) for slot in (0, 1)] == [2, 2]
    assert [board.slot_of[number] for number in range(4)] == slot_of
