"""Meetings with participants and agenda; what was posted and what was asked, to look through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistance.models.offers import DatePrecision
from cooperation_portal.administration.base import PortalInline, PortalModelAdmin
from cooperation_portal.interface.dates import clock
from cooperation_portal.records.models import next_reference

from ..dates import when
from ..models import ActionItem, AgendaItem, Document, Meeting, Participation
from ..services.meeting_values import check_dates, check_follow_up


class ParticipationInline(PortalInline):
    model = Participation
    autocomplete_fields = ["organization", "state"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("organization", "state")


class AgendaInline(PortalInline):
    model = AgendaItem


@admin.register(Meeting)
class MeetingAdmin(PortalModelAdmin):
    """Statuses move on the meeting's own page, after a confirmation."""

    audit_actions = ("meeting.created", "meeting.updated")
    list_display = ["title", "reference", "dates", "kind", "status", "organization", "visibility"]
    list_filter = ["status", "kind", "format", "regional_group", "visibility", "provenance"]
    list_select_related = ["organization"]
    date_hierarchy = "starts_on"
    search_fields = ["reference", "title", "place"]
    autocomplete_fields = ["country", "organization", "follows_up"]
    inlines = [ParticipationInline, AgendaInline]
    fieldsets = [
        (None, {"fields": ["title", "kind", "summary"]}),
        (
            gettext_lazy("When and where"),
            {"fields": ["starts_on", "ends_on", "format", "place", "country", "regional_group"]},
        ),
        (gettext_lazy("The page"), {"fields": ["organization", "follows_up", "visibility"]}),
        (gettext_lazy("Source"), {"fields": ["source", "confidence", "note_on_source", "confirmed_on"]}),
    ]

    @admin.display(description=gettext_lazy("Date"), ordering="starts_on")
    def dates(self, meeting: Meeting) -> str:
        return when(meeting)

    @contextmanager
    def writing(self, request: HttpRequest, form: Any, *, change: bool) -> Iterator[Any]:
        """As the services write: a reference of its own, dates known to the day, no circle of follow-ups."""
        if not change:
            year = (form.instance.starts_on or timezone.localdate()).year
            form.instance.reference = next_reference("MTG", year)
        with super().writing(request, form, change=change) as written:
            yield written
            if {"starts_on", "ends_on"} & set(form.changed_data):
                written.date_precision = DatePrecision.DAY
            check_dates(written)
            check_follow_up(written)


class OverdueFilter(admin.SimpleListFilter):
    title = gettext_lazy("due")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("overdue", _("Overdue")), ("undated", _("Without a date"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "overdue":
            return queryset.filter(status=ActionItem.Status.OPEN, due_on__lt=timezone.localdate())
        if self.value() == "undated":
            return queryset.filter(due_on=None)
        return queryset


@admin.register(ActionItem)
class ActionItemAdmin(PortalModelAdmin):
    """They are asked and answered on the meeting's page, where those concerned are told."""

    list_display = ["page", "meeting", "asked", "clock", "status"]
    list_display_links = None
    list_filter = ["status", OverdueFilter]
    list_select_related = ["meeting", "organization", "state"]
    search_fields = ["what", "meeting__title", "organization__acronym", "state__name_en"]
    ordering = ["due_on", "pk"]
    fields = ["meeting", "what", "organization", "state", "due_on", "status", "follow_up"]

    @admin.display(description=gettext_lazy("What"), ordering="what")
    def page(self, item: ActionItem) -> str:
        return format_html('<a href="{}">{}</a>', item.get_absolute_url(), item.what)

    @admin.display(description=gettext_lazy("Asked of"))
    def asked(self, item: ActionItem) -> str:
        return str(item.asked or _("Every participant"))

    @admin.display(description=gettext_lazy("Due"), ordering="due_on")
    def clock(self, item: ActionItem) -> str:
        told = clock(item.due_on) if item.status == ActionItem.Status.OPEN else None
        if told is None:
            return "–"
        return format_html('<span class="chip chip--{}">{}</span>', told.tone, told.text)


@admin.register(Document)
class DocumentAdmin(PortalModelAdmin):
    """They are posted and removed on the meeting's page."""

    list_display = ["title", "meeting", "posted_by", "file_name", "size", "visibility", "created_at"]
    list_filter = ["visibility", "content_type"]
    list_select_related = ["meeting", "organization", "state"]
    search_fields = ["title", "file_name", "meeting__title", "organization__acronym"]
    ordering = ["-pk"]
    fields = ["meeting", "title", "organization", "state", "file_name", "content_type", "size", "sha256", "visibility"]
    readonly_fields = ["file_name", "content_type", "size", "sha256"]

    @admin.display(description=gettext_lazy("Posted by"))
    def posted_by(self, document: Document) -> str:
        return str(document.poster or _("The Committee’s experts"))
