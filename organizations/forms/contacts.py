"""Forms of points of contact."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.forms import PlainMessages
from cooperation_portal.interface.widgets import DayInput
from cooperation_portal.records.languages import WorkingLanguage

from ..models import PointOfContact
from ..services.contacts import CONTACT_LEVELS
from .fields import OneLineField
from .levels import level_field, say_readers


class ContactForm(PlainMessages, forms.ModelForm):
    """A contact's own data; whose contact it is stands in the address of the page."""

    name = OneLineField(label=_("Name"), max_length=150, help_text=_("Of the person or of the mailbox."))
    job_title = OneLineField(label=_("Job title"), max_length=150, required=False)
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=WorkingLanguage.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("In which one may write or call."),
    )
    visibility = level_field(CONTACT_LEVELS)
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = PointOfContact
        fields = [
            "kind",
            "role",
            "name",
            "job_title",
            "agency",
            "email",
            "phone",
            "languages",
            "valid_from",
            "visibility",
        ]
        widgets = {
            "kind": forms.RadioSelect,
            "valid_from": DayInput,
            "email": forms.EmailInput(attrs={"autocomplete": "off"}),
            "phone": forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
        }
        help_texts = {
            "role": _("The 1540 point of contact or coordinator is the one named under resolution 2325 (2016), OP 24."),
            "agency": _("The office that does the work, where it is not the organization or ministry itself."),
            "valid_from": _("First day in office."),
        }

    def __init__(self, *args: Any, owner: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_readers(self.fields["visibility"], owner)
        self.fields["expected_version"].initial = self.instance.version if self.instance.pk else None

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not values.get("email") and not values.get("phone") and not self.has_error("email"):
            self.add_error("email", _("Give an e-mail address or a telephone number."))
        return values

    def _post_clean(self) -> None:
        """The service validates the record; here only its fields are checked."""

    def values(self) -> dict[str, Any]:
        """What the services take."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}


class ContactEndForm(PlainMessages, forms.Form):
    last_day = forms.DateField(
        label=_("Last day in office"),
        widget=DayInput,
        help_text=_("From the next day on only you, the experts and the secretariat read who it was."),
    )
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @staticmethod
    def proposed_for(contact: PointOfContact) -> dict[str, Any]:
        """Yesterday, so that it ends at once, unless it began later."""
        yesterday = timezone.localdate() - timedelta(days=1)
        return {"last_day": max(yesterday, contact.valid_from), "expected_version": contact.version}
