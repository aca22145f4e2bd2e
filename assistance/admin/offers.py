"""Offers as the Committee reads them. They are changed on their own page, by those who may."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cooperation_portal.administration.base import PortalModelAdmin

from ..models import Offer


@admin.register(Offer)
class OfferAdmin(PortalModelAdmin):
    list_display = [
        "reference",
        "title",
        "provider",
        "status",
        "visibility",
        "starts_on",
        "ends_on",
        "capacity",
        "confirmed_on",
    ]
    list_filter = [
        "status",
        "kind",
        "visibility",
        "provenance",
        ("confirmed_on", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["organization", "state"]
    search_fields = ["reference", "title", "iati_identifier", "organization__acronym", "state__name_en"]
    fieldsets = [
        (None, {"fields": ["reference", "title", "organization", "state", "kind", "status", "summary"]}),
        (_("What"), {"fields": ["areas", "types", "weapon_types", "languages"]}),
        (_("To whom and when"), {"fields": ["coverage", "regional_groups", "members_of", "states"]}),
        (_("Period and places"), {"fields": ["starts_on", "ends_on", "capacity"]}),
        (
            _("Readers and source"),
            {"fields": ["visibility", "provenance", "source", "confidence", "confirmed_on", "iati_identifier"]},
        ),
    ]

    @admin.display(description=_("Provider"), ordering="organization__acronym")
    def provider(self, offer: Offer) -> str:
        return str(offer.provider)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
