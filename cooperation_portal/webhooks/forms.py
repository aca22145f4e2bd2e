"""A webhook's settings, and from when failed messages are sent again."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.forms import PlainMessages
from cooperation_portal.interface.widgets import DayInput
from cooperation_portal.outgoing.urls import MAX_URL_LENGTH, validate_public_https_url

from .pruning import KEPT_FOR


def type_choices() -> list[tuple[str, str]]:
    """Record types of the API with their names in the plural."""
    from cooperation_portal.api.catalogue import resources_by_type

    return [(name, capfirst(str(one.model._meta.verbose_name_plural))) for name, one in resources_by_type().items()]


class WebhookForm(PlainMessages, forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("Which system receives the messages."))
    url = forms.CharField(
        label=_("Address"),
        max_length=MAX_URL_LENGTH,
        validators=[validate_public_https_url],
        help_text=_("Begins with https:// and leads to a machine on the public internet, port 443 or from 1024 on."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    types = forms.MultipleChoiceField(
        label=_("Records"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick those whose changes matter to the system. None ticked means all."),
    )
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["types"].choices = type_choices()  # type: ignore[attr-defined]


class ReplayForm(PlainMessages, forms.Form):
    since = forms.DateField(
        label=_("Failed since"), widget=DayInput, help_text=_("From the beginning of this day (UTC).")
    )

    def clean_since(self) -> datetime:
        day: date = self.cleaned_data["since"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("Give today or an earlier day."))
        if day < timezone.localdate() - KEPT_FOR:
            raise forms.ValidationError(_("Deliveries are kept for %(days)d days."), params={"days": KEPT_FOR.days})
        return datetime.combine(day, time(), tzinfo=UTC)
