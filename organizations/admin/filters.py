"""Filters of the admin's lists, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.dates import VERY_STALE_AFTER

from ..models import PointOfContact


class _Choice(admin.SimpleListFilter):
    """A filter of two or three named conditions; `conditions` maps each key to its label."""

    conditions: dict[str, Any] = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(self.conditions.items())


class StandingFilter(_Choice):
    title = _("standing")
    parameter_name = "standing"
    conditions = {"good": _("In good standing"), "suspended": _("Suspended")}

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(suspended_on__isnull=self.value() == "good")


class ConfirmedFilter(_Choice):
    title = _("confirmation")
    parameter_name = "confirmed"
    conditions = {"fresh": _("Within 12 months"), "old": _("Longer ago"), "never": _("Never")}

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        day = timezone.localdate() - timedelta(days=VERY_STALE_AFTER)
        if self.value() == "fresh":
            return queryset.filter(confirmed_on__gte=day)
        if self.value() == "old":
            return queryset.filter(confirmed_on__lt=day)
        return queryset.filter(confirmed_on=None) if self.value() == "never" else queryset


class BodyFilter(_Choice):
    title = _("owner")
    parameter_name = "owner"
    conditions = {"organization": _("Organizations"), "state": _("States")}

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(state__isnull=self.value() == "organization")


class TermFilter(_Choice):
    title = _("term")
    parameter_name = "term"
    conditions = {"current": _("In office"), "ended": _("Ended")}

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        in_office = PointOfContact.objects.current().values("pk")
        return queryset.filter(pk__in=in_office) if self.value() == "current" else queryset.exclude(pk__in=in_office)


class SignedInFilter(_Choice):
    title = _("signing in")
    parameter_name = "signed_in"
    conditions = {"yes": _("Has signed in"), "no": _("Has not signed in yet")}

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(last_login__isnull=self.value() == "no")
