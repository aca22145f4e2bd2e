"""What forms of the portal share: messages that say what to do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


def _required_message(field: forms.Field) -> Any:
    if isinstance(field, forms.FileField):
        return _("Choose a file.")
    if isinstance(field, (forms.MultipleChoiceField, forms.ModelMultipleChoiceField)):
        return _("Tick at least one.")
    if isinstance(field, (forms.ChoiceField, forms.ModelChoiceField)):
        return _("Choose one.")
    if isinstance(field, forms.DateField):
        return _("Give a date.")
    if isinstance(field, forms.BooleanField):
        return _("Tick this to go on.")
    return _("Fill this in; it cannot stay empty.")


def plain_messages(field: forms.Field) -> dict[str, Any]:
    """Give the messages of a field that say what is wrong and what to do; keys are Django's error codes."""
    messages = {
        "required": _required_message(field),
        "max_length": _("Shorten this to %(limit_value)d characters; it has %(show_value)d."),
        "min_length": _("Write at least %(limit_value)d characters; it has %(show_value)d."),
        "max_value": _("Give a number of at most %(limit_value)s."),
        "min_value": _("Give a number of at least %(limit_value)s."),
    }
    if isinstance(field, forms.DateField):
        messages["invalid"] = _("Write the date as year, month and day, for example 2027-03-12.")
    elif isinstance(field, forms.IntegerField):
        messages["invalid"] = _("Give a whole number.")
    elif isinstance(field, forms.EmailField):
        messages["invalid"] = _("Give an e-mail address such as name@organization.example.")
    elif isinstance(field, forms.URLField):
        messages["invalid"] = _("Give a web address such as https://organization.example.")
    return messages


def standard_messages(field: forms.Field) -> dict[str, Any]:
    """Give the messages Django itself would show for a field of this kind."""
    messages: dict[str, Any] = {}
    for kind in reversed(type(field).__mro__):
        messages.update(getattr(kind, "default_error_messages", {}))
    return messages


class PlainMessages:
    """Mixin for forms: every field's standard messages say what to do. Messages that a form sets itself stay."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, forms.Field] = self.fields  # type: ignore[attr-defined]
        for field in fields.values():
            standard = standard_messages(field)
            for code, message in plain_messages(field).items():
                if field.error_messages.get(code) == standard.get(code):
                    field.error_messages[code] = message
