"""The days of a conference cut into slots: times of one bilateral meeting each, with what keeps them free.

Times are those of the clock on the wall where the conference takes place; whoever knows the time zone makes moments of
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import pairwise

MAX_DAYS = 14
MAX_SLOTS = 120
MINUTES_OF_A_DAY = 24 * 60
SHORTEST_SLOT = 5

#: What can be wrong with a conference, each with the names of its parameters.
PROBLEMS: dict[str, tuple[str, ...]] = {
    "days_reversed": (),
    "days_past": (),
    "too_many_days": ("days", "most"),
    "hours_reversed": (),
    "slot_too_short": ("minutes", "least"),
    "slot_longer_than_day": ("minutes", "day_minutes"),
    "pause_negative": (),
    "break_reversed": ("begins", "ends"),
    "break_fills_day": ("begins", "ends"),
    "break_on_unknown_day": ("day", "days"),
    "no_slots": (),
    "slots_overlap": (),
    "too_many_slots": ("slots", "most"),
    "no_tables": (),
    "too_many_tables": ("tables", "most"),
    "no_pairs": (),
    "too_many_pairs": ("pairs", "most"),
    "pair_twice": ("requester", "provider"),
    "pair_with_itself": ("party",),
    "pair_without_value": ("requester", "provider"),
    "limit_too_low": ("most",),
    "pin_unknown": ("requester", "provider"),
    "pin_outside": ("requester", "provider"),
    "pin_unavailable": ("requester", "provider", "party"),
    "pins_collide": ("party",),
    "pins_fill_tables": ("tables",),
    "pins_over_limit": ("party", "most"),
}


class InvalidConference(ValueError):
    """A conference that cannot be scheduled: a code of `PROBLEMS` with its parameters, for others to put in words."""

    def __init__(self, code: str, **params: object) -> None:
        if set(params) != set(PROBLEMS[code]):
            raise KeyError(f"{code} has the parameters {PROBLEMS[code]}, not {tuple(params)}.")
        self.code, self.params = code, params
        super().__init__(f"{code} {params}" if params else code)


@dataclass(frozen=True, order=True)
class Slot:
    """The time of one bilateral meeting, within one day."""

    day: date
    start: time
    minutes: int

    @property
    def begins(self) -> int:
        """Minutes after midnight."""
        return 60 * self.start.hour + self.start.minute

    @property
    def ends(self) -> int:
        return self.begins + self.minutes


@dataclass(frozen=True)
class Break:
    """A time without bilateral meetings, on one day of the conference (1 is the first) or on every day."""

    start: time
    end: time
    day: int | None = None


def build_slots(
    *,
    first: date,
    last: date,
    begins: time,
    ends: time,
    minutes: int,
    pause: int = 0,
    breaks: Sequence[Break] = (),
    today: date | None = None,
) -> tuple[Slot, ...]:
    """Cut the hours of every day from `first` to `last` into slots of `minutes`, `pause` minutes apart.

    A slot never runs into a break or past the end of the day; after a break the next one begins at once. `today`, if
    given, is the day before which nothing can be planned. Raises `InvalidConference`.
    """
    if last < first:
        raise InvalidConference("days_reversed")
    if today is not None and first < today:
        raise InvalidConference("days_past")
    days = (last - first).days + 1
    if days > MAX_DAYS:
        raise InvalidConference("too_many_days", days=days, most=MAX_DAYS)
    opens, closes = _minute(begins), _minute(ends)
    _check_day(opens, closes, minutes, pause)
    _check_breaks(breaks, opens, closes, days)
    slots = tuple(
        Slot(first + timedelta(days=number), time(*divmod(start, 60)), minutes)
        for number in range(days)
        for start in _starts(opens, closes, minutes, pause, _of_day(breaks, number + 1))
    )
    check_slots(slots)
    return slots


def check_slots(slots: Sequence[Slot]) -> None:
    """Raise `InvalidConference` unless the slots are some, not too many, in order and apart."""
    if not slots:
        raise InvalidConference("no_slots")
    if len(slots) > MAX_SLOTS:
        raise InvalidConference("too_many_slots", slots=len(slots), most=MAX_SLOTS)
    for earlier, later in pairwise(slots):
        is_after = later.day > earlier.day or (later.day == earlier.day and later.begins >= earlier.ends)
        if not is_after:
            raise InvalidConference("slots_overlap")


def _minute(at: time) -> int:
    return 60 * at.hour + at.minute


def _check_day(opens: int, closes: int, minutes: int, pause: int) -> None:
    if closes <= opens:
        raise InvalidConference("hours_reversed")
    if minutes < SHORTEST_SLOT:
        raise InvalidConference("slot_too_short", minutes=minutes, least=SHORTEST_SLOT)
    if minutes > closes - opens:
        raise InvalidConference("slot_longer_than_day", minutes=minutes, day_minutes=closes - opens)
    if pause < 0:
        raise InvalidConference("pause_negative")


def _check_breaks(breaks: Iterable[Break], opens: int, closes: int, days: int) -> None:
    for row in breaks:
        start, end = _minute(row.start), _minute(row.end)
        words = {"begins": row.start, "ends": row.end}
        if end <= start:
            raise InvalidConference("break_reversed", **words)
        if row.day is not None and not 1 <= row.day <= days:
            raise InvalidConference("break_on_unknown_day", day=row.day, days=days)
        # A day may be closed by a break of its own; a break on all days that leaves no time is a mistake.
        if row.day is None and start <= opens and end >= closes:
            raise InvalidConference("break_fills_day", **words)


def _of_day(breaks: Iterable[Break], day: int) -> list[tuple[int, int]]:
    return sorted((_minute(row.start), _minute(row.end)) for row in breaks if row.day in (None, day))


def _starts(opens: int, closes: int, minutes: int, pause: int, breaks: Sequence[tuple[int, int]]) -> Iterable[int]:
    at = opens
    while at + minutes <= closes:
        in_the_way = [end for start, end in breaks if start < at + minutes and end > at]
        if in_the_way:
            at = max(in_the_way)
            continue
        yield at
        at += minutes + pause
