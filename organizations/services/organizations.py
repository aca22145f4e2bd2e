"""Organizations: what their focal points keep up to date."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.policy import require
from cooperation_portal.records.write import recorded

from ..models import Organization

#: What the organization says of itself. Name, category, parent and members are the secretariat's, in the admin.
OWN_FIELDS = frozenset({"description", "website", "mandate_areas"})


def organization_update(
    *, by: Any, organization: Organization, values: dict[str, Any], expected_version: int | None = None
) -> Organization:
    """Change what an organization says of itself: `values` by field name, of `OWN_FIELDS` only.

    Saying it is saying that it is true: `confirmed_on` becomes today. Raises `StaleVersion` and `ValidationError`.
    """
    if unknown := set(values) - OWN_FIELDS:
        raise ValidationError({name: _("This is changed by the secretariat only.") for name in sorted(unknown)})
    require(by, "update", organization)
    with recorded(
        organization, by=by, action="organization.updated", expected_version=expected_version
    ) as organization:
        for name, value in values.items():
            setattr(organization, name, value)
        organization.confirmed_on = timezone.localdate()
    return organization


def organization_confirm(*, by: Any, organization: Organization) -> Organization:
    """Say that what the portal shows of an organization is still true."""
    require(by, "confirm", organization)
    with recorded(organization, by=by, action="organization.confirmed", clean=False) as organization:
        organization.confirmed_on = timezone.localdate()
    return organization
