"""Tells audit entries to people: which field went from what to what."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext as _

from cooperation_portal.audit.models import AuditEntry


def told(entry: AuditEntry, model: type[models.Model]) -> dict[str, Any]:
    """One entry: who, when, what, why, and rows of `label`, `left` (before) and `right` (after)."""
    return {
        "what": entry.get_action_display(),
        "who": entry.who,
        "at": entry.at,
        "source": entry.get_source_display(),
        "reason": entry.reason,
        "rows": [
            {
                "label": _label(model, name),
                "left": _words(entry.before.get(name)),
                "right": _words(entry.after.get(name)),
                "differs": True,
            }
            for name in sorted({**entry.before, **entry.after})
            if entry.before.get(name) != entry.after.get(name)
        ],
    }


def _label(model: type[models.Model], name: str) -> str:
    try:
        return str(getattr(model._meta.get_field(name), "verbose_name", name))
    except FieldDoesNotExist:
        return name.replace("_", " ")


def _words(value: Any) -> Any:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)
