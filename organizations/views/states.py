"""The States: a grid of tiles with its table, and the page of each."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from cooperation_portal.access.policy import allows
from cooperation_portal.interface import tiles

from ..models import Membership, PointOfContact, State
from ..models.states import RegionalGroup, sort_key
from . import neighbours
from .organizations import IN_PANEL, contacts_shown, manages_people


@require_safe
def state_list(request: HttpRequest) -> HttpResponse:
    """All States in blocks by regional group, coloured by how many live offers are open to them. Public."""
    counts = neighbours.offers_open_counts(request.user)
    # Read once: `get_regional_group_display` works the choices out anew for each State.
    labels = {group.value: str(group.label) for group in RegionalGroup}
    states = sorted(State.objects.visible_to(request.user), key=_group_then_name)
    rows = [
        (labels[state.regional_group], state, state.name, state.get_absolute_url(), counts[state.iso3])
        for state in states
    ]
    grid = tiles.build(
        [(label, state.iso3, name, url, number) for label, state, name, url, number in rows],
        unit=lambda n: ngettext("%(number)d offer open", "%(number)d offers open", n) % {"number": n},
    )
    groups = [(label, [row[1:] for row in members]) for label, members in groupby(rows, key=itemgetter(0))]
    return render(
        request,
        "organizations/state_list.html",
        {
            "grid": grid,
            "groups": groups,
            "total": len(states),
            "may_see_coverage": allows(request.user, "view", "coverage"),
        },
    )


@require_safe
def state_detail(request: HttpRequest, iso3: str) -> HttpResponse:
    """One State: its groups, who could help it, what it asked for. Public, as far as each part is."""
    state = visible_state(request, iso3)
    offers = neighbours.offers_open_to(state, request.user)
    given = state.offers_given.visible_to(request.user).select_related("organization", "state")
    requests = neighbours.requests_of(state, request.user)
    meetings = neighbours.meetings_of(state, request.user)
    memberships = (
        Membership.objects.filter(state=state).select_related("organization").order_by("organization__sort_key")
    )
    return render(
        request,
        "organizations/state_detail.html",
        {
            "state": state,
            "names": _names(state),
            "memberships": memberships,
            "offers": offers[:IN_PANEL],
            "offers_total": offers.count(),
            "given": given[:IN_PANEL],
            "requests": [neighbours.request_as_read(row) for row in requests[:IN_PANEL]],
            "requests_total": requests.count(),
            "contacts": contacts_shown(request, state=state),
            "meetings": neighbours.with_days(meetings[:IN_PANEL]),
            "meetings_total": meetings.count(),
            "may_name_contact": allows(request.user, "create", PointOfContact(state=state)),
            "may_manage_people": manages_people(request, state),
            "may_see_coverage": allows(request.user, "view", "coverage"),
        },
    )


def visible_state(request: HttpRequest, iso3: str) -> State:
    return get_object_or_404(State.objects.visible_to(request.user), iso3=iso3)


def _group_then_name(state: State) -> tuple[int, str]:
    """Groups in their usual order, States in the alphabetical order of the reader's language."""
    return RegionalGroup.values.index(state.regional_group), sort_key(state.name)


def _names(state: State) -> list[tuple[str, str]]:
    """The State's name in the six official languages, with each language's code."""
    return [(language, getattr(state, f"name_{language}")) for language in State.NAME_LANGUAGES]
