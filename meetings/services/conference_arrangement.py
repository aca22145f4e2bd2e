"""From candidates and the expert's choices to a schedule with moments: computed, shown, and only then saved."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.matching.conference import (
    Appointment,
    InvalidConference,
    Limits,
    Pair,
    Schedule,
    Slot,
    build_slots,
    schedule,
)

from .conference_candidates import CandidatePair, Candidates, Party
from .conference_options import PAIR_SIGN, SLOT_SIGN, Options, moments, read_breaks, slot_name
from .conference_problems import refusal


@dataclass(frozen=True)
class Arrangement:
    """A schedule that is not saved: slots with their moments (UTC), appointments, what is left out and why."""

    candidates: Candidates
    options: Options
    slots: tuple[Slot, ...]
    moments: tuple[tuple[datetime, datetime], ...]
    schedule: Schedule
    warnings: tuple[str, ...]

    def candidate(self, pair: Pair) -> CandidatePair:
        return self.candidates.by_key[pair.requester, pair.provider]

    def party(self, key: str) -> Party:
        return self.candidates.parties[key]

    def times(self, row: Appointment) -> tuple[datetime, datetime]:
        return self.moments[row.slot]

    @cached_property
    def fingerprint(self) -> str:
        """Of what the expert sees: who meets whom, when, where and about what."""
        rows = [
            (
                self.moments[row.slot][0].isoformat(),
                row.table,
                row.pair.requester,
                row.pair.provider,
                [(fit.request.reference, fit.offer.reference) for fit in self.candidate(row.pair).fits],
            )
            for row in self.schedule.appointments
        ]
        return hashlib.sha256(repr(rows).encode()).hexdigest()[:32]


def slots_of(options: Options) -> tuple[tuple[Slot, ...], tuple[tuple[datetime, datetime], ...]]:
    """The slots and when each begins and ends. Raises `ValidationError` by field."""
    hours = options.hours
    zone = ZoneInfo(hours.zone)
    try:
        slots = build_slots(
            first=hours.first,
            last=hours.last,
            begins=hours.begins,
            ends=hours.ends,
            minutes=hours.minutes,
            pause=hours.pause,
            breaks=read_breaks(hours.breaks),
            today=timezone.localdate(timezone=zone),
        )
    except InvalidConference as problem:
        raise refusal(problem, {}) from problem
    return slots, tuple(moments(slot, zone) for slot in slots)


def arrange(candidates: Candidates, options: Options) -> Arrangement:
    """Compute the schedule. Raises `ValidationError` by field; adjustments that fit nothing any more are warned of."""
    slots, times = slots_of(options)
    reading = _Reading(candidates, options, slots)
    limits = Limits(options.hours.tables, options.hours.most, reading.absent(), reading.pins())
    dropped = reading.dropped()
    requesters, providers = set(options.requesters), set(options.providers)
    pairs = [
        Pair(pair.requester, pair.provider, pair.value)
        for pair in candidates.pairs
        if pair.requester in requesters and pair.provider in providers and pair.key not in dropped
    ]
    try:
        found = schedule(pairs, slots, limits)
    except InvalidConference as problem:
        raise refusal(problem, candidates.parties) from problem
    return Arrangement(candidates, options, slots, times, found, tuple(reading.warnings))


class _Reading:
    """The expert's adjustments as the library takes them. What names a party or slot that is gone is left aside."""

    def __init__(self, candidates: Candidates, options: Options, slots: Iterable[Slot]) -> None:
        self.candidates, self.adjustments = candidates, options.adjustments
        self.ticked = {*options.requesters, *options.providers}
        self.number = {slot_name(slot): number for number, slot in enumerate(slots)}
        self.warnings: list[str] = []

    def absent(self) -> dict[str, frozenset[int]]:
        found: dict[str, set[int]] = {}
        for text in self.adjustments.absent:
            party, _sign, slot = text.rpartition(SLOT_SIGN)
            if party in self.candidates.parties and slot in self.number:
                found.setdefault(party, set()).add(self.number[slot])
            else:
                self._warn(text)
        return {party: frozenset(slots) for party, slots in found.items()}

    def pins(self) -> dict[tuple[str, str], int | None]:
        found: dict[tuple[str, str], int | None] = {}
        for text in self.adjustments.pins:
            names, _sign, slot = text.partition(SLOT_SIGN)
            key = self._pair(names)
            is_there = key in self.candidates.by_key and set(key) <= self.ticked
            if is_there and key not in self.dropped(quietly=True) and (not slot or slot in self.number):
                found[key] = self.number[slot] if slot else None
            else:
                self._warn(text)
        return found

    def dropped(self, *, quietly: bool = False) -> set[tuple[str, str]]:
        found = set()
        for text in self.adjustments.dropped:
            key = self._pair(text)
            if key in self.candidates.by_key:
                found.add(key)
            elif not quietly:
                self._warn(text)
        return found

    @staticmethod
    def _pair(text: str) -> tuple[str, str]:
        requester, _sign, provider = text.partition(PAIR_SIGN)
        return (requester, provider)

    def _warn(self, text: str) -> None:
        sentence = _("“%(text)s” fits nothing any more and was left aside: a party, a pair or a time is gone.")
        self.warnings.append(sentence % {"text": adjustment_in_words(text, self.candidates)})


def adjustment_in_words(text: str, candidates: Candidates) -> str:
    """ "S-PER~O-CICTE@2027-03-01T09:00" as "Peru – CICTE, 2027-03-01 09:00"."""
    names, sign, slot = text.partition(SLOT_SIGN)
    parties = [str(candidates.parties.get(key, key)) for key in names.split(PAIR_SIGN)]
    who = " – ".join(parties)
    return f"{who}, {slot.replace('T', ' ')}" if sign else who
