"""The form of a glossary concept: terms one a line, areas and types ticked."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from assistance.matching.glossary import LANGUAGES
from cooperation_portal.administration.base import PortalAdminForm
from cooperation_portal.interface.widgets import AreaTreeWidget, GroupedCheckboxes, area_tree

from ..models import Area, AssistanceType, GlossaryConcept
from ..services.glossary import concept_problems, known_codes


class TermsField(forms.CharField):
    """Terms of one language, one a line; blank lines and spaces around a term do not count."""

    def __init__(self, language: str) -> None:
        attrs = {"rows": 6, "class": "vLargeTextField", "lang": language, "dir": "rtl" if language == "ar" else "ltr"}
        label = GlossaryConcept._meta.get_field(language).verbose_name
        super().__init__(label=capfirst(label), required=False, widget=forms.Textarea(attrs=attrs))

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = super().to_python(value).splitlines()
        return [line.strip() for line in lines if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != self.to_python(data)


class GlossaryConceptForm(PortalAdminForm):
    """What the concept stands for, and its terms; the library's own rules say whether they can be found."""

    areas = forms.MultipleChoiceField(
        label=_("Areas"),
        required=False,
        widget=AreaTreeWidget,
        help_text=_("Where a subject points to. None, if its words must only not be taken for another subject."),
    )
    types = forms.MultipleChoiceField(
        label=_("Types of assistance"),
        required=False,
        widget=GroupedCheckboxes,
        help_text=_("For a form of help: which types it stands for."),
    )

    is_retired = forms.BooleanField(
        label=_("Retired"), required=False, help_text=_("Its terms are no longer looked for; nothing is deleted.")
    )
    en = TermsField("en")
    fr = TermsField("fr")
    es = TermsField("es")
    pt = TermsField("pt")
    ru = TermsField("ru")
    ar = TermsField("ar")
    zh = TermsField("zh")

    class Meta:
        model = GlossaryConcept
        fields = ("kind", "concept", "areas", "types", "code", "is_retired", *LANGUAGES, "source")
        widgets: ClassVar[dict[str, Any]] = {"source": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held_areas, held_types = set(self.instance.areas), set(self.instance.types)
        areas = [area for area in Area.objects.order_by("code") if not area.is_retired or area.code in held_areas]
        types = [
            kind
            for kind in AssistanceType.objects.order_by("family", "label")
            if not kind.is_retired or kind.code in held_types
        ]
        area_field, type_field = self.fields["areas"], self.fields["types"]
        area_field.choices = [(area.code, str(area)) for area in areas]  # type: ignore[attr-defined]
        area_field.widget.tree = area_tree(areas, value=lambda area: area.code, label=lambda area: area.label)  # type: ignore[attr-defined]
        type_field.choices = [(kind.code, f"{kind.label} ({kind.code})") for kind in types]  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        for name, sentences in concept_problems(self.instance, known_codes()).items():
            if name not in self.errors:
                for sentence in sentences:
                    self.add_error(name, sentence)
