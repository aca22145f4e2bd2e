"""One search over everything the reader may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from assistance.filters.offers import OfferFilter
from assistance.models import Area, AssistanceRequest, Offer, Project
from cooperation_portal.interface.forms import PlainMessages
from meetings.dates import when
from meetings.filters import MeetingFilter
from meetings.models import Meeting
from organizations.models import Organization, State

#: Shown of each kind; the rest is a link away.
PER_GROUP = 10
SHORTEST = 2


class SearchForm(PlainMessages, forms.Form):
    q = forms.CharField(label=gettext_lazy("Search for"), min_length=SHORTEST, max_length=100)


@dataclass(frozen=True)
class Hit:
    label: Any
    url: str
    about: Any


@dataclass(frozen=True)
class Group:
    """What was found of one kind: the first hits, how many there are, and the list that shows them all."""

    label: Any
    hits: list[Hit]
    total: int
    more_url: str


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Organizations, States, areas, offers, requests and meetings that contain the words, as far as the reader reads
    them. Everything starts at `visible_to`; hidden text of a visible record never answers."""
    form = SearchForm(request.GET or None)
    groups: list[Group] = []
    if form.is_valid():
        words = form.cleaned_data["q"]
        groups = [group for find in FINDERS if (group := find(request, words)).total]
    return render(
        request,
        "portal/search.html",
        {"form": form, "groups": groups, "is_asked": form.is_valid()},
    )


def _organizations(request: HttpRequest, words: str) -> Group:
    found = Organization.objects.visible_to(request.user).filter(Q(acronym__icontains=words) | Q(name__icontains=words))
    return _group(
        gettext_lazy("Organizations"),
        found.order_by("sort_key"),
        lambda row: Hit(row.acronym, row.get_absolute_url(), row.name),
        _list("organizations:list", q=words),
    )


def _states(request: HttpRequest, words: str) -> Group:
    named = Q(iso3__iexact=words) | Q(formal_name_en__icontains=words)
    for language in State.NAME_LANGUAGES:
        named |= Q(**{f"name_{language}__icontains": words})
    return _group(
        gettext_lazy("States"),
        State.objects.visible_to(request.user).filter(named).order_by("sort_key"),
        lambda row: Hit(row.name, row.get_absolute_url(), row.get_regional_group_display()),
        reverse("organizations:state_list"),
    )


def _areas(request: HttpRequest, words: str) -> Group:
    found = Area.objects.visible_to(request.user).filter(
        Q(code__iexact=words) | Q(label__icontains=words) | Q(description__icontains=words)
    )
    return _group(
        gettext_lazy("Areas of assistance"),
        found.order_by("code"),
        lambda row: Hit(row.label, row.get_absolute_url(), row.code),
        reverse("assistance:area_list"),
    )


def _offers(request: HttpRequest, words: str) -> Group:
    asked = {"q": words, "status": "any", "historical": "on"}
    rows = Offer.objects.visible_to(request.user).select_related("organization", "state")
    found = OfferFilter(asked, queryset=rows, request=request).qs
    return _group(
        gettext_lazy("Offers"),
        found.order_by("-published_at", "-pk"),
        lambda row: Hit(
            row.title,
            row.get_absolute_url(),
            _("%(provider)s, %(status)s") % {"provider": row.provider, "status": row.get_status_display()},
        ),
        _list("assistance:offer_list", **asked),
    )


def _requests(request: HttpRequest, words: str) -> Group:
    rows = AssistanceRequest.objects.visible_to(request.user).select_related("state", "organization")
    return _group(
        gettext_lazy("Requests"),
        rows.containing(words, request.user).order_by("-received_on", "-pk"),
        lambda row: Hit(row.title, row.get_absolute_url(), row.requester),
        _list("assistance:request_list", q=words, historical="on"),
    )


def _projects(request: HttpRequest, words: str) -> Group:
    rows = Project.objects.visible_to(request.user).select_related("organization", "state")
    return _group(
        gettext_lazy("Projects"),
        rows.containing(words).order_by("-pk"),
        lambda row: Hit(row.title, row.get_absolute_url(), row.lead),
        _list("assistance:project_list", q=words),
    )


def _meetings(request: HttpRequest, words: str) -> Group:
    found = MeetingFilter({"q": words}, queryset=Meeting.objects.visible_to(request.user), request=request).qs
    return _group(
        gettext_lazy("Meetings"),
        found.order_by("-starts_on", "-pk"),
        lambda row: Hit(row.title, row.get_absolute_url(), when(row)),
        _list("meetings:list", q=words),
    )


FINDERS: tuple[Callable[[HttpRequest, str], Group], ...] = (
    _organizations,
    _states,
    _areas,
    _offers,
    _requests,
    _projects,
    _meetings,
)


def _group(label: Any, found: QuerySet, hit: Callable[[Any], Hit], more_url: str) -> Group:
    """Read one row more than is shown; count only where there are more."""
    rows = list(found[: PER_GROUP + 1])
    total = len(rows) if len(rows) <= PER_GROUP else found.count()
    return Group(label, [hit(row) for row in rows[:PER_GROUP]], total, more_url if total > PER_GROUP else "")


def _list(name: str, **query: str) -> str:
    return f"{reverse(name)}?{urlencode(query)}"
