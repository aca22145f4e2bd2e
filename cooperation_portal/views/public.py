"""What visitors see first: what the network is, and how it works."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assistance.models import AssistanceRequest, Offer, ResolutionParagraph
from cooperation_portal.access.actors import VISITOR
from cooperation_portal.access.levels import Level
from cooperation_portal.interface import audience
from meetings.dates import when
from meetings.models import Meeting
from organizations.models import Organization, State

from ..glossary import GLOSSARY, ROLES

NEXT_MEETINGS = 3
#: Paragraphs of resolution 2325 (2016) that this portal serves; shown once checked against the text.
RESOLUTION = 2325


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the network is, with figures of what anyone may read, and how an offer meets a request."""
    coming = Meeting.objects.visible_to(VISITOR).upcoming().order_by("starts_on", "pk")[:NEXT_MEETINGS]
    return render(
        request,
        "portal/home.html",
        {
            "figures": public_figures(),
            "meetings": [(meeting, when(meeting)) for meeting in coming],
            "newest": Offer.objects.visible_to(VISITOR)
            .live()
            .select_related("organization", "state")
            .order_by("-published_at", "-pk")[:NEXT_MEETINGS],
        },
    )


def public_figures() -> list[tuple[Any, int, str]]:
    """Counts of what anyone may read, each with the list behind it."""
    return [
        (_("Organizations"), Organization.objects.visible_to(VISITOR).count(), reverse("organizations:list")),
        (_("States"), State.objects.visible_to(VISITOR).count(), reverse("organizations:state_list")),
        (_("Live public offers"), Offer.objects.visible_to(VISITOR).live().count(), reverse("assistance:offer_list")),
        (
            _("Open public requests"),
            AssistanceRequest.objects.visible_to(VISITOR).open().count(),
            reverse("assistance:request_list"),
        ),
        (_("Meetings on record"), Meeting.objects.visible_to(VISITOR).count(), reverse("meetings:list")),
    ]


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """The resolution behind it, who does what, who reads what, and the words of the field."""
    paragraphs = ResolutionParagraph.objects.visible_to(request.user).filter(resolution=RESOLUTION, is_confirmed=True)
    return render(
        request,
        "portal/about.html",
        {
            "paragraphs": paragraphs.order_by("paragraph"),
            "roles": ROLES,
            "levels": [(level, audience.readers(level)) for level in Level],
            "glossary": sorted(GLOSSARY, key=lambda row: str(row[0]).casefold()),
        },
    )
