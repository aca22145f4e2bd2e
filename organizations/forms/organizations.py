"""What an organization says of itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.forms import PlainMessages

from ..models import Organization

MAX_MANDATE_AREAS = 20


class LinesField(forms.CharField):
    """A list, one entry a line."""

    widget = forms.Textarea

    def __init__(self, *, entry_length: int, max_entries: int, **options: Any) -> None:
        super().__init__(**options)
        self.entry_length, self.max_entries = entry_length, max_entries

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, (list, tuple)) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return list(value)
        lines = [" ".join(line.split()) for line in (super().to_python(value) or "").splitlines()]
        return list(dict.fromkeys(line for line in lines if line))

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        for line in value:
            if len(line) > self.entry_length:
                raise forms.ValidationError(
                    _("Shorten “%(start)s…” to %(limit)d characters; it has %(length)d."),
                    params={"start": line[:20], "limit": self.entry_length, "length": len(line)},
                )
        if len(value) > self.max_entries:
            raise forms.ValidationError(
                _("Give at most %(limit)d lines; there are %(count)d."),
                params={"limit": self.max_entries, "count": len(value)},
            )

    def run_validators(self, value: Any) -> None:
        """The limits are those of the lines."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)


class OrganizationForm(PlainMessages, forms.ModelForm):
    """Description, website and mandate; the rest is the secretariat's."""

    mandate_areas = LinesField(
        label=_("Mandate areas"),
        required=False,
        entry_length=60,
        max_entries=MAX_MANDATE_AREAS,
        help_text=_("What the organization works on that matters for resolution 1540, one line each."),
    )
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Organization
        fields = ["description", "mandate_areas", "website"]
        widgets = {"description": forms.Textarea(attrs={"rows": 8})}
        help_texts = {"description": _("What the organization is and does, in a few sentences.")}

    website = forms.URLField(
        label=_("Website"), required=False, max_length=300, assume_scheme="https", help_text=_("Begins with https://.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expected_version"].initial = self.instance.version
