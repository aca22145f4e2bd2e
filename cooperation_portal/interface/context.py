"""What the frame of every page needs to know about its reader."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject


def acting_for(user: Any) -> str:
    """Name the organizations and States for which a person acts, such as "CICTE"."""
    names = []
    for affiliation in user.affiliations.in_force().select_related("organization", "state"):
        owner = affiliation.organization or affiliation.state
        if owner is not None and str(owner) not in names:
            names.append(str(owner))
    return ", ".join(names)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: nothing is read from the database unless the page draws the frame."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"acting_for": SimpleLazyObject(lambda: acting_for(user))}
