"""Areas, types of assistance, operative paragraphs and matrix fields: edited here without a deploy."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cooperation_portal.administration.base import PortalModelAdmin

from ..models import Area, AssistanceType, MatrixField, ResolutionParagraph


class TermAdmin(PortalModelAdmin):
    """A term keeps its code for ever; one that is no longer wanted is retired."""

    audit_actions = ("vocabulary.created", "vocabulary.updated")
    code_fields: tuple[str, ...] = ("code",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.code_fields if obj is not None else ()


@admin.register(Area)
class AreaAdmin(TermAdmin):
    list_display = ["code", "label", "parent", "op_reference", "is_cross_cutting", "is_retired"]
    list_filter = ["is_cross_cutting", "is_retired", ("parent", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["parent"]
    search_fields = ["code", "label", "description"]
    fieldsets = [
        (None, {"fields": ["code", "parent", "label", "description", "is_cross_cutting", "is_retired"]}),
        (_("Obligations"), {"fields": ["op_reference", "matrix_section", "weapon_types"]}),
        (_("Source"), {"fields": ["source"]}),
    ]


@admin.register(AssistanceType)
class AssistanceTypeAdmin(TermAdmin):
    list_display = ["code", "label", "family", "description", "is_retired"]
    list_filter = ["family", "is_retired"]
    search_fields = ["code", "label", "description"]
    fieldsets = [(None, {"fields": ["code", "label", "family", "description", "is_retired", "source"]})]


@admin.register(ResolutionParagraph)
class ResolutionParagraphAdmin(TermAdmin):
    code_fields = ("resolution", "year", "paragraph")
    list_display = ["__str__", "addressed_to", "summary", "is_confirmed", "is_retired"]
    list_filter = ["resolution", "is_confirmed", "is_retired"]
    search_fields = ["summary", "addressed_to"]
    fieldsets = [
        (None, {"fields": ["resolution", "year", "paragraph", "addressed_to", "summary"]}),
        (_("Standing"), {"fields": ["is_confirmed", "is_retired", "source"]}),
    ]


@admin.register(MatrixField)
class MatrixFieldAdmin(PortalModelAdmin):
    """The rows of the matrix are the Committee's; they come with the reference data and are only read here."""

    list_display = ["section", "row_number", "label", "op_reference"]
    list_filter = ["section"]
    search_fields = ["label"]
