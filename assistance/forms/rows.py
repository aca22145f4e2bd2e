"""Rows of a form: spare ones stay empty, each can be removed, and another is added without losing what was typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.forms import PlainMessages


class RowForm(PlainMessages, forms.Form):
    """One row. `told_by` names the fields of which any says that the row is meant."""

    told_by: tuple[str, ...] = ()

    @property
    def says_something(self) -> bool:
        """Whether the row shows anything that one could want to remove."""
        return any(self[name].value() for name in self.told_by)


class RowFormSet(BaseFormSet):
    """Rows with a box to remove each; spare ones stay empty."""

    remove_label: Any = _("Remove this row")

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = self.remove_label

    def values(self) -> tuple[Any, ...]:
        """The rows that say something and are not to be removed; after `is_valid()`."""
        rows = [form.values() for form in self.forms if form not in self.deleted_forms]
        return tuple(row for row in rows if row is not None)


def with_one_more_row(data: QueryDict, prefix: str, **defaults: str) -> QueryDict:
    """What was typed, with one more empty row in the formset `prefix`; `defaults` are what an empty row says."""
    changed = data.copy()
    name = f"{prefix}-TOTAL_FORMS"
    try:
        rows = max(0, int(changed.get(name, "0")))
    except ValueError:
        rows = 0
    changed[name] = str(rows + 1)
    for field, value in defaults.items():
        changed[f"{prefix}-{rows}-{field}"] = value
    return changed


def leave_unchecked(form: forms.BaseForm, *formsets: BaseFormSet) -> None:
    """Show what was typed without any complaint: the writer only asked for another row."""
    rows = [row for formset in formsets for row in formset.forms]
    for one in (form, *rows):
        one._errors = forms.utils.ErrorDict()
    for formset in formsets:
        formset._errors = []
        formset._non_form_errors = forms.utils.ErrorList()


def row_added(form: forms.BaseForm, formset: BaseFormSet, *others: BaseFormSet) -> None:
    """After `with_one_more_row`: no complaint anywhere, and the new row takes the keyboard."""
    leave_unchecked(form, formset, *others)
    if formset.forms:
        first = next(iter(formset.forms[-1].fields.values()))
        first.widget.attrs["autofocus"] = True
