"""Forms about API keys: a new one, one in place of another, the end of one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from cooperation_portal.api.models import MAX_KEY_LIFE, ApiKey
from cooperation_portal.api.scopes import Scope, overlapping
from cooperation_portal.api.services import DEFAULT_DAYS, MAX_OVERLAP_DAYS
from cooperation_portal.interface.forms import PlainMessages
from cooperation_portal.interface.widgets import DayInput

from .fields import OneLineField

ON_A_DAY = "day"
AT_ONCE = "now"
#: Lengths of life to choose from, in days.
LIVES = (30, DEFAULT_DAYS, 180)
#: How long the old key is proposed to go on, in days.
USUAL_OVERLAP_DAYS = 7


def _bounded(first: date, last: date) -> dict[str, Any]:
    """What the browser's calendar offers."""
    return {"min": first.isoformat(), "max": last.isoformat()}


class _NewKey(PlainMessages, forms.Form):
    """How long the new key lives, and the number that makes this form good for one key only."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    life = forms.ChoiceField(label=_("How long it works"), widget=forms.RadioSelect)
    last_day = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=DayInput,
        help_text=_("To choose a day yourself, up to twelve months from now. The key works to the end of it (UTC)."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        in_days = ngettext_lazy("%d day", "%d days")
        choices: list[tuple[str, Any]] = [(str(days), in_days % days) for days in LIVES]
        choices.append((str(MAX_KEY_LIFE.days), _("12 months, the longest")))
        self.fields["life"].choices = [*choices, (ON_A_DAY, _("To the day below"))]  # type: ignore[attr-defined]
        self.fields["life"].initial = str(DEFAULT_DAYS)
        self.fields["form_token"].initial = uuid4
        today = timezone.localdate()
        self.fields["last_day"].widget.attrs.update(_bounded(today, today + MAX_KEY_LIFE))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("life") == ON_A_DAY and not values.get("last_day") and "last_day" not in self.errors:
            self.add_error("last_day", _("Give the last day, or choose a length above."))
        return values

    def lasting(self) -> dict[str, Any]:
        """`days`, or `last_day` where a day was chosen, as the services take them."""
        values = self.cleaned_data
        if values["life"] == ON_A_DAY:
            return {"last_day": values["last_day"]}
        return {"days": int(values["life"])}


class KeyForm(_NewKey):
    name = OneLineField(
        label=_("Name"), max_length=100, help_text=_("Which system uses it, such as “Mirror in Vienna”.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Tick as little as the system needs: either everything, or single parts. A key never reads or writes more "
            "than your organization may."
        ),
    )

    field_order = ["name", "scopes", "life", "last_day"]

    def clean_scopes(self) -> list[str]:
        scopes: list[str] = self.cleaned_data["scopes"]
        if overlapping(scopes):
            raise forms.ValidationError(
                _("Reading or writing everything holds the single parts already. Tick either everything or the parts."),
                code="overlapping",
            )
        return scopes


class RotateForm(_NewKey):
    old_ends = forms.ChoiceField(
        label=_("When the old key ends"),
        choices=[
            (ON_A_DAY, _("On the day below, so that there is time to change over")),
            (AT_ONCE, _("At once, because others may know it")),
        ],
        initial=ON_A_DAY,
        widget=forms.RadioSelect,
    )
    old_ends_on = forms.DateField(label=_("Last day of the old key"), required=False, widget=DayInput)

    field_order = ["old_ends", "old_ends_on", "life", "last_day"]

    def __init__(self, *args: Any, key: ApiKey, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        last = min(today + timedelta(days=MAX_OVERLAP_DAYS), key.expires_at.date())
        field = self.fields["old_ends_on"]
        field.initial = min(today + timedelta(days=USUAL_OVERLAP_DAYS), last)
        field.widget.attrs.update(_bounded(today, last))
        field.help_text = _("Up to %(most)d days from now; it works to the end of that day (UTC).") % {
            "most": MAX_OVERLAP_DAYS
        }
        self.fields["life"].label = _("How long the new key works")
        self.fields["last_day"].label = _("Last day of the new key")

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        needs_day = values.get("old_ends") == ON_A_DAY and not values.get("old_ends_on")
        if needs_day and "old_ends_on" not in self.errors:
            self.add_error("old_ends_on", _("Give the last day of the old key, or let it end at once."))
        return values

    def old_last_day(self) -> date | None:
        return self.cleaned_data["old_ends_on"] if self.cleaned_data["old_ends"] == ON_A_DAY else None


class RevokeForm(PlainMessages, forms.Form):
    reason = OneLineField(
        label=_("Reason"), required=False, max_length=200, help_text=_("Kept in the history of the key.")
    )
