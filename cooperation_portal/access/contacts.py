"""Personal data of points of contact: the one place that empties it, for every surface.

Who reads a contact at its level reads all of it while it is in office. Of an ended contact only the owner, the experts
and the secretariat still read who it was; everybody else reads that there was one, with role and agency.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone

from .actors import Actor, actor_for
from .querysets import EVERYTHING, level_q, levels_read_by, owner_q

#: Fields that say who a person is and how to reach them.
PERSONAL_FIELDS = ("name", "job_title", "email", "phone")
#: Columns that a row of `.values()` must have for the decision.
DECIDING_FIELDS = ("organization_id", "state_id", "visibility", "valid_until")


def without_personal_fields(who: Any, contact: Any) -> Any:
    """Give `contact` as `who` may read it: a `PointOfContact`, or a `.values()` row with `DECIDING_FIELDS`.

    Where personal fields are emptied the result is a copy; never save it. Raises `KeyError` for a row that lacks a
    deciding column.
    """
    if reads_personal_fields(who, contact):
        return contact
    if isinstance(contact, Mapping):
        return {**contact, **dict.fromkeys((name for name in PERSONAL_FIELDS if name in contact), "")}
    emptied = copy.copy(contact)
    for name in PERSONAL_FIELDS:
        setattr(emptied, name, "")
    return emptied


def reads_personal_fields(who: Any, contact: Any) -> bool:
    """Say whether `who` reads name, job title, e-mail and telephone of a contact (an object or a row)."""
    actor = actor_for(who)
    organization_id, state_id, visibility, valid_until = (_value(contact, name) for name in DECIDING_FIELDS)
    if organization_id in actor.organization_ids or state_id in actor.state_ids or _reads_all(actor):
        return True
    return visibility in levels_read_by(actor) and not _has_ended(valid_until)


def readable_in_full_q(who: Any) -> Q:
    """The same rule as a condition, so that a search in personal fields never finds an emptied contact."""
    actor = actor_for(who)
    if _reads_all(actor):
        return EVERYTHING
    in_office = Q(valid_until=None) | Q(valid_until__gte=timezone.localdate())
    return owner_q(actor) | (level_q(actor) & in_office)


def _reads_all(actor: Actor) -> bool:
    return actor.is_expert or actor.is_secretariat


def _value(contact: Any, name: str) -> Any:
    return contact[name] if isinstance(contact, Mapping) else getattr(contact, name)


def _has_ended(valid_until: date | None) -> bool:
    return valid_until is not None and valid_until < timezone.localdate()
