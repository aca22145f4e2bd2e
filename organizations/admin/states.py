"""States: reference data that the secretariat corrects."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cooperation_portal.administration.base import PortalModelAdmin

from ..models import State


@admin.register(State)
class StateAdmin(PortalModelAdmin):
    audit_actions = ("state.created", "state.updated")
    list_display = ["name_en", "iso3", "regional_group", "m49_subregion", "is_ldc", "is_lldc", "is_sids"]
    list_filter = ["regional_group", "m49_region", "is_ldc", "is_lldc", "is_sids"]
    search_fields = ["name_en", "name_fr", "name_es", "iso3", "formal_name_en"]
    fieldsets = [
        (None, {"fields": ["iso3", "iso2", "m49"]}),
        (
            _("Names"),
            {"fields": ["name_en", "name_ar", "name_zh", "name_fr", "name_ru", "name_es", "formal_name_en"]},
        ),
        (
            _("Groups"),
            {
                "fields": [
                    "regional_group",
                    "m49_region",
                    "m49_subregion",
                    "m49_intermediate_region",
                    "is_ldc",
                    "is_lldc",
                    "is_sids",
                ]
            },
        ),
        (_("Source"), {"fields": ["source", "confidence", "note", "confirmed_on"]}),
    ]
