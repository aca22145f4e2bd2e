"""The form of a meeting: its facts, who takes part, its agenda."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.formsets import formset_factory
from django.utils.translation import gettext_lazy as _

from assistance.forms.rows import RowFormSet
from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.levels import Level
from cooperation_portal.access.roles import Role
from cooperation_portal.interface.forms import PlainMessages
from cooperation_portal.interface.widgets import DayInput
from organizations.models import Organization, State

from ..models import Meeting, Participation
from ..services.meeting_values import MAX_AGENDA_ITEMS, MAX_PARTICIPATIONS, AgendaValues, PartValues
from .fields import Directory, MeetingField, PartyField, level_field

LEVELS = (Level.PUBLIC, Level.NETWORK, Level.PARTICIPANTS, Level.COMMITTEE)


class MeetingForm(PlainMessages, forms.ModelForm):
    """The facts of a meeting. `directory` serves the fields in which bodies are typed."""

    organization = PartyField(
        organizations_only=True,
        required=False,
        label=_("Organization in charge of this page"),
        help_text=_("Its staff may edit the page. Leave it empty if the Committee's experts keep it."),
    )
    follows_up = MeetingField(
        required=False,
        label=_("Follows up"),
        help_text=_("The reference of the meeting that this one continues, such as MTG-2010-001."),
    )
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Meeting
        fields = [
            "title",
            "kind",
            "summary",
            "starts_on",
            "ends_on",
            "format",
            "place",
            "country",
            "regional_group",
            "organization",
            "follows_up",
            "source",
            "visibility",
        ]
        widgets = {
            "starts_on": DayInput,
            "ends_on": DayInput,
            "summary": forms.Textarea(attrs={"rows": 4}),
            "source": forms.Textarea(attrs={"rows": 2}),
        }
        help_texts = {
            "summary": _("What it is about, in a few sentences."),
            "ends_on": _("Leave empty if it lasts one day."),
            "place": _("The city, and the building if that helps."),
            "regional_group": _("The region whose States it is for."),
            "source": _("Where this is known from, if you record a meeting of others."),
        }

    def __init__(self, *args: Any, who: Any, directory: Directory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.who, self.directory = who, directory
        self.fields["organization"].directory = directory
        self.initial["organization"] = self.instance.organization
        self.fields["follows_up"].who = who
        self.initial["follows_up"] = self.instance.follows_up
        self.fields["country"].queryset = State.objects.visible_to(who)
        self.fields["country"].empty_label = _("None, or not known")
        self.fields["regional_group"].choices = [
            ("", _("All regions, or no particular one")),
            *(choice for choice in self.fields["regional_group"].choices if choice[0]),
        ]
        self.fields["visibility"] = level_field(LEVELS, initial=Level.PUBLIC, meeting=self.instance.title)
        self.fields["expected_version"].initial = self.instance.version if self.instance.pk else None
        self._limit_organizations()
        self._keep_hidden_follow_up()

    def _limit_organizations(self) -> None:
        """Staff choose among their own organizations; whoever has just one does not choose at all."""
        actor = actor_for(self.who)
        if actor.is_expert or actor.is_secretariat:
            return
        nothing: frozenset[int] = frozenset()
        held = actor.organizations.get(Role.EDITOR, nothing) | actor.organizations.get(Role.FOCAL_POINT, nothing)
        own = Organization.objects.filter(pk__in=held)
        self.fields["organization"] = forms.ModelChoiceField(
            queryset=own,
            label=self.fields["organization"].label,
            help_text=_("Its staff may edit the page."),
            empty_label=None,
        )
        self.initial["organization"] = self.instance.organization_id or next(iter(held), None)
        if len(held) == 1:
            self.fields["organization"].widget = forms.HiddenInput()

    def _keep_hidden_follow_up(self) -> None:
        """An earlier meeting that the person cannot see is neither shown nor lost."""
        earlier = self.instance.follows_up_id
        if earlier and not Meeting.objects.visible_to(self.who).filter(pk=earlier).exists():
            del self.fields["follows_up"]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        starts_on, ends_on = self.cleaned_data.get("starts_on"), self.cleaned_data.get("ends_on")
        if ends_on and starts_on and ends_on < starts_on:
            self.add_error("ends_on", _("The last day is before the first. Check both dates."))
        if ends_on and not starts_on and "starts_on" not in self.errors:
            self.add_error("starts_on", _("Give the first day as well."))
        return cleaned

    def _post_clean(self) -> None:
        """The service validates the record it locks; the form leaves the one it shows untouched."""

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "expected_version"}


class ParticipationForm(PlainMessages, forms.Form):
    """One body that takes part. An untouched row is none."""

    party = PartyField(required=False, label=_("Organization or State"))
    role = forms.ChoiceField(
        label=_("Role"),
        choices=Participation.PartRole.choices,
        initial=Participation.PartRole.PARTICIPANT,
        required=False,
    )
    head_count = forms.IntegerField(label=_("People"), required=False, min_value=1, max_value=5000)

    def __init__(self, *args: Any, directory: Directory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["party"].directory = directory

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("head_count") and not cleaned.get("party") and "party" not in self.errors:
            self.add_error("party", _("Name the organization or State, or remove the row."))
        return cleaned

    def values(self) -> PartValues | None:
        cleaned = self.cleaned_data
        if not cleaned.get("party"):
            return None
        return PartValues(
            cleaned["party"], cleaned["role"] or Participation.PartRole.PARTICIPANT, cleaned["head_count"]
        )


class AgendaForm(PlainMessages, forms.Form):
    """One item of the agenda. An untouched row is none."""

    day = forms.IntegerField(label=_("Day"), required=False, min_value=1, max_value=366, initial=1)
    starts_at = forms.TimeField(
        label=_("Time"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Write the time as hours and minutes, for example 09:30.")},
    )
    title = forms.CharField(label=_("Item"), required=False, max_length=250)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("starts_at") and not cleaned.get("title") and "title" not in self.errors:
            self.add_error("title", _("Name the item, or remove the row."))
        if cleaned.get("title") and not cleaned.get("day") and "day" not in self.errors:
            self.add_error("day", _("Give the day: 1 for the first."))
        return cleaned

    def values(self) -> AgendaValues | None:
        cleaned = self.cleaned_data
        if not cleaned.get("title"):
            return None
        return AgendaValues(cleaned["day"], cleaned["title"], cleaned["starts_at"])


class MeetingRows(RowFormSet):
    """Rows that stand side by side: the legend names the row, so the box need not."""

    remove_label = _("Remove")


ParticipationFormSet = formset_factory(
    ParticipationForm,
    formset=MeetingRows,
    extra=3,
    can_delete=True,
    max_num=MAX_PARTICIPATIONS,
    validate_max=True,
    absolute_max=MAX_PARTICIPATIONS + 50,
)
AgendaFormSet = formset_factory(
    AgendaForm,
    formset=MeetingRows,
    extra=2,
    can_delete=True,
    max_num=MAX_AGENDA_ITEMS,
    validate_max=True,
    absolute_max=MAX_AGENDA_ITEMS + 50,
)


def initial_participations(meeting: Meeting) -> list[dict[str, Any]]:
    rows = meeting.participations.select_related("organization", "state")
    return [{"party": row.party, "role": row.role, "head_count": row.head_count} for row in rows]


def initial_agenda(meeting: Meeting) -> list[dict[str, Any]]:
    return [{"day": row.day, "starts_at": row.starts_at, "title": row.title} for row in meeting.agenda.all()]
