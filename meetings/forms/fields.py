"""Fields in which an organization, a State or a meeting is named by typing it, with a list to choose from.

Selects with some 280 choices in each of thirty rows would make a page of a megabyte; a text field with one shared list
of proposals does not, and works without JavaScript.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.levels import Level
from cooperation_portal.interface import audience
from organizations.models import Organization, State
from organizations.models.states import sort_key

from ..models import Meeting

#: Ids of the lists of proposals on the page.
PARTIES_LIST, ORGANIZATIONS_LIST, MEETINGS_LIST = "list-of-parties", "list-of-organizations", "list-of-meetings"
#: Between code and name in a proposal.
DASH = " – "
#: As many meetings are proposed; any other is found by its reference all the same.
MEETINGS_PROPOSED = 100


class Directory:
    """Organizations and States that a form may name; read once a page, two queries."""

    def __init__(self, who: Any) -> None:
        self.who = who

    @cached_property
    def organizations(self) -> list[Organization]:
        return list(Organization.objects.visible_to(self.who).order_by("sort_key"))

    @cached_property
    def states(self) -> list[State]:
        return list(State.objects.visible_to(self.who).order_by("sort_key"))

    @cached_property
    def _by_name(self) -> dict[str, Organization | State]:
        found: dict[str, Organization | State] = {}
        for state in self.states:
            for name in (state.name, state.name_en, state.iso3):
                found.setdefault(sort_key(name), state)
        # An acronym that is also a State's code means the organization: States are usually named.
        for organization in self.organizations:
            for name in (organization.name, organization.acronym):
                found[sort_key(name)] = organization
        return found

    def find(self, text: str) -> Organization | State | None:
        """By acronym, ISO code or name, blind to case and accents; "UNODA – its name" is found as well."""
        words = " ".join(text.split())
        return self._by_name.get(sort_key(words)) or self._by_name.get(sort_key(words.split(DASH)[0]))

    def proposals(self) -> list[tuple[str, str]]:
        """(what is put into the field, what else is shown)."""
        return self.organization_proposals() + [(state.name, state.iso3) for state in self.states]

    def organization_proposals(self) -> list[tuple[str, str]]:
        return [(row.acronym, row.name) for row in self.organizations if row.suspended_on is None]


def typed_name(party: Organization | State | None) -> str:
    """How a party stands in a field."""
    if party is None:
        return ""
    return party.acronym if isinstance(party, Organization) else party.name


class PartyField(forms.CharField):
    """An organization or State. `directory` is set by the form."""

    directory: Directory

    def __init__(self, *, organizations_only: bool = False, **kwargs: Any) -> None:
        self.organizations_only = organizations_only
        kwargs.setdefault("max_length", 250)
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        names = ORGANIZATIONS_LIST if self.organizations_only else PARTIES_LIST
        return super().widget_attrs(widget) | {"list": names, "autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        return typed_name(value) if isinstance(value, (Organization, State)) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        party = self.directory.find(text)
        if party is None or (self.organizations_only and not isinstance(party, Organization)):
            known = _("No such organization") if self.organizations_only else _("No such organization or State")
            raise ValidationError(
                _("%(known)s: “%(text)s”. Choose one from the list, by acronym or name."),
                params={"known": known, "text": text},
            )
        return party


class MeetingField(forms.CharField):
    """A meeting by its reference. `who` is set by the form: only what that person sees is found."""

    who: Any = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {"list": MEETINGS_LIST, "autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        return value.reference if isinstance(value, Meeting) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        meeting = Meeting.objects.visible_to(self.who).filter(reference__iexact=text).first()
        if meeting is None:
            raise ValidationError(_("No meeting has this reference. Copy it from the page of that meeting."))
        return meeting


def meeting_proposals(who: Any) -> list[tuple[str, str]]:
    rows = Meeting.objects.visible_to(who).values_list("reference", "title")
    return list(rows[:MEETINGS_PROPOSED])


def level_field(levels: Iterable[Level], *, owner: str = "", initial: Level, meeting: str = "") -> forms.ChoiceField:
    """Who may read it, each level in a sentence."""
    return forms.ChoiceField(
        label=_("Who may read this"),
        choices=[(level.value, audience.readers(level, owner=owner, meeting=meeting)) for level in levels],
        widget=forms.RadioSelect,
        initial=initial,
    )
