"""The three forms of planning a conference: what it is, who comes and when, and what is changed by hand.

All are sent with GET, so that an address holds everything that was typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.levels import Level
from cooperation_portal.interface.forms import PlainMessages
from cooperation_portal.interface.widgets import DayInput, LongSelect
from organizations.models import State

from ..models import Meeting
from ..regions import region_choices
from ..services.conference_candidates import Candidates, Party
from ..services.conference_options import PAIR_SIGN, SLOT_SIGN, Adjustments, Hours, zone_names
from ..services.conferences import Facts
from .fields import Directory, level_field

FREE = ""
LONGEST_TITLE = 250


class ClockInput(forms.TimeInput):
    """A time of day, with the browser's own control where it has one."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%H:%M")


class OrganizersField(forms.CharField):
    """Organizations and States, typed with commas between them. `directory` is set by the form."""

    directory: Directory

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        found: dict[tuple[str, int], Party] = {}
        for name in (name.strip() for name in text.split(",")):
            party = self.directory.find(name) if name else None
            if name and party is None:
                raise ValidationError(
                    _("No such organization or State: “%(name)s”. Write acronyms or names, with commas between them."),
                    params={"name": name},
                )
            if party is not None:
                found[party.record_type, party.pk] = party
        return list(found.values())


class FactsForm(PlainMessages, forms.Form):
    """Step 1: region, days and what the meeting's page says. For a meeting that exists only region and time zone."""

    region = forms.ChoiceField(
        label=_("Region"),
        help_text=_("States of the region that have an open request are invited to bilateral meetings."),
    )
    first = forms.DateField(label=_("First day"), widget=DayInput)
    last = forms.DateField(label=_("Last day"), widget=DayInput, required=False, help_text=_("Empty if it is one day."))
    zone = forms.ChoiceField(
        label=_("Time zone"),
        initial="UTC",
        widget=LongSelect,
        help_text=_("Of the place where it is held; all times are told in it."),
    )
    title = forms.CharField(
        label=_("Title"),
        required=False,
        max_length=LONGEST_TITLE,
        help_text=_("If empty: “Regional assistance conference” and the region."),
    )
    format = forms.ChoiceField(label=_("Format"), choices=Meeting.Format.choices, initial=Meeting.Format.IN_PERSON)
    place = forms.CharField(
        label=_("Place"), required=False, max_length=120, help_text=_("The city, and the building if that helps.")
    )
    country = forms.ModelChoiceField(
        label=_("Host State"),
        queryset=State.objects.none(),
        required=False,
        to_field_name="iso3",
        widget=LongSelect,
        empty_label=_("None, or not known"),
    )
    organizers = OrganizersField(
        label=_("Organizers"),
        required=False,
        max_length=500,
        help_text=_("Acronyms or names, with commas between them."),
    )

    #: What a meeting that exists says itself.
    OF_MEETING = ("first", "last", "title", "format", "place", "country", "organizers", "visibility")

    def __init__(self, *args: Any, who: Any, meeting: Meeting | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.meeting = meeting
        self.fields["region"].choices = [("", _("Choose a region")), *region_choices(who)]
        self.fields["zone"].choices = [(name, name) for name in zone_names()]
        self.fields["country"].queryset = State.objects.visible_to(who)
        self.fields["organizers"].directory = Directory(who)
        levels = (Level.PARTICIPANTS, Level.NETWORK, Level.PUBLIC, Level.COMMITTEE)
        self.fields["visibility"] = level_field(levels, initial=Level.PARTICIPANTS)
        self.fields["visibility"].help_text = _(
            "The meeting's page with its list of participants. Who asks for what, and who meets whom, is never on it."
        )
        if meeting is not None:
            for name in self.OF_MEETING:
                del self.fields[name]

    def days(self) -> dict[str, Any]:
        if self.meeting is not None:
            return {"first": self.meeting.starts_on, "last": self.meeting.ends_on or self.meeting.starts_on}
        return {"first": self.cleaned_data["first"], "last": self.cleaned_data["last"] or self.cleaned_data["first"]}

    def facts(self) -> Facts:
        cleaned = self.cleaned_data
        return Facts(**{name: cleaned[name] for name in self.OF_MEETING if name not in ("first", "last")})


class TickField(forms.MultipleChoiceField):
    """Ticked parties or adjustments. One that is gone meanwhile is no error: the list shows that it is not there."""

    widget = forms.CheckboxSelectMultiple

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)

    def clean(self, value: Any) -> Any:
        known = {key for key, _label in self.choices}
        return super().clean([key for key in self.to_python(value) if key in known])


