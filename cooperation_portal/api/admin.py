"""All API keys, for the secretariat: looked up here, revoked on the page that asks once more. Never a secret."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from cooperation_portal.administration.base import PortalModelAdmin

from .models import ApiKey, KeyState


class WorkingFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "works"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Works")), ("soon", _("Expires soon")), ("no", _("Ended or held"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        working = queryset.live().filter(organization__suspended_on=None)
        if self.value() == "yes":
            return working
        if self.value() == "soon":
            return queryset.expiring()
        return queryset.exclude(pk__in=working.values("pk")) if self.value() == "no" else queryset


@admin.register(ApiKey)
class ApiKeyAdmin(PortalModelAdmin):
    """Read only: keys are made and rotated on the pages of their organization."""

    list_display = ["shown_prefix", "organization", "name", "shown_scopes", "shown_state", "expires_at", "last_used_at"]
    list_filter = [WorkingFilter]
    list_select_related = ["organization"]
    search_fields = ["prefix", "name", "organization__acronym", "organization__name"]
    ordering = ["organization__sort_key", "name", "-created_at"]
    fields = [
        "shown_prefix",
        "organization",
        "name",
        "shown_scopes",
        "shown_state",
        "created_at",
        "created_by_label",
        "rotated_from",
        "expires_at",
        "last_used_at",
        "revoked_at",
        "shown_revoke",
    ]
    readonly_fields = ["shown_prefix", "shown_scopes", "shown_state", "shown_revoke"]

    @admin.display(description=_("key"), ordering="prefix")
    def shown_prefix(self, key: ApiKey) -> str:
        return str(key)

    @admin.display(description=_("may"))
    def shown_scopes(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @admin.display(description=_("state"))
    def shown_state(self, key: ApiKey) -> Any:
        return key.state.label

    @admin.display(description=_("revoke"))
    def shown_revoke(self, key: ApiKey) -> Any:
        if key.state in (KeyState.REVOKED, KeyState.EXPIRED):
            return _("It has ended")
        address = reverse("organizations:key_revoke", args=[key.organization.slug, key.pk])
        return format_html('<a href="{}">{}</a>', address, _("Revoke this key"))
