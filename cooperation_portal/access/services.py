"""Switching read-only mode."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from cooperation_portal import audit

from .models import ONLY_ROW, ReadOnlyMode
from .policy import require


def read_only_switch(*, by: Any, is_on: bool, message: str = "", reason: str = "") -> ReadOnlyMode:
    """Stop or take changes from the next request on. Raises `NotAllowed`, and `ValidationError` for a long message."""
    require(by, "update", ReadOnlyMode)
    with transaction.atomic():
        ReadOnlyMode.objects.get_or_create(pk=ONLY_ROW)
        mode = ReadOnlyMode.objects.select_for_update().get(pk=ONLY_ROW)
        before = _told(mode)
        if mode.is_on != is_on:
            mode.since = timezone.now() if is_on else None
        mode.is_on, mode.message = is_on, message.strip() if is_on else ""
        if _told(mode) == before:
            return mode
        mode.full_clean()
        mode.save()
        audit.record(action="read_only.switched", obj=mode, by=by, before=before, after=_told(mode), reason=reason)
    return mode


def _told(mode: ReadOnlyMode) -> dict[str, Any]:
    return {"is_on": mode.is_on, "message": mode.message}
