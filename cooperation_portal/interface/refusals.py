"""Brings back into a form what a service refused: errors beside their fields, and what changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from cooperation_portal.records.write import StaleVersion


def add_problem(form: forms.BaseForm, problem: ValidationError) -> None:
    """Add a service's errors to the form: beside the fields that it has, the others above it."""
    if not hasattr(problem, "error_dict"):
        form.add_error(None, problem)
        return
    for name, errors in problem.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


def conflict_rows(form: forms.BaseForm, problem: StaleVersion) -> list[dict[str, Any]]:
    """Rows for `{% conflict %}`: what was typed beside what the record says now. Call on a valid form.

    The form then carries the version just shown, so that saving again is a decision and not an accident.
    """
    data: Any = form.data.copy()  # type: ignore[attr-defined]
    data[form.add_prefix("expected_version")] = str(problem.current.version)
    form.data = data
    rows = []
    for name, field in form.fields.items():
        if name == "expected_version" or not hasattr(problem.current, name):
            continue
        rows.append(
            {
                "label": field.label or form[name].label,
                "left": in_words(field, form.cleaned_data.get(name)),
                "right": in_words(field, getattr(problem.current, name)),
            }
        )
    return rows


def in_words(field: forms.Field, value: Any) -> Any:
    """A form value as people read it: the words of a choice, the items of a list."""
    if hasattr(value, "all"):
        value = list(value.all())
    words = {str(key): label for key, label in _flat(getattr(field, "choices", ()))}
    if isinstance(value, str):
        return words.get(value, value)
    if isinstance(value, Iterable):
        return [words.get(str(item), str(item)) for item in value]
    return value


def _flat(choices: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    for key, label in choices:
        if isinstance(label, (list, tuple)):
            yield from label
        else:
            yield key, label
