"""Organizations with their members, and their information sheets."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.policy import require
from cooperation_portal.administration.base import PortalInline, PortalModelAdmin
from cooperation_portal.records.write import recorded

from ..models import InformationItem, InformationSheet, Membership, Organization
from .filters import ConfirmedFilter, StandingFilter


class MembershipForm(forms.ModelForm):
    """The code follows the State; entities that are not UN Members are named by code alone."""

    iso3 = forms.CharField(
        label=_("ISO code"),
        required=False,
        max_length=3,
        help_text=_("Only for members that are not in the list of States."),
    )

    class Meta:
        model = Membership
        fields = ["state", "iso3", "status", "note", "source"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        state = values.get("state")
        if state is not None:
            values["iso3"] = state.iso3
        elif not values.get("iso3"):
            self.add_error("state", _("Choose a State, or give the code of a member that is not in the list."))
        else:
            values["iso3"] = values["iso3"].upper()
        return values


class MembershipInline(PortalInline):
    model = Membership
    form = MembershipForm
    autocomplete_fields = ["state"]
    verbose_name = _("member")
    verbose_name_plural = _("members")


@admin.register(Organization)
class OrganizationAdmin(PortalModelAdmin):
    audit_actions = ("organization.created", "organization.updated")
    list_display = ["acronym", "name", "category", "parent", "serves", "confirmed_on", "suspended_on"]
    list_filter = ["category", StandingFilter, ConfirmedFilter]
    list_select_related = ["parent"]
    search_fields = ["acronym", "name"]
    autocomplete_fields = ["parent"]
    inlines = [MembershipInline]
    fieldsets = [
        (None, {"fields": ["acronym", "name", "category", "parent", "parent_name"]}),
        (_("What it does"), {"fields": ["description", "mandate_areas", "coverage", "website", "iati_identifier"]}),
        (_("Standing"), {"fields": ["suspended_on"]}),
        (_("Source"), {"fields": ["source", "confidence", "note", "confirmed_on"]}),
    ]

    @admin.display(description=_("serves"), ordering="coverage")
    def serves(self, organization: Organization) -> str:
        return organization.coverage_in_words

    def writing(self, request: HttpRequest, form: Any, *, change: bool) -> AbstractContextManager[Any]:
        """Suspending and reinstating are actions of their own in the history."""
        if not change or "suspended_on" not in form.changed_data:
            return super().writing(request, form, change=change)
        require(request.user, "suspend", form.instance)
        action = "organization.suspended" if form.cleaned_data["suspended_on"] else "organization.reinstated"
        return recorded(form.instance, by=request.user, action=action, reason=form.cleaned_data["reason"])


class InformationItemInline(PortalInline):
    model = InformationItem


@admin.register(InformationSheet)
class InformationSheetAdmin(PortalModelAdmin):
    audit_actions = ("information_sheet.created", "information_sheet.updated")
    list_display = ["organization", "status", "visibility", "confirmed_on", "updated_at"]
    list_filter = ["status", "visibility"]
    list_select_related = ["organization"]
    search_fields = ["organization__acronym", "organization__name"]
    autocomplete_fields = ["organization"]
    inlines = [InformationItemInline]
    fieldsets = [
        (None, {"fields": ["organization", "summary", "status", "visibility"]}),
        (_("Source"), {"fields": ["source", "confidence", "confirmed_on"]}),
    ]
