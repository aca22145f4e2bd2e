"""The form of a note, with the parts that the Committee's notes customarily have."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.formsets import formset_factory
from django.utils.translation import gettext_lazy as _

from assistance.forms.rows import RowFormSet
from assistance.models import Area, ResolutionParagraph
from cooperation_portal.access.levels import Level
from cooperation_portal.interface.forms import PlainMessages
from cooperation_portal.interface.widgets import AreaTreeWidget, Node, area_tree

from ..models import Meeting, Note
from ..services.notes import MAX_ISSUES, IssueValues
from .fields import level_field

LEVELS = (Level.NETWORK, Level.PUBLIC, Level.PARTICIPANTS, Level.COMMITTEE)
#: What a new note begins with; the writer may change it.
USUAL_DISCLAIMER = _(
    "For information only. It speaks neither for the Committee nor for those who organized or attended the meeting."
)


class ParagraphChoice(forms.ModelMultipleChoiceField):
    """Paragraphs with what they ask for."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj}: {obj.summary}"


class NoteForm(PlainMessages, forms.ModelForm):
    paragraphs = ParagraphChoice(
        queryset=ResolutionParagraph.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("Operative paragraphs that the meeting served"),
        help_text=_("Only paragraphs checked against the text are offered."),
    )
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Note
        fields = [
            "kind",
            "prepared_by",
            "background",
            "paragraphs",
            "highlights",
            "recommendations",
            "additional_comments",
            "disclaimer",
            "visibility",
        ]
        widgets = {
            "background": forms.Textarea(attrs={"rows": 6}),
            "highlights": forms.Textarea(attrs={"rows": 12}),
            "recommendations": forms.Textarea(attrs={"rows": 5}),
            "additional_comments": forms.Textarea(attrs={"rows": 3}),
            "disclaimer": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "background": _("How the meeting came about and what it was for."),
            "highlights": _("What was presented and discussed. A line that begins with - becomes a list item."),
            "recommendations": _("What should follow."),
        }

    def __init__(self, *args: Any, who: Any, meeting: Meeting, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usable = ResolutionParagraph.objects.visible_to(who).filter(is_confirmed=True)
        kept = self.instance.paragraphs.all() if self.instance.pk else ResolutionParagraph.objects.none()
        self.fields["paragraphs"].queryset = (usable.in_use() | usable.filter(pk__in=kept)).distinct()
        self.fields["visibility"] = level_field(LEVELS, initial=Level.NETWORK, meeting=meeting.title)
        self.fields["expected_version"].initial = self.instance.version if self.instance.pk else None
        if not self.instance.pk:
            self.fields["disclaimer"].initial = USUAL_DISCLAIMER

    def _post_clean(self) -> None:
        """The service validates the record it locks; the form leaves the one it shows untouched."""

    def values(self) -> dict[str, Any]:
        return {
            name: value for name, value in self.cleaned_data.items() if name not in ("paragraphs", "expected_version")
        }


class IssueForm(PlainMessages, forms.Form):
    """One future assistance issue. An untouched row is none."""

    text = forms.CharField(label=_("Issue"), required=False, max_length=400)
    areas = forms.MultipleChoiceField(
        required=False,
        widget=AreaTreeWidget,
        label=_("Areas"),
        help_text=_("Tie the issue to areas, so that it can be found and counted."),
    )

    def __init__(self, *args: Any, areas: list[Area], tree: list[Node], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {area.code: area for area in areas}
        self.fields["areas"].choices = [(area.code, area.label) for area in areas]
        self.fields["areas"].widget.tree = tree

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("text") and not cleaned.get("areas") and "areas" not in self.errors:
            self.add_error("areas", _("Tick at least one area."))
        if cleaned.get("areas") and not cleaned.get("text") and "text" not in self.errors:
            self.add_error("text", _("Say what the issue is, or remove the row."))
        return cleaned

    def values(self) -> IssueValues | None:
        cleaned = self.cleaned_data
        if not cleaned.get("text"):
            return None
        return IssueValues(cleaned["text"], tuple(self.known[code] for code in cleaned["areas"]))


IssueFormSet = formset_factory(
    IssueForm, formset=RowFormSet, extra=1, can_delete=True, max_num=MAX_ISSUES, validate_max=True, absolute_max=80
)


def areas_for(who: Any, note: Note | None) -> list[Area]:
    """Areas that may be chosen, and retired ones that the note names already; one query."""
    areas = Area.objects.visible_to(who)
    if note is None or not note.pk:
        return list(areas.in_use())
    used = Area.objects.filter(future_issues__note=note).values("pk")
    return list(areas.in_use() | areas.filter(pk__in=used))


def tree_of(areas: list[Area]) -> list[Node]:
    return area_tree(areas, value=lambda area: area.code, label=lambda area: area.label)


def initial_issues(note: Note) -> list[dict[str, Any]]:
    rows = note.future_issues.prefetch_related("areas")
    return [{"text": row.text, "areas": [area.code for area in row.areas.all()]} for row in rows]
