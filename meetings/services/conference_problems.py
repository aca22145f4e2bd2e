"""Why a conference cannot be scheduled, in the reader's language, beside the field that mends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from assistance.matching.conference import InvalidConference

#: Code of the library's problem to (field, sentence). A test keeps every code in it.
SENTENCES: dict[str, tuple[str, Any]] = {
    "days_reversed": ("last", _("The last day is before the first. Check both dates.")),
    "days_past": ("first", _("The first day is past. Choose days to come.")),
    "too_many_days": ("last", _("That is %(days)s days; at most %(most)s can be scheduled. Choose fewer.")),
    "hours_reversed": ("ends", _("The day ends before it begins. Check both times.")),
    "slot_too_short": ("minutes", _("A meeting of %(minutes)s minutes is too short. Give at least %(least)s.")),
    "slot_longer_than_day": (
        "minutes",
        _("A meeting of %(minutes)s minutes is longer than the day, which has %(day_minutes)s. Shorten it."),
    ),
    "pause_negative": ("pause", _("Give the pause in minutes: 0 or more.")),
    "break_reversed": ("breaks", _("The break %(begins)s–%(ends)s ends before it begins. Check both times.")),
    "break_fills_day": ("breaks", _("The break %(begins)s–%(ends)s is longer than the day. Shorten it.")),
    "break_on_unknown_day": ("breaks", _("A break is set for day %(day)s; the conference has %(days)s.")),
    "no_slots": ("breaks", _("No time is left for meetings. Shorten the breaks or the meetings, or add a day.")),
    "slots_overlap": ("begins", _("Two slots overlap. Choose other hours.")),
    "too_many_slots": (
        "minutes",
        _("That makes %(slots)s slots; at most %(most)s can be scheduled. Make the meetings longer or the days fewer."),
    ),
    "no_tables": ("tables", _("Without a table nobody can meet. Give at least 1.")),
    "too_many_tables": ("tables", _("%(tables)s tables are too many; give at most %(most)s.")),
    "no_pairs": (
        "requesters",
        _("No State that is ticked fits a provider that is ticked. Tick more of them, or choose a wider region."),
    ),
    "too_many_pairs": (
        "requesters",
        _("That makes %(pairs)s possible meetings; at most %(most)s can be scheduled. Tick fewer parties."),
    ),
    "pair_twice": ("pins", _("%(requester)s and %(provider)s are listed twice.")),
    "pair_with_itself": ("pins", _("%(party)s cannot meet itself.")),
    "pair_without_value": ("pins", _("The meeting of %(requester)s and %(provider)s is worth nothing.")),
    "limit_too_low": ("most", _("With %(most)s meetings a party, nobody meets. Give at least 1, or leave it empty.")),
    "pin_unknown": ("pins", _("%(requester)s and %(provider)s are not both ticked, so they cannot be set to meet.")),
    "pin_outside": ("pins", _("The time set for %(requester)s and %(provider)s is not among the slots.")),
    "pin_unavailable": (
        "pins",
        _("%(requester)s and %(provider)s are set to meet when %(party)s cannot come. Remove one of the two."),
    ),
    "pins_collide": ("pins", _("%(party)s is set to be in two meetings at once. Remove one of them.")),
    "pins_fill_tables": (
        "pins",
        _("More meetings are set for one time than there are tables (%(tables)s). Remove one, or add tables."),
    ),
    "pins_over_limit": (
        "pins",
        _("%(party)s is set to have more meetings than it may (%(most)s). Remove one, or raise the limit."),
    ),
}
#: Parameters that name a party.
_PARTIES = ("requester", "provider", "party")


def refusal(problem: InvalidConference, parties: Mapping[str, Any]) -> ValidationError:
    """The problem as an error of a form; `parties` gives the names behind the keys."""
    name, sentence = SENTENCES[problem.code]
    words = {key: _shown(key, value, parties) for key, value in problem.params.items()}
    return ValidationError({name: sentence % words if words else sentence})


def _shown(name: str, value: Any, parties: Mapping[str, Any]) -> str:
    if name in _PARTIES:
        return str(parties.get(value, value))
    return f"{value:%H:%M}" if hasattr(value, "hour") else str(value)
