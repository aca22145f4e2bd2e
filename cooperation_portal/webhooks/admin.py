"""Webhooks for the secretariat: to find and to read. They are managed where their organization is."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from cooperation_portal.administration.base import PortalModelAdmin

from .models import Webhook


@admin.register(Webhook)
class WebhookAdmin(PortalModelAdmin):
    list_display = ["name", "organization", "state", "reason", "failing_since", "last_delivered_at", "manage"]
    list_filter = ["state"]
    list_select_related = ["organization"]
    search_fields = ["name", "organization__acronym", "organization__name"]
    ordering = ["organization__sort_key", "name"]
    fields = [
        "organization",
        "name",
        "url",
        "types",
        "state",
        "reason",
        "failing_since",
        "last_delivered_at",
        "created_at",
    ]

    @admin.display(description=_("deliveries"))
    def manage(self, webhook: Webhook) -> str:
        return format_html('<a href="{}">{}</a>', webhook.get_absolute_url(), _("Deliveries"))
