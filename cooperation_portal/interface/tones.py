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


#: Work that a worker carries out while its page shows how far it is.
JOB_TONES = {
    "queued": Tone.NEUTRAL,
    "running": Tone.INFORMATION,
    "done": Tone.GOOD,
    "failed": Tone.PROBLEM,
}

TONES: dict[str, dict[str, Tone]] = {
    "offer": {
        "draft": Tone.NEUTRAL,
        "planned": Tone.INFORMATION,
        "ongoing": Tone.GOOD,
        "suspended": Tone.ATTENTION,
        "completed": Tone.NEUTRAL,
        "withdrawn": Tone.NEUTRAL,
    },
    "assistancerequest": {
        "draft": Tone.NEUTRAL,
        "submitted": Tone.ATTENTION,
        "clarification": Tone.ATTENTION,
        "authenticated": Tone.INFORMATION,
        "circulated": Tone.INFORMATION,
        "being_assisted": Tone.GOOD,
        "referred": Tone.ATTENTION,
        "fulfilled": Tone.GOOD,
        "closed": Tone.NEUTRAL,
        "withdrawn": Tone.NEUTRAL,
    },
    "match": {
        "suggested": Tone.NEUTRAL,
        "shortlisted": Tone.INFORMATION,
        "proposed": Tone.ATTENTION,
        "agreed": Tone.GOOD,
        "project": Tone.GOOD,
        "dismissed": Tone.NEUTRAL,
        "declined": Tone.PROBLEM,
        "superseded": Tone.NEUTRAL,
    },
    "project": {
        "concept": Tone.NEUTRAL,
        "consultation": Tone.ATTENTION,
        "committed": Tone.INFORMATION,
        "under_way": Tone.GOOD,
        "completed": Tone.NEUTRAL,
        "cancelled": Tone.PROBLEM,
    },
    "meeting": {"planned": Tone.NEUTRAL, "confirmed": Tone.INFORMATION, "held": Tone.GOOD, "cancelled": Tone.PROBLEM},
    "note": {"draft": Tone.NEUTRAL, "published": Tone.GOOD},
    "informationsheet": {"draft": Tone.NEUTRAL, "published": Tone.GOOD},
    "actionitem": {"open": Tone.ATTENTION, "done": Tone.GOOD, "dropped": Tone.NEUTRAL},
    "affiliation": {
        "requested": Tone.ATTENTION,
        "active": Tone.GOOD,
        "refused": Tone.PROBLEM,
        "ended": Tone.NEUTRAL,
    },
    "membership": {"member": Tone.GOOD, "suspended": Tone.ATTENTION, "former": Tone.NEUTRAL},
    "matchanswer": {"accepted": Tone.GOOD, "declined": Tone.PROBLEM},
    "webhook": {"active": Tone.GOOD, "paused": Tone.ATTENTION, "disabled": Tone.PROBLEM},
    "delivery": {"pending": Tone.INFORMATION, "delivered": Tone.GOOD, "failed": Tone.PROBLEM},
    "matchingrun": JOB_TONES,
    "portfolioplan": JOB_TONES,
    "policypreview": JOB_TONES,
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
