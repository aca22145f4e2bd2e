"""What the frame of every page needs to know about its reader."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from cooperation_portal.access.read_only import standing


def acting_for(user: Any) -> str:
    """Name the organizations and States for which a person acts, such as "CICTE"."""
    names = []
    for affiliation in user.affiliations.in_force().select_related("organization", "state"):
        name = str(affiliation.body)
        if name not in names:
            names.append(name)
    return ", ".join(names)


def waiting_count(user: Any) -> int:
    """Count what waits for a person: notices not read yet, each of which leads to what is to be done."""
    return user.notices.unread().count()


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: nothing is read from the database unless the page draws the frame."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {
        "acting_for": SimpleLazyObject(lambda: acting_for(user)),
        "read_only_mode": SimpleLazyObject(standing),
        "waiting_count": SimpleLazyObject(lambda: waiting_count(user)),
    }
