"""Accounts and affiliations, for the secretariat."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from cooperation_portal.administration.base import PortalModelAdmin

from ..models import Affiliation, User
from ..services.affiliations import people_path
from ..services.users import PROFILE_FIELDS, user_deactivate, user_reactivate, user_update
from .filters import BodyFilter, SignedInFilter


@admin.register(User)
class UserAdmin(PortalModelAdmin):
    """People are invited on the page of their organization or State; here accounts are corrected and shut out."""

    audit_actions = ("user.created", "user.updated")
    list_display = ["name", "email", "held_roles", "is_active", "date_joined", "last_login"]
    list_filter = ["is_active", SignedInFilter]
    search_fields = ["name", "email"]
    ordering = ["name", "email"]
    readonly_fields = ["email", "date_joined", "last_login"]
    fieldsets = [
        (None, {"fields": ["name", "email", "job_title", "language"]}),
        (_("Account"), {"fields": ["is_active", "date_joined", "last_login"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        active = Affiliation.objects.in_force().select_related("organization", "state")
        return super().get_queryset(request).prefetch_related(Prefetch("affiliations", active, to_attr="held"))

    @admin.display(description=_("roles"))
    def held_roles(self, user: Any) -> str:
        return "; ".join(f"{row.get_role_display()}, {row.body}" for row in user.held)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def writing(self, request: HttpRequest, form: Any, *, change: bool) -> AbstractContextManager[Any]:
        return _through_services(request.user, form)


@contextmanager
def _through_services(by: Any, form: Any) -> Any:
    """Profile first, then the account's state, each an action of its own."""
    user, values, reason = form.instance, form.cleaned_data, form.cleaned_data["reason"]
    profile = {name: values[name] for name in form.changed_data if name in PROFILE_FIELDS}
    if profile:
        user_update(by=by, user=user, values=profile, reason=reason)
    if "is_active" in form.changed_data:
        if values["is_active"]:
            user_reactivate(by=by, user=user, reason=reason)
        elif not reason:
            raise ValidationError({"reason": _("Say why the account is shut out.")})
        else:
            user_deactivate(by=by, user=user, reason=reason)
    yield User.objects.get(pk=user.pk)


@admin.register(Affiliation)
class AffiliationAdmin(PortalModelAdmin):
    """To find and to read; deciding is done where the people of the body are."""

    list_display = ["user", "role", "body", "status", "created_at", "decided_by_label", "decide"]
    list_filter = ["status", "role", BodyFilter]
    list_select_related = ["user", "organization", "state"]
    search_fields = ["user__name", "user__email", "organization__acronym", "state__name_en"]
    ordering = ["-created_at"]
    fields = ["user", "role", "organization", "state", "status", "message", "reason", "decided_by_label", "decided_at"]

    @admin.display(description=_("people"))
    def decide(self, affiliation: Affiliation) -> str:
        label = _("Decide") if affiliation.status == Affiliation.Status.REQUESTED else _("People")
        return format_html('<a href="{}">{}</a>', people_path(affiliation.body), label)
