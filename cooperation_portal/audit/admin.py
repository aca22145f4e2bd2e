"""The audit, for reading."""

from django.contrib import admin

from cooperation_portal.administration.base import PortalModelAdmin

from .models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(PortalModelAdmin):
    list_display = ["at", "actor_label", "action", "object_type", "object_ref", "source", "reason"]
    list_filter = ["source", "actor_kind", "object_type"]
    search_fields = ["object_ref", "actor_label", "action", "request_id"]
    date_hierarchy = "at"
