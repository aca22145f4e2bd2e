"""Calendars to subscribe to: the public meetings, and each person's own by a private address."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from cooperation_portal.interface.fresh import PRIVATE, PUBLIC, Standing, answer_if_changed, digest

from ..calendars import CONTENT_TYPE, personal_feed, public_feed
from ..models import CalendarAddress
from ..services.calendars import (
    calendar_address_create,
    calendar_address_fetched,
    calendar_address_for,
    calendar_address_revoke,
)


@require_safe
def public_calendar(request: HttpRequest) -> HttpResponseBase:
    """The public meetings, the same for everybody."""
    return _calendar(request, public_feed(), cache_control=PUBLIC)


@sensitive_variables("secret")
@require_safe
def personal_calendar(request: HttpRequest, secret: str) -> HttpResponseBase:
    """What the person behind a private address may read now. Any other address is one that does not exist."""
    address = calendar_address_for(secret)
    if address is None:
        raise Http404
    calendar_address_fetched(address)
    return _calendar(request, personal_feed(address.user), cache_control=PRIVATE)


def _calendar(request: HttpRequest, content: bytes, *, cache_control: str) -> HttpResponseBase:
    def make() -> HttpResponse:
        return HttpResponse(content, content_type=CONTENT_TYPE)

    return answer_if_changed(request, Standing(digest(content)), make, cache_control=cache_control)


@login_required
@require_safe
def calendar_page(request: HttpRequest) -> HttpResponse:
    """Whether the person has a private address, and how to make one."""
    return _page(request)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_new(request: HttpRequest) -> HttpResponse:
    """Make an address and show it this once. Where there is one already, first say that it will end."""
    if request.method == "POST":
        _address, secret = calendar_address_create(by=request.user)
        path = reverse("meetings:personal_calendar", args=[secret])
        return _page(request, shown_once=f"{settings.SITE_URL}{path}")
    if _own(request) is None:
        return redirect("meetings:calendar")
    context = {
        "title": _("Make a new calendar address"),
        "sentence": _("The new address is shown once."),
        "consequences": [_("The present address stops working at once: put the new one wherever you used it.")],
        "submit": _("Make a new address"),
        "danger": False,
    }
    return _confirm(request, context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_revoke(request: HttpRequest) -> HttpResponse:
    """End the address, after saying what that means."""
    if request.method == "POST":
        if calendar_address_revoke(by=request.user):
            messages.success(request, _("Revoked. Nobody reads your calendar by that address any more."))
        return redirect("meetings:calendar")
    if _own(request) is None:
        return redirect("meetings:calendar")
    context = {
        "title": _("Revoke the calendar address"),
        "sentence": _("Do so if somebody else may have seen it, or if you no longer use it."),
        "consequences": [_("Calendars that use it get nothing more; most keep what they took before.")],
        "submit": _("Revoke address"),
        "danger": True,
    }
    return _confirm(request, context)


def _own(request: HttpRequest) -> CalendarAddress | None:
    return CalendarAddress.objects.visible_to(request.user).in_force().first()


def _page(request: HttpRequest, *, shown_once: str = "") -> HttpResponse:
    context = {
        "address": _own(request),
        "shown_once": shown_once,
        "public_address": f"{settings.SITE_URL}{reverse('meetings:public_calendar')}",
    }
    return render(request, "meetings/calendar.html", context)


def _confirm(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    common = {"kind": _("My profile"), "form": None, "cancel_url": reverse("meetings:calendar")}
    return render(request, "partials/confirm.html", {**common, **context})
