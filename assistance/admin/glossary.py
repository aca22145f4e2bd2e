"""The glossary: which words stand for what, in seven languages. Every edit is followed by a matching run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistance.matching.glossary import LANGUAGES
from cooperation_portal.interface.csv_files import csv_response

from ..forms.glossary import GlossaryConceptForm
from ..models import GlossaryConcept
from ..services.glossary import COLUMNS, FILE_NAME, glossary_changed, glossary_rows
from .vocabulary import TermAdmin


@admin.register(GlossaryConcept)
class GlossaryConceptAdmin(TermAdmin):
    """Kind and name of a concept stay; what it stands for and its terms are edited."""

    form = GlossaryConceptForm
    change_list_template = "admin/assistance/glossaryconcept/list.html"
    code_fields = ("kind", "concept")
    list_display = ["concept", "kind", "stands_for", "number_of_terms", "is_retired"]
    list_filter = ["kind", "is_retired"]
    search_fields = ["concept", "code", *LANGUAGES]
    search_help_text = gettext_lazy("A word in any of the languages, or the name of a concept")
    fieldsets = [
        (None, {"fields": ["kind", "concept", "is_retired"]}),
        (gettext_lazy("What it stands for"), {"fields": ["areas", "types", "code"]}),
        (
            gettext_lazy("Terms"),
            {
                "fields": [*LANGUAGES],
                "description": gettext_lazy(
                    "One term a line. A star at the end of a word stands for any ending: “licen*” finds “licence” and "
                    "“licensing”. Capitals and accents do not matter."
                ),
            },
        ),
        (gettext_lazy("Source"), {"fields": ["source"]}),
    ]

    @admin.display(description=gettext_lazy("Stands for"))
    def stands_for(self, concept: GlossaryConcept) -> str:
        return ", ".join([*concept.areas, *concept.types, *filter(None, [concept.code])])

    @admin.display(description=gettext_lazy("Terms"))
    def number_of_terms(self, concept: GlossaryConcept) -> int:
        return len(concept.terms)

    def get_urls(self) -> list[Any]:
        download = path("csv/", self.admin_site.admin_view(self.csv_view), name="assistance_glossaryconcept_csv")
        return [download, *super().get_urls()]

    def csv_view(self, request: HttpRequest) -> HttpResponse:
        """What is in use, in the columns of the file that the portal comes with."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return csv_response(FILE_NAME, COLUMNS, ([row[name] for name in COLUMNS] for row in glossary_rows()))

    def save_related(self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool) -> None:
        super().save_related(request, form, formsets, change)
        glossary_changed()
        messages.info(request, _("All open requests are matched again with the new words; this takes a few minutes."))
