"""What the pages of overlaps and gaps share: who may open them, and what they count for whom."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.policy import require


def coverage_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Open a page that only reads to the members of the network. What it counts is what each of them may see."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        require(request.user, "view", "coverage")
        return view(request, *args, **kwargs)

    return require_safe(guarded)


def counted_for(who: Any) -> str:
    """What is counted for a reader, in a sentence that stands on every page."""
    if actor_for(who).is_committee:
        return _("Counted are all live offers and all open requests; drafts and historical records are left out.")
    return _(
        "Counted are the live offers that you may read, your own open requests and those circulated to providers. "
        "What others have not shared with you is not counted, so a need out of reach here may be answered elsewhere."
    )


def coverage_links() -> list[tuple[str, str]]:
    """The pages of this section side by side."""
    return [
        (_("By region and area"), reverse("assistance:coverage")),
        (_("Needs"), reverse("assistance:coverage_needs")),
        (_("Offers"), reverse("assistance:coverage_offers")),
        (_("Overlaps"), reverse("assistance:coverage_overlaps")),
    ]


def refuse_unknown(request: HttpRequest, form: forms.Form, *also: str) -> None:
    """Say on the form what the address asks for and the page does not know; values outside a list are errors too."""
    form.is_valid()
    for name in sorted(set(request.GET) - {bound.html_name for bound in form} - set(also)):
        form.add_error(None, _("This page knows no “%(name)s”. Remove it from the address.") % {"name": name})
