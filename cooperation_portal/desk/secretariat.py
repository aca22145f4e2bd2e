"""The desk of the secretariat."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from organizations.models import Organization, PointOfContact

from .parts import IN_PART, Part, very_stale_since


def network(user: Any) -> Part:
    """Organizations without a point of contact (OP 24) and contacts that nobody verified for a year."""
    missing = Organization.objects.visible_to(user).without_coordinator()
    stale = PointOfContact.objects.visible_to(user).current().not_verified_since(very_stale_since())
    tasks = [
        {
            "label": _("Ask %(organization)s to name a point of contact") % {"organization": organization.acronym},
            "url": organization.get_absolute_url(),
            "about": organization.name,
        }
        for organization in missing.order_by("sort_key")[:IN_PART]
    ]
    return Part(
        "network",
        _("The network"),
        figures=[
            (
                _("Organizations without a 1540 point of contact (OP 24)"),
                missing.count(),
                f"{reverse('organizations:list')}?contact=asked",
            ),
            (
                _("Contacts not verified for 12 months"),
                stale.count(),
                f"{reverse('organizations:contact_list')}?verified=very_stale",
            ),
        ],
        tasks=tasks,
        empty=_("Every organization has named a point of contact."),
    )
