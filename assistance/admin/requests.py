"""The triage list of requests: how old, what comes next and whose turn it is. They are acted on at their own page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cooperation_portal.administration.base import PortalModelAdmin

from ..models import AssistanceRequest, RequestStep
from ..services.procedure import next_step
from .candidates import CANDIDATES_LABEL, CandidatesPages, candidates_link
from .clocks import shown_clock


class TriageFilter(admin.SimpleListFilter):
    """Open requests by default; overdue ones, sourced history and everything on request."""

    title = gettext_lazy("triage")
    parameter_name = "triage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("overdue", _("With an overdue step")), ("history", _("From public sources")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("Open"),
        }
        for value, label in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "overdue":
                late = RequestStep.objects.filter(due_on__lt=timezone.localdate(), done_on=None)
                return queryset.open().filter(pk__in=late.values("request"))
            case "history":
                return queryset.filter(provenance="public_source")
            case "all":
                return queryset
            case _:
                return queryset.open()


@admin.register(AssistanceRequest)
class AssistanceRequestAdmin(CandidatesPages, PortalModelAdmin):
    list_display = ["page", "requester", "status", "age", "comes_next", "clock", "matches_waiting", "candidates"]
    list_display_links = None
    list_filter = [TriageFilter, "status", "state__regional_group", "origin"]
    list_select_related = ["state", "organization"]
    search_fields = ["reference", "title", "state__name_en", "organization__acronym"]
    ordering = ["-received_on", "-pk"]
    fields = ["reference", "title", "status", "description", "public_summary", "received_on", "document_reference"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        waiting = Count("matches", filter=Q(matches__status__in=("suggested", "shortlisted")))
        return super().get_queryset(request).prefetch_related("steps").annotate(waiting=waiting)

    @admin.display(description=gettext_lazy("Request"), ordering="reference")
    def page(self, request: AssistanceRequest) -> str:
        return format_html(
            '<a href="{}">{}</a><br><span class="code">{}</span>',
            request.get_absolute_url(),
            request.title,
            request.reference,
        )

    @admin.display(description=gettext_lazy("Requester"))
    def requester(self, request: AssistanceRequest) -> str:
        return str(request.requester)

    @admin.display(description=gettext_lazy("Received"), ordering="received_on")
    def age(self, request: AssistanceRequest) -> str:
        if request.received_on is None:
            return request.received_as_stated or "–"
        days = (timezone.localdate() - request.received_on).days
        return ngettext("%(days)d day ago", "%(days)d days ago", days) % {"days": days}

    @admin.display(description=gettext_lazy("Who acts next"))
    def comes_next(self, request: AssistanceRequest) -> str:
        step = next_step(request)
        return "–" if step is None else format_html("{}<br>{}", step.step.label, step.who)

    @admin.display(description=gettext_lazy("Clock"))
    def clock(self, request: AssistanceRequest) -> str:
        return shown_clock(request)

    @admin.display(description=gettext_lazy("Matches to decide"), ordering="waiting")
    def matches_waiting(self, request: AssistanceRequest) -> str:
        return str(request.waiting)  # type: ignore[attr-defined]

    @admin.display(description=CANDIDATES_LABEL)
    def candidates(self, request: AssistanceRequest) -> str:
        return candidates_link(request) if request.is_open else "–"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
