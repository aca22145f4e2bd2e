"""All snapshots, for the secretariat: who asked, how far they are, what went wrong; not the files themselves."""

from django.contrib import admin

from cooperation_portal.administration.base import PortalModelAdmin

from .models import Snapshot


@admin.register(Snapshot)
class SnapshotAdmin(PortalModelAdmin):
    """Read only."""

    list_display = ["ref", "organization", "format", "status", "attempts", "created_at", "expires_at"]
    list_filter = ["status", "format"]
    list_select_related = ["organization"]
    search_fields = ["organization__acronym", "organization__name"]
    fields = [
        "organization",
        "asked_by_label",
        "format",
        "contents",
        "status",
        "problem",
        "attempts",
        "created_at",
        "generated_at",
        "done",
        "total",
        "size",
        "expires_at",
    ]
