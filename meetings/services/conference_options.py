"""What an expert chooses for a conference's bilateral meetings, as typed, as stored and as the library reads it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, Self
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from assistance.matching.conference import Break, Slot

#: Parts of the world under which time zones are listed; the rest of the database are old names and offsets.
ZONE_PLACES = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
_BREAK = re.compile(r"^(?:(\d{1,2})\s+)?(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})$")
MOST_BREAKS = 40
INSTANT = timedelta(microseconds=1)
#: Between a pair's parties, and before the slot that an adjustment names.
PAIR_SIGN, SLOT_SIGN = "~", "@"


@dataclass(frozen=True)
class Hours:
    """The days of a conference and how they are cut. `breaks` is text, see `read_breaks`."""

    first: date
    last: date
    zone: str
    begins: time
    ends: time
    minutes: int
    pause: int = 0
    breaks: str = ""
    tables: int = 1
    most: int | None = None


@dataclass(frozen=True)
class Adjustments:
    """What the expert changed by hand; slots are written as `slot_name` does.

    `absent`: "S-PER@2027-03-01T09:00"; `pins`: "S-PER~O-CICTE", also with "@" and a slot; `dropped`: "S-PER~O-CICTE".
    """

    absent: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Options:
    """Everything that a schedule depends on besides the records."""

    hours: Hours
    requesters: tuple[str, ...]
    providers: tuple[str, ...]
    adjustments: Adjustments = field(default_factory=Adjustments)

    def as_json(self) -> dict[str, Any]:
        hours = {name: _written(value) for name, value in asdict(self.hours).items()}
        adjustments = {name: list(values) for name, values in asdict(self.adjustments).items()}
        return {"hours": hours, "requesters": list(self.requesters), "providers": list(self.providers), **adjustments}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        hours = dict(stored["hours"])
        for name in ("first", "last"):
            hours[name] = date.fromisoformat(hours[name])
        for name in ("begins", "ends"):
            hours[name] = time.fromisoformat(hours[name])
        return cls(
            Hours(**hours),
            tuple(stored["requesters"]),
            tuple(stored["providers"]),
            Adjustments(**{row.name: tuple(stored[row.name]) for row in fields(Adjustments)}),
        )


def _written(value: Any) -> Any:
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return value.isoformat() if isinstance(value, date) else value


def slot_name(slot: Slot) -> str:
    """A slot in an address: 2027-03-01T09:00."""
    return f"{slot.day.isoformat()}T{slot.start:%H:%M}"


def read_breaks(text: str) -> tuple[Break, ...]:
    """Breaks as typed, apart by comma, semicolon or line: "12:30-14:00, 1 09:00-10:30" (the second on day 1 only).

    Raises `ValidationError` on the field `breaks`.
    """
    rows = [row.strip() for row in re.split(r"[,;\n]", text) if row.strip()]
    if len(rows) > MOST_BREAKS:
        raise ValidationError({"breaks": _("Give at most %(n)d breaks.") % {"n": MOST_BREAKS}})
    return tuple(_break(row) for row in rows)


def _break(text: str) -> Break:
    found = _BREAK.match(text)
    if found is not None:
        day, *clock = found.groups()
        numbers = [int(number) for number in clock]
        if numbers[0] < 24 and numbers[2] < 24 and numbers[1] < 60 and numbers[3] < 60:
            start, end = time(numbers[0], numbers[1]), time(numbers[2], numbers[3])
            return Break(start, end, int(day) if day else None)
    sentence = _("“%(text)s” is no break. Write 12:30-14:00, or 1 09:00-10:30 for the first day only.")
    raise ValidationError({"breaks": sentence % {"text": text}})


@cache
def zone_names() -> tuple[str, ...]:
    """Time zones by place, Coordinated Universal Time first."""
    named = {name for name in available_timezones() if name.partition("/")[0] in ZONE_PLACES and "/" in name}
    return ("UTC", *sorted(named))


def moments(slot: Slot, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a slot begins and ends, in UTC.

    Raises `ValidationError` on the field `begins` where the clocks are put forward over its beginning, or change
    within it: nobody would know when to come. Where they are put back, the earlier of the two times is meant.
    """
    wall = datetime.combine(slot.day, slot.start)  # on the wall
    start = wall.replace(tzinfo=zone).astimezone(UTC)
    end = start + timedelta(minutes=slot.minutes)
    # The clock shows what is expected at the beginning, and just before the end.
    instants = ((start, wall), (end - INSTANT, wall + timedelta(minutes=slot.minutes) - INSTANT))
    if any(moment.astimezone(zone).replace(tzinfo=None) != shown for moment, shown in instants):
        sentence = _(
            "In %(zone)s the clocks change around %(time)s on %(day)s. Choose other hours, or put a break there."
        )
        words = {"zone": zone.key, "time": f"{slot.start:%H:%M}", "day": slot.day.isoformat()}
        raise ValidationError({"begins": sentence % words})
    return start, end
