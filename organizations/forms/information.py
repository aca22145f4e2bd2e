"""The information sheet and its items."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.forms import PlainMessages

from ..models import InformationItem
from ..services.information import MAX_ITEMS, SHEET_LEVELS
from .levels import level_field, say_readers


class SheetForm(PlainMessages, forms.Form):
    summary = forms.CharField(
        label=_("Summary"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("What the organization does that matters for resolution 1540. The whole sheet fits one page."),
    )
    visibility = level_field(SHEET_LEVELS)
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, owner: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_readers(self.fields["visibility"], owner)


class ItemForm(PlainMessages, forms.Form):
    """One kind of information; an empty row is left out."""

    kind = forms.ChoiceField(label=_("Kind of information"), choices=[("", _("Choose")), *InformationItem.Kind.choices])
    description = forms.CharField(label=_("What"), max_length=500, help_text=_("In one sentence."))
    terms = forms.ChoiceField(
        label=_("Who can have it"), choices=InformationItem.Terms.choices, initial=InformationItem.Terms.ON_REQUEST
    )


class BaseItemFormSet(forms.BaseFormSet):
    def rows(self) -> list[dict[str, Any]]:
        """The items that are filled in and not ticked for removal."""
        return [
            {name: form.cleaned_data[name] for name in ("kind", "description", "terms")}
            for form in self.forms
            if form.cleaned_data and form.cleaned_data.get("kind") and form not in self.deleted_forms
        ]

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = _("Remove this item")


ItemFormSet = forms.formset_factory(
    ItemForm, formset=BaseItemFormSet, extra=2, max_num=MAX_ITEMS, absolute_max=MAX_ITEMS + 5, can_delete=True
)