class HoursForm(PlainMessages, forms.Form):
    """Step 2: who comes, at what hours, at how many tables. `s` and `p` are short since addresses carry them."""

    s = TickField(label=_("Requesters"), error_messages={"required": _("Tick at least one requester.")})
    p = TickField(label=_("Providers"), error_messages={"required": _("Tick at least one provider.")})
    begins = forms.TimeField(label=_("Day begins"), widget=ClockInput, initial="09:00")
    ends = forms.TimeField(label=_("Day ends"), widget=ClockInput, initial="17:00")
    minutes = forms.IntegerField(label=_("Minutes a meeting"), initial=30, max_value=600)
    pause = forms.IntegerField(label=_("Minutes between meetings"), initial=0, min_value=0, max_value=600)
    breaks = forms.CharField(
        label=_("Breaks"),
        required=False,
        max_length=500,
        initial="12:30-14:00",
        help_text=_("Such as 12:30-14:00, or 1 09:00-10:30 for the first day only; with commas between them."),
    )
    tables = forms.IntegerField(label=_("Tables"), initial=4, help_text=_("How many meetings there can be at once."))
    most = forms.IntegerField(
        label=_("Meetings of one party at most"), required=False, help_text=_("Empty: as many as there are slots.")
    )

    def __init__(self, *args: Any, candidates: Candidates, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, sides in (("s", candidates.requesters), ("p", candidates.providers)):
            self.fields[name].choices = [(row.key, str(row.party)) for row in sides]

    def hours(self, days: Mapping[str, Any], zone: str) -> Hours:
        values = {name: value for name, value in self.cleaned_data.items() if name not in ("s", "p")}
        return Hours(**days, zone=zone, **values)

    def ticked(self, name: str) -> set[str]:
        """The keys that are ticked in what is shown."""
        return {str(key) for key in (self[name].value() or [])}


class AdjustForm(PlainMessages, forms.Form):
    """Step 3: one more absence, pair to meet or pair to leave out; those given before are ticked and can be taken back.

    An adjustment that is kept is text, see `Adjustments`.
    """

    off = TickField(required=False, label=_("Absent"))
    pin = TickField(required=False, label=_("Set to meet"))
    drop = TickField(required=False, label=_("Left out"))
    off_party = forms.ChoiceField(required=False, label=_("Who cannot come"))
    off_slot = forms.ChoiceField(required=False, label=_("When"))
    pin_pair = forms.ChoiceField(required=False, label=_("Pair that must meet"))
    pin_slot = forms.ChoiceField(required=False, label=_("At what time"))
    drop_pair = forms.ChoiceField(required=False, label=_("Pair to leave out"))

    KEPT = ("off", "pin", "drop")

    def __init__(
        self,
        *args: Any,
        kept: Mapping[str, Iterable[tuple[str, Any]]],
        parties: Sequence[tuple[str, Any]],
        pairs: Sequence[tuple[str, Any]],
        slots: Sequence[tuple[str, Any]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name in self.KEPT:
            self.fields[name].choices = list(kept.get(name, ()))
        nobody, none = [(FREE, _("Nobody"))], [(FREE, _("None"))]
        self.fields["off_party"].choices = nobody + list(parties)
        self.fields["off_slot"].choices = [(FREE, _("Choose a time")), *slots]
        self.fields["pin_pair"].choices = none + list(pairs)
        self.fields["pin_slot"].choices = [(FREE, _("Any time")), *slots]
        self.fields["drop_pair"].choices = none + list(pairs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("off_party") and not cleaned.get("off_slot") and "off_slot" not in self.errors:
            self.add_error("off_slot", _("Choose the time at which this party cannot come."))
        return cleaned

    def adjustments(self) -> Adjustments:
        """What was kept and what is new; a new pin replaces one of the same pair."""
        cleaned = self.cleaned_data
        absent, pins, dropped = (list(cleaned.get(name) or ()) for name in self.KEPT)
        if cleaned.get("off_party") and cleaned.get("off_slot"):
            absent.append(f"{cleaned['off_party']}{SLOT_SIGN}{cleaned['off_slot']}")
        if pair := cleaned.get("pin_pair"):
            slot = cleaned.get("pin_slot")
            pins = [text for text in pins if text.partition(SLOT_SIGN)[0] != pair]
            pins.append(f"{pair}{SLOT_SIGN}{slot}" if slot else pair)
            dropped = [text for text in dropped if text != pair]
        if pair := cleaned.get("drop_pair"):
            dropped.append(pair)
            pins = [text for text in pins if text.partition(SLOT_SIGN)[0] != pair]
        return Adjustments(*(tuple(dict.fromkeys(rows)) for rows in (absent, pins, dropped)))


def pair_text(requester: str, provider: str) -> str:
    return f"{requester}{PAIR_SIGN}{provider}"


class SaveForm(forms.Form):
    """What is sent with saving, beside the address: the form's key, the schedule seen and the version changed."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=32)
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
