"""The schedules of regional assistance conferences: all of it for the Committee, to each party its own appointments."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from assistance.models import AssistanceRequest, Match, Offer
from assistance.views.planning.index import planning_page
from cooperation_portal.access.policy import allows, require
from cooperation_portal.interface.lists import listing

from ..conference_files import appointments_calendar, appointments_table
from ..conference_panels import TABLES_SIDE_BY_SIDE, Cell, by_party, day_tables, stored_cells
from ..dates import when
from ..filters import ConferenceFilter
from ..models import Appointment, AppointmentSubject, ConferencePlan
from ..querysets import AppointmentQuerySet
from ..regions import region_name
from ..services.conference_candidates import party_key
from .meetings import visible_meeting

SORTS = {"date": ("first_day", "pk"), "title": ("meeting__title", "pk")}


@planning_page
@require_safe
def conference_list(request: HttpRequest) -> HttpResponse:
    """Conferences with a schedule, and the way to plan one."""
    require(request.user, "view", ConferencePlan)
    standing = Count("appointments", filter=Q(appointments__is_cancelled=False))
    plans = ConferencePlan.objects.visible_to(request.user).select_related("meeting").annotate(standing=standing)
    shown = listing(
        request, ConferenceFilter(request.GET, queryset=plans, request=request), sorts=SORTS, default="-date"
    )
    found = shown.page.paginator.count
    context = {
        "filter": shown.filter,
        "page": shown.page,
        "rows": [{"plan": plan, "when": when(plan.meeting), "region": region_name(plan.region)} for plan in shown.page],
        "counted": ngettext("%(n)d conference", "%(n)d conferences", found) % {"n": found},
        "may_create": allows(request.user, "create", ConferencePlan),
    }
    return render(request, "meetings/conferences/list.html", context)


@planning_page
@require_safe
def conference_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """The whole schedule of one conference."""
    plan = _plan(request, reference)
    appointments = list(_loaded(plan.appointments.visible_to(request.user).with_telling()).standing())
    cells = stored_cells(appointments, plan.zone)
    tables = plan.options["hours"]["tables"]
    context = {
        "plan": plan,
        "meeting": plan.meeting,
        "when": when(plan.meeting),
        "region": region_name(plan.region),
        "days": day_tables(cells, tables),
        "tables": range(1, tables + 1),
        "scrolls": tables > TABLES_SIDE_BY_SIDE,
        "by_party": by_party(cells),
        "untold": sum(cell.untold for cell in cells),
        "count": len(cells),
        "points": plan.value / 100,
        "bound": plan.bound / 100,
        "days_differ": (plan.first_day, plan.last_day)
        != (plan.meeting.starts_on, plan.meeting.ends_on or plan.meeting.starts_on),
        "may_change": allows(request.user, "update", plan) and not plan.is_frozen,
        "files": [
            (_("CSV, one line an appointment"), reverse("meetings:conference_csv", args=[plan.ref])),
            (_("iCalendar"), reverse("meetings:conference_calendar", args=[plan.ref])),
        ],
    }
    return render(request, "meetings/conferences/detail.html", context)


@planning_page
@require_safe
def conference_csv(request: HttpRequest, reference: str) -> HttpResponse:
    plan = _plan(request, reference)
    return appointments_table(plan, _loaded(plan.appointments.visible_to(request.user)).standing())


@planning_page
@require_safe
def conference_calendar(request: HttpRequest, reference: str) -> HttpResponse:
    """All appointments, or with `?party=` those of one party. Cancelled ones are in it, marked as such."""
    plan = _plan(request, reference)
    rows = list(_loaded(plan.appointments.visible_to(request.user)))
    name, file_name = plan.meeting.title, plan.ref
    wanted = request.GET.get("party")
    if wanted is not None:
        rows = [row for row in rows if wanted in {party_key(party) for party in row.parties}]
        if not rows:
            raise Http404
        party = next(party for row in rows for party in row.parties if party_key(party) == wanted)
        name = _("%(meeting)s: %(party)s") % {"meeting": plan.meeting.title, "party": party}
        file_name = f"{plan.ref}-{''.join(letter for letter in party.ref if letter.isalnum() and letter.isascii())}"
    url = request.build_absolute_uri(plan.get_absolute_url())
    return appointments_calendar(plan, rows, name=name, file_name=file_name, url=url)


@login_required
@require_safe
def appointments(request: HttpRequest, reference: str) -> HttpResponse:
    """The reader's own appointments at a conference."""
    plan, rows = _own(request, reference)
    cells = stored_cells([row for row in rows if not row.is_cancelled], plan.zone)
    context = {
        "meeting": plan.meeting,
        "time_zone": plan.time_zone,
        "when": when(plan.meeting),
        "rows": [{"cell": cell, "about": about} for cell, about in _as_read(request, cells)],
        "calendar": reverse("meetings:appointments_calendar", args=[plan.ref]),
    }
    return render(request, "meetings/conferences/appointments.html", context)


@login_required
@require_safe
def own_calendar(request: HttpRequest, reference: str) -> HttpResponse:
    plan, rows = _own(request, reference)
    return appointments_calendar(
        plan,
        rows,
        name=plan.meeting.title,
        file_name=f"{plan.ref}-appointments",
        url=request.build_absolute_uri(reverse("meetings:appointments", args=[plan.ref])),
    )


def _plan(request: HttpRequest, reference: str) -> ConferencePlan:
    require(request.user, "view", ConferencePlan)
    plans = ConferencePlan.objects.visible_to(request.user).select_related("meeting__country")
    return get_object_or_404(plans, meeting__reference=reference)


def _own(request: HttpRequest, reference: str) -> tuple[ConferencePlan, list[Appointment]]:
    """The plan behind the reader's appointments, and these; without any it is as if there were no schedule."""
    meeting = visible_meeting(request, reference)
    own = Appointment.objects.of_own(request.user).filter(plan__meeting=meeting)
    rows = list(_loaded(own.select_related("plan__meeting")))
    if not rows:
        raise Http404
    plan = rows[0].plan
    plan.meeting = meeting
    return plan, rows


def _loaded(rows: AppointmentQuerySet) -> AppointmentQuerySet:
    subjects = AppointmentSubject.objects.select_related("request", "offer")
    return rows.with_parties().prefetch_related(Prefetch("subjects", subjects))


def _as_read(request: HttpRequest, cells: list[Cell]) -> list[tuple[Cell, list[dict[str, Any]]]]:
    """Cells with what the reader may know of the requests and offers behind them."""
    pairs = [(ask, offer) for cell in cells for ask, offer in cell.about]
    who, asked, given = request.user, [ask.pk for ask, _o in pairs], [offer.pk for _a, offer in pairs]
    requests = set(AssistanceRequest.objects.visible_to(who).filter(pk__in=asked).values_list("pk", flat=True))
    offers = set(Offer.objects.visible_to(who).filter(pk__in=given).values_list("pk", flat=True))
    proposed = Match.objects.visible_to(who).filter(request__in=asked, offer__in=given)
    matches = {
        (request_pk, offer_pk): pk for pk, request_pk, offer_pk in proposed.values_list("pk", "request", "offer")
    }
    found = []
    for cell in cells:
        about = [
            {
                "request": ask,
                "request_url": ask.get_absolute_url() if ask.pk in requests else "",
                "offer": offer if offer.pk in offers else None,
                "match": reverse("assistance:match_detail", args=[key])
                if (key := matches.get((ask.pk, offer.pk)))
                else "",
            }
            for ask, offer in cell.about
            if ask.pk in requests or (ask.pk, offer.pk) in matches
        ]
        found.append((cell, about))
    return found
