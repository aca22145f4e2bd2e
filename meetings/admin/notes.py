"""Notes of meetings, with their issues."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cooperation_portal.administration.base import PortalInline, PortalModelAdmin

from ..models import FutureIssue, Note
from ..services.notes import note_publish


class FutureIssueInline(PortalInline):
    model = FutureIssue
    filter_horizontal = ["areas"]


@admin.register(Note)
class NoteAdmin(PortalModelAdmin):
    audit_actions = ("note.created", "note.updated")
    list_display = ["meeting", "kind", "status", "prepared_by", "visibility", "published_at"]
    list_filter = ["status", "kind", "visibility"]
    list_select_related = ["meeting"]
    search_fields = ["meeting__reference", "meeting__title", "prepared_by"]
    autocomplete_fields = ["meeting"]
    filter_horizontal = ["paragraphs"]
    inlines = [FutureIssueInline]
    actions = ["publish"]
    fieldsets = [
        (None, {"fields": ["meeting", "kind", "prepared_by", "visibility"]}),
        (gettext_lazy("What it says"), {"fields": ["background", "paragraphs", "highlights"]}),
        (gettext_lazy("What follows"), {"fields": ["recommendations", "additional_comments", "disclaimer"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A note stays with its meeting."""
        return ["meeting"] if obj else []

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only paragraphs checked against the text may be cited."""
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "paragraphs" and field is not None:
            field.queryset = field.queryset.filter(is_confirmed=True)  # type: ignore[attr-defined]
        return field

    @admin.action(description=gettext_lazy("Publish the notes chosen"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Note]) -> None:
        published = 0
        for note in queryset:
            try:
                note_publish(by=request.user, note=note)
            except ValidationError as problem:
                messages.error(
                    request, _("%(note)s: %(problem)s") % {"note": note, "problem": " ".join(problem.messages)}
                )
            else:
                published += 1
        if published:
            said = ngettext("%(n)d note is published.", "%(n)d notes are published.", published)
            messages.success(request, said % {"n": published})
