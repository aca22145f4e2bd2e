"""What an expert types: breaks, time zones and what is wrong with it, in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from assistance.matching.conference import Break, InvalidConference, Slot
from assistance.matching.conference_days import PROBLEMS
from meetings.services.conference_options import (
    Adjustments,
    Options,
    moments,
    read_breaks,
    slot_name,
    zone_names,
)
from meetings.services.conference_problems import SENTENCES, refusal

from .conftest import hours


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", ()),
        ("12:30-14:00", (Break(time(12, 30), time(14)),)),
        ("12:30 – 14:00\n 1 9:00-10:30;", (Break(time(12, 30), time(14)), Break(time(9), time(10, 30), 1))),
        ("2 08:00-09:00, 10:00-10:15", (Break(time(8), time(9), 2), Break(time(10), time(10, 15)))),
    ],
)
def test_breaks_are_read_as_typed(typed, read):
    assert read_breaks(typed) == read


@pytest.mark.parametrize("typed", ["lunch", "25:00-26:00", "12:60-13:00", "12:30", "12:30-14", "=1+1", "x 12:30-14:00"])
def test_what_is_no_break_is_named(typed):
    with pytest.raises(ValidationError) as problem:
        read_breaks(f"10:00-10:15, {typed}")
    assert typed in problem.value.message_dict["breaks"][0]


def test_too_many_breaks_are_refused():
    with pytest.raises(ValidationError):
        read_breaks(",".join(["12:30-14:00"] * 41))


def test_options_survive_storing():
    adjustments = Adjustments(("S-PER@2027-03-01T09:00",), ("S-PER~O-CITS/UGA",), ("S-CHL~O-1540 GoE",))
    given = Options(hours(most=3, breaks="12:30-14:00"), ("S-PER",), ("O-CICTE",), adjustments)
    assert Options.from_json(given.as_json()) == given


@pytest.mark.parametrize(
    ("zone", "day", "start", "utc"),
    [
        ("America/Panama", date(2027, 3, 1), time(9), datetime(2027, 3, 1, 14, tzinfo=UTC)),
        ("Europe/Vienna", date(2027, 3, 27), time(9), datetime(2027, 3, 27, 8, tzinfo=UTC)),
        ("Europe/Vienna", date(2027, 3, 28), time(9), datetime(2027, 3, 28, 7, tzinfo=UTC)),
        ("Asia/Kathmandu", date(2027, 3, 1), time(9), datetime(2027, 3, 1, 3, 15, tzinfo=UTC)),
        ("Europe/Vienna", date(2027, 3, 28), time(1, 30), datetime(2027, 3, 28, 0, 30, tzinfo=UTC)),
        # The hour comes twice: the first one is meant.
        ("Europe/Vienna", date(2027, 10, 31), time(2), datetime(2027, 10, 31, 0, tzinfo=UTC)),
    ],
)
def test_slots_become_moments_across_changes_of_the_clock(zone, day, start, utc):
    begins, ends = moments(Slot(day, start, 30), ZoneInfo(zone))
    assert begins == utc
    assert (ends - begins).total_seconds() == 30 * 60


@pytest.mark.parametrize(
    ("day", "start"),
    [(date(2027, 3, 28), time(2, 30)), (date(2027, 3, 28), time(1, 45)), (date(2027, 10, 31), time(2, 45))],
)
def test_a_slot_in_which_the_clock_changes_is_refused(day, start):
    with pytest.raises(ValidationError) as problem:
        moments(Slot(day, start, 30), ZoneInfo("Europe/Vienna"))
    assert "clocks change" in problem.value.message_dict["begins"][0]


def test_zones_are_places_and_universal_time():
    assert zone_names()[0] == "UTC"
    assert {"Africa/Nairobi", "America/Panama", "Europe/Vienna", "Asia/Tashkent", "Pacific/Fiji"} <= set(zone_names())
    assert not [name for name in zone_names() if name.startswith(("Etc/", "posix", "SystemV"))]


def test_slots_have_a_name_for_addresses():
    assert slot_name(Slot(date(2027, 3, 1), time(9, 30), 30)) == "2027-03-01T09:30"


def test_every_problem_of_the_library_has_a_sentence_with_its_parameters():
    assert set(SENTENCES) == set(PROBLEMS)
    for code, (_field, sentence) in SENTENCES.items():
        words = {name: name.upper() for name in PROBLEMS[code]}
        assert "%(" not in (str(sentence) % words if words else str(sentence))


def test_a_problem_names_parties_and_times_as_people_do():
    problem = refusal(InvalidConference("pins_collide", party="S-PER"), {"S-PER": "Peru"})
    assert problem.message_dict["pins"] == ["Peru is set to be in two meetings at once. Remove one of them."]
    problem = refusal(InvalidConference("break_reversed", begins=time(14), ends=time(12, 30)), {})
    assert "14:00–12:30" in problem.message_dict["breaks"][0]
