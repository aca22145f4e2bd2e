"""What the pages of candidates ask for: which to show, which offer to compare, what to ask a provider."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assistance.matching.candidates import Kind
from cooperation_portal.interface.forms import PlainMessages
from cooperation_portal.interface.lists import FilterForm

from ..gate_sentences import MISS_LABELS
from ..services.questions import QUESTION_LENGTH

KIND_LABELS = {
    Kind.SUGGESTED: _("Suggested"),
    Kind.BELOW_THRESHOLD: _("Passed every gate, below the threshold"),
    Kind.NEAR_MISS: _("Near misses: one gate stands in the way"),
}


class CandidateForm(FilterForm):
    """Which candidates to show. A gate is that of a near miss."""

    q = forms.CharField(label=_("Words"), required=False, max_length=100)
    kind = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[("", _("All candidates")), *((kind.value, label) for kind, label in KIND_LABELS.items())],
    )
    gate = forms.ChoiceField(
        label=_("What stands in the way"), required=False, choices=[("", _("Anything")), *MISS_LABELS.items()]
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("gate") and cleaned.get("kind") not in ("", None, Kind.NEAR_MISS.value):
            self.add_error("gate", _("Only near misses have something in the way. Choose near misses, or no gate."))
        return cleaned


class PickerForm(PlainMessages, forms.Form):
    q = forms.CharField(
        label=_("Offer"),
        required=False,
        max_length=100,
        help_text=_("A reference such as OFF-2026-0001, or words of its title, summary or provider."),
    )


class AskForm(PlainMessages, forms.Form):
    question = forms.CharField(
        label=_("Your question"),
        max_length=QUESTION_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("It is sent as you write it. The request is not shown with it: say only what may be known."),
    )
