"""The period of a matching brief."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.lists import FilterForm
from cooperation_portal.interface.widgets import DayInput

from ..brief_periods import Period, checked_period, last_full_period


class BriefForm(FilterForm):
    """First and last day; without either, the last full period of the clock."""

    start = forms.DateField(label=_("From"), required=False, widget=DayInput)
    end = forms.DateField(label=_("Until"), required=False, widget=DayInput)

    def clean(self) -> dict[str, Any]:
        chosen = super().clean() or {}
        if self.errors:
            return chosen
        start, end = chosen.get("start"), chosen.get("end")
        if bool(start) != bool(end):
            missing = "end" if start else "start"
            raise ValidationError({missing: _("Give both days, or neither for the last full period.")})
        chosen["period"] = checked_period(start, end) if start and end else last_full_period()
        return chosen

    @property
    def period(self) -> Period:
        """The period asked for; the last full one where what was asked for cannot be."""
        return self.cleaned_data.get("period") or last_full_period()
