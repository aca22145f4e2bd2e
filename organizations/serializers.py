"""What a partner sends about its points of contact, turned into the values that the services take."""

from __future__ import annotations

from datetime import date
from typing import Any

from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.api.models import ApiKey

from .models import PointOfContact
from .services.contacts import contact_create, contact_end, contact_replace, contact_update, contact_verify


def create_contact(*, by: ApiKey, data: dict[str, Any]) -> PointOfContact:
    """Name a contact of the key's own organization. To name another one is refused alike, known or not."""
    values = dict(data)
    own = by.organization
    if values.pop("organization", own.acronym) != own.acronym:
        raise NotAllowed("create", PointOfContact.record_type)
    return contact_create(by=by, body=own, values=values)


def update_contact(
    *, by: ApiKey, record: PointOfContact, data: dict[str, Any], expected_version: int
) -> PointOfContact:
    """Change what was sent and keep the rest."""
    return contact_update(by=by, contact=record, values=data, expected_version=expected_version)


def replace_contact(*, by: ApiKey, record: PointOfContact, expected_version: int, **data: Any) -> PointOfContact:
    """Name a successor; what is sent is said of the successor."""
    return contact_replace(by=by, contact=record, values=data, expected_version=expected_version)


def end_contact(
    *, by: ApiKey, record: PointOfContact, expected_version: int, last_day: date, reason: str = ""
) -> PointOfContact:
    return contact_end(by=by, contact=record, last_day=last_day, reason=reason, expected_version=expected_version)


def verify_contact(*, by: ApiKey, record: PointOfContact, expected_version: int) -> PointOfContact:
    return contact_verify(by=by, contact=record, expected_version=expected_version)
