"""The form of an action item: whole for whoever keeps the meeting's page, the answer alone for the body asked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.levels import Level
from cooperation_portal.interface.forms import PlainMessages
from cooperation_portal.interface.widgets import DayInput
from organizations.models import Organization, State

from ..models import ActionItem
from ..services.action_items import ANSWER_FIELDS
from .fields import Directory, PartyField, level_field

LEVELS = (Level.NETWORK, Level.PARTICIPANTS, Level.PUBLIC, Level.COMMITTEE)


class ActionItemForm(PlainMessages, forms.Form):
    what = forms.CharField(label=_("What is to be done"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}))
    asked = PartyField(
        required=False,
        label=_("Who is asked"),
        help_text=_("An organization or State; its focal points are told. Empty: everybody who takes part."),
    )
    due_on = forms.DateField(label=_("Due"), required=False, widget=DayInput)
    status = forms.ChoiceField(label=_("Status"), choices=ActionItem.Status.choices, initial=ActionItem.Status.OPEN)
    follow_up = forms.CharField(
        label=_("Follow-up"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What has been done so far, or why it is dropped."),
    )
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, directory: Directory, item: ActionItem | None = None, only_answer: bool = False, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", initial_of(item) if item else None)
        super().__init__(*args, **kwargs)
        self.fields["asked"].directory = directory
        meeting = item.meeting.title if item else ""
        self.fields["visibility"] = level_field(LEVELS, initial=Level.NETWORK, meeting=meeting)
        if item is None:
            # Nothing has been done about what is only being asked.
            del self.fields["status"], self.fields["follow_up"]
        if only_answer:
            for name in set(self.fields) - ANSWER_FIELDS - {"expected_version"}:
                del self.fields[name]

    def values(self) -> dict[str, Any]:
        values = {name: value for name, value in self.cleaned_data.items() if name != "expected_version"}
        if "asked" in values:
            asked = values.pop("asked")
            values["organization"] = asked if isinstance(asked, Organization) else None
            values["state"] = asked if isinstance(asked, State) else None
        return values


def initial_of(item: ActionItem) -> dict[str, Any]:
    plain = ("what", "due_on", "status", "follow_up", "visibility", "asked")
    return {name: getattr(item, name) for name in plain} | {"expected_version": item.version}
