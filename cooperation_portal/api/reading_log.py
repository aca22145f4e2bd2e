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
    if opened or resource.name == "contacts":
        log_contacts_read(request, len(objects))


def log_contacts_read(request: HttpRequest, count: int) -> None:
    """Note that so many contacts left the portal with the answer to `request`."""
    reader = str(request.user) if request.user.is_authenticated else "visitor"
    note_contacts_read(reader, count, getattr(request, "request_id", ""))


def note_contacts_read(reader: str, count: int, request_id: str) -> None:
    if count:
        logger.info("Contact data read: %d records by %s, request %s", count, reader, request_id)
