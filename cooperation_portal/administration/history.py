"""Tells audit entries to people: which field went from what to what."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.interface.dates import in_words

#: Keys derived from others, which nobody types.
DERIVED = frozenset({"slug", "sort_key"})


def told(entry: AuditEntry, model: type[models.Model]) -> dict[str, Any]:
    """One entry: who, when, what, why, and rows of `label`, `left` (before) and `right` (after).

    `is_new` says that there was nothing before, so that only the right side has something to tell.
    """
    rows = [_row(model, name, entry) for name in sorted({*entry.before, *entry.after} - DERIVED)]
    return {
        "what": entry.get_action_display(),
        "who": entry.who,
        "at": entry.at,
        "source": entry.get_source_display(),
        "reason": entry.reason,
        "is_new": not entry.before,
        "rows": [row for row in rows if row["left"] != row["right"]],
    }


def _row(model: type[models.Model], name: str, entry: AuditEntry) -> dict[str, Any]:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        field = None
    return {
        "label": capfirst(getattr(field, "verbose_name", name.replace("_", " "))),
        "left": _words(field, entry.before.get(name)),
        "right": _words(field, entry.after.get(name)),
        # Every row differs, or it would not be here: no need to mark each.
        "differs": False,
    }


def _words(field: Any, value: Any) -> Any:
    if value is None or value == []:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(field, models.DateTimeField):
        return in_words(datetime.fromisoformat(value))
    if isinstance(field, models.DateField):
        return in_words(date.fromisoformat(value))
    return str(dict(getattr(field, "flatchoices", ())).get(value, value))
