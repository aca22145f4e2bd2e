"""The form on the page that asks before something happens to a record."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.forms import PlainMessages

REASON_MAX_LENGTH = 1000


class TransitionForm(PlainMessages, forms.Form):
    """A reason, where one is asked, and the version of the record that the person saw."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept in the history, for the provider and the experts."),
    )
    expected_version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, asks_reason: bool, version: int, **kwargs: Any) -> None:
        super().__init__(*args, initial={"expected_version": version}, **kwargs)
        self.fields["reason"].required = asks_reason

    def add_problems(self, problem: ValidationError) -> None:
        """Put a refusal beside the reason if it is about it, else above the form."""
        about_reason = "reason" in getattr(problem, "error_dict", {})
        self.add_error("reason" if about_reason else None, problem.messages)
