"""The tone of every status: which of five meanings it carries.

One table for all life cycles, so that a status looks alike on a page, in a list, in the admin and in a mail. A tone is
shown by colour and by the shape before the word, never by colour alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Tone(StrEnum):
    NEUTRAL = "neutral"  # nothing to do, nothing to report
    INFORMATION = "information"  # under way
    GOOD = "good"  # reached, agreed, in force
    ATTENTION = "attention"  # somebody has to act or to decide
    PROBLEM = "problem"  # refused, stopped, overdue


N, I, G, A, P = Tone.NEUTRAL, Tone.INFORMATION, Tone.GOOD, Tone.ATTENTION, Tone.PROBLEM

TONES: dict[str, dict[str, Tone]] = {
    "offer": {
        "draft": N,
        "planned": I,
        "ongoing": G,
        "suspended": A,
        "completed": N,
        "withdrawn": N,
    },
    "assistancerequest": {
        "draft": N,
        "submitted": A,
        "clarification": A,
        "authenticated": I,
        "circulated": I,
        "being_assisted": G,
        "referred": A,
        "fulfilled": G,
        "closed": N,
        "withdrawn": N,
    },
    "match": {
        "suggested": N,
        "shortlisted": I,
        "proposed": A,
        "agreed": G,
        "project": G,
        "dismissed": N,
        "declined": P,
        "superseded": N,
    },
    "project": {
        "concept": N,
        "consultation": A,
        "committed": I,
        "under_way": G,
        "completed": N,
        "cancelled": P,
    },
    "meeting": {"planned": N, "confirmed": I, "held": G, "cancelled": P},
    "note": {"draft": N, "published": G},
    "actionitem": {"open": A, "under_way": I, "done": G, "dropped": N},
    "affiliationrequest": {"pending": A, "accepted": G, "refused": P, "withdrawn": N},
    "answer": {"waiting": A, "accepted": G, "declined": P},
}

#: Shorter names that templates may use for the models above.
ALIASES = {"request": "assistancerequest", "programme": "offer"}


def tone_of(kind: str, status: Any) -> Tone:
    """Give the tone of `status` in the life cycle `kind` (a model's name in lower case); unknown is neutral."""
    key = kind.lower()
    key = ALIASES.get(key, key)
    value = str(getattr(status, "value", status)).lower().replace("-", "_").replace(" ", "_")
    return TONES.get(key, {}).get(value, Tone.NEUTRAL)


def tone_of_record(record: Any) -> Tone:
    """Give the tone of a record's own `status`."""
    return tone_of(record._meta.model_name, record.status)
