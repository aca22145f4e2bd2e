"""Reads of contact data are logged: who, how many, which request. Never whom: the log holds no personal data."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest

from .resources import Resource

logger = logging.getLogger(__name__)


def log_contact_read(
    request: HttpRequest, resource: Resource, objects: Sequence[dict[str, Any]], expanded: Iterable[str]
) -> None:
    opened = any(resource.table[name].to == "contacts" for name in expanded)
    if not objects or not (opened or resource.name == "contacts"):
        return
    reader = str(request.user) if request.user.is_authenticated else "visitor"
    logger.info(
        "Contact data read: %d records by %s, request %s", len(objects), reader, getattr(request, "request_id", "")
    )
