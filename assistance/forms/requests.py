"""The forms in which a request is written: the request itself, its needs and the help already running, row by row."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django import forms
from django.forms.formsets import formset_factory
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.roles import Role
from cooperation_portal.interface.forms import PlainMessages
from cooperation_portal.interface.widgets import DayInput, GroupedCheckboxes
from cooperation_portal.records.languages import WorkingLanguage
from organizations.models import Organization, State

from ..models import Area, AssistanceRequest, AssistanceType, Need, WeaponType
from ..services.request_values import MAX_EXISTING, MAX_NEEDS, ExistingValues, NeedValues, RequestValues
from .rows import RowForm, RowFormSet

Choice = tuple[Any, Any]


class RequestVocabulary:
    """Areas, types and organizations that a request may name, read once a page however many rows it has.

    What is retired or suspended stays choosable where the request names it already.
    """

    def __init__(self, who: Any, used: RequestValues | None = None) -> None:
        needs = used.needs if used else ()
        existing = used.existing_assistance if used else ()
        areas_used = {row.area.pk for row in needs} | {row.area.pk for row in existing}
        types_used = {kind.pk for row in needs for kind in row.types}
        named = {row.organization.pk for row in existing}
        if used:
            named |= {row.pk for row in (*used.preferred_providers, *used.declined_providers)}
        areas = Area.objects.visible_to(who)
        types = AssistanceType.objects.visible_to(who)
        organizations = Organization.objects.visible_to(who)
        self.areas = {area.code: area for area in areas.in_use() | areas.filter(pk__in=areas_used)}
        self.types = {kind.code: kind for kind in types.in_use() | types.filter(pk__in=types_used)}
        self.organizations = {
            row.acronym: row for row in organizations.in_good_standing() | organizations.filter(pk__in=named)
        }

    @cached_property
    def area_choices(self) -> list[Choice]:
        tops = [area for area in self.areas.values() if area.parent_id is None]
        groups = []
        for top in tops:
            inside = [area for area in self.areas.values() if area.parent_id == top.pk]
            general = _now("%(area)s, in general") % {"area": top}
            groups.append((str(top.label), [(top.code, general), *((area.code, str(area)) for area in inside)]))
        return [("", _("Choose an area")), *groups]

    @cached_property
    def type_choices(self) -> list[Choice]:
        families = AssistanceType.Family
        return [
            (family.label, rows)
            for family in families
            if (rows := [(kind.code, kind.label) for kind in self.types.values() if kind.family == family])
        ]

    @cached_property
    def organization_choices(self) -> list[Choice]:
        rows_of = {
            category: [
                (row.acronym, f"{row.acronym} – {row.name}")
                for row in self.organizations.values()
                if row.category == category
            ]
            for category in Organization.Category
        }
        return [(category.label, rows) for category, rows in rows_of.items() if rows]


def requester_key(requester: State | Organization) -> str:
    return f"{requester.record_type}:{requester.ref}"


def own_requesters(who: Any) -> dict[str, State | Organization]:
    """The States and organizations for which `who` may draft a request."""
    actor = actor_for(who)
    organizations = actor.organizations.get(Role.FOCAL_POINT, frozenset())
    found: list[State | Organization] = [
        *State.objects.filter(pk__in=actor.state_ids),
        *Organization.objects.filter(pk__in=organizations),
    ]
    return {requester_key(row): row for row in found}


class NeedForm(RowForm):
    """One need. An untouched row is none."""

    told_by = ("area", "types", "detail")

    area = forms.ChoiceField(label=_("Area"), required=False)
    types = forms.MultipleChoiceField(
        label=_("Types of assistance"), required=False, widget=GroupedCheckboxes, help_text=_("Tick what would help.")
    )
    priority = forms.ChoiceField(label=_("Priority"), choices=Need.Priority.choices, initial=Need.Priority.MEDIUM)
    detail = forms.CharField(
        label=_("Detail"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For whom, how many, what exists already. Confidential like the description."),
    )

    def __init__(self, *args: Any, vocabulary: RequestVocabulary, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.vocabulary = vocabulary
        self.fields["area"].choices = vocabulary.area_choices
        self.fields["types"].choices = vocabulary.type_choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        started = cleaned.get("types") or cleaned.get("detail") or not self.empty_permitted
        if not cleaned.get("area") and "area" not in self.errors and started:
            self.add_error("area", _("Choose the area of this need, or remove the row."))
        return cleaned

    def values(self) -> NeedValues | None:
        cleaned = self.cleaned_data
        if not cleaned.get("area"):
            return None
        return NeedValues(
            area=self.vocabulary.areas[cleaned["area"]],
            types=tuple(self.vocabulary.types[code] for code in cleaned["types"]),
            priority=cleaned["priority"],
            detail=cleaned["detail"],
        )


class ExistingForm(RowForm):
    """Help that is already running or agreed."""

    told_by = ("organization", "area", "until")

    organization = forms.ChoiceField(label=_("Provider"), required=False)
    area = forms.ChoiceField(label=_("Area"), required=False)
    until = forms.DateField(label=_("Until"), required=False, widget=DayInput)

    def __init__(self, *args: Any, vocabulary: RequestVocabulary, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.vocabulary = vocabulary
        self.fields["organization"].choices = [("", _("Choose a provider")), *vocabulary.organization_choices]
        self.fields["area"].choices = vocabulary.area_choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        started = any(cleaned.values()) or not self.empty_permitted
        if started and not cleaned.get("organization") and "organization" not in self.errors:
            self.add_error("organization", _("Choose the provider, or remove the row."))
        if started and not cleaned.get("area") and "area" not in self.errors:
            self.add_error("area", _("Choose the area of this help, or remove the row."))
        return cleaned

    def values(self) -> ExistingValues | None:
        cleaned = self.cleaned_data
        if not cleaned.get("organization"):
            return None
        return ExistingValues(
            organization=self.vocabulary.organizations[cleaned["organization"]],
            area=self.vocabulary.areas[cleaned["area"]],
            until=cleaned["until"],
        )


NeedFormSet = formset_factory(
    NeedForm, formset=RowFormSet, extra=1, can_delete=True, max_num=MAX_NEEDS, validate_max=True, absolute_max=60
)
ExistingFormSet = formset_factory(
    ExistingForm, formset=RowFormSet, extra=1, can_delete=True, max_num=MAX_EXISTING, validate_max=True, absolute_max=60
)


class RequestForm(PlainMessages, forms.Form):
    """What a request says beside its needs. Incomplete is fine as long as it is a draft."""

    title = forms.CharField(
        label=_("Title"),
        max_length=200,
        help_text=_("Say what is needed in a few words. It is shown with the public summary."),
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("What is needed, for whom, what should come of it, and what exists already."),
    )
    weapon_types = forms.MultipleChoiceField(
        label=_("Weapon types"),
        required=False,
        choices=WeaponType.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick none if the need is not tied to one."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages in which help can be received"),
        required=False,
        choices=WorkingLanguage.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    needed_from = forms.DateField(label=_("Needed from"), required=False, widget=DayInput)
    needed_by = forms.DateField(label=_("Needed by"), required=False, widget=DayInput)
    preferred_providers = forms.MultipleChoiceField(
        label=_("Preferred providers"), required=False, widget=GroupedCheckboxes
    )
    declined_providers = forms.MultipleChoiceField(
        label=_("Declined providers"),
        required=False,
        widget=GroupedCheckboxes,
        help_text=_("Their offers are never suggested."),
    )
    origin = forms.ChoiceField(
        label=_("How the request reaches the Committee"),
        choices=AssistanceRequest.Origin.choices,
        initial=AssistanceRequest.Origin.NOTE_VERBALE,
    )
    document_reference = forms.CharField(
        label=_("Reference of the note verbale or document"),
        required=False,
        max_length=120,
        help_text=_("Add it when the Permanent Mission has sent it."),
    )
    received_on = forms.DateField(label=_("Received on"), required=False, widget=DayInput)
    public_summary = forms.CharField(
        label=_("Public summary"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What anyone may read, once consent is recorded and the window for objections has passed."),
    )
    has_consent = forms.BooleanField(
        label=_("We consent that the title, the areas of the needs and this summary are published"),
        required=False,
        help_text=_("You can take the consent back until the summary is published."),
    )
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        vocabulary: RequestVocabulary,
        requesters: dict[str, State | Organization] | None = None,
        is_recording: bool = False,
        gives_consent: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.vocabulary, self.requesters = vocabulary, requesters or {}
        for name in ("preferred_providers", "declined_providers"):
            self.fields[name].choices = vocabulary.organization_choices
        if not is_recording:
            del self.fields["received_on"]
        if not gives_consent:
            del self.fields["has_consent"]
        if len(self.requesters) > 1:
            self.fields["requester"] = forms.ChoiceField(
                label=_("Who asks"), choices=_requester_choices(self.requesters), error_messages=_CHOOSE_REQUESTER
            )
            self.order_fields(["requester"])

    def chosen_requester(self) -> State | Organization:
        """The State or organization that asks; the only one there is, where there is no choice."""
        if "requester" in self.fields:
            return self.requesters[self.cleaned_data["requester"]]
        return next(iter(self.requesters.values()))

    def values(self, needs: Iterable[NeedValues], existing: Iterable[ExistingValues]) -> RequestValues:
        cleaned = self.cleaned_data
        plain = ("title", "description", "public_summary", "weapon_types", "languages", "needed_from", "needed_by")
        return RequestValues(
            **{name: cleaned[name] for name in (*plain, "origin", "document_reference")},
            has_consent=cleaned["has_consent"] if "has_consent" in self.fields else None,
            received_on=cleaned.get("received_on"),
            preferred_providers=self._organizations("preferred_providers"),
            declined_providers=self._organizations("declined_providers"),
            needs=tuple(needs),
            existing_assistance=tuple(existing),
        )

    def _organizations(self, name: str) -> tuple[Organization, ...]:
        return tuple(self.vocabulary.organizations[acronym] for acronym in self.cleaned_data[name])


_CHOOSE_REQUESTER = {"required": _("Choose who asks."), "invalid_choice": _("Choose who asks from the list.")}


def _requester_choices(requesters: dict[str, State | Organization]) -> list[Choice]:
    states = [(key, str(row)) for key, row in requesters.items() if isinstance(row, State)]
    bodies = [(key, f"{row.acronym} – {row.name}") for key, row in requesters.items() if isinstance(row, Organization)]
    groups = [(_("States"), states), (_("Organizations"), bodies)]
    return [("", _("Choose who asks")), *(group for group in groups if group[1])]


def initial_of(values: RequestValues) -> dict[str, Any]:
    """What the form shows of a stored request."""
    plain = ("title", "description", "public_summary", "weapon_types", "languages", "needed_from", "needed_by")
    return {
        **{name: getattr(values, name) for name in (*plain, "origin", "document_reference", "received_on")},
        "has_consent": values.has_consent,
        "preferred_providers": [row.acronym for row in values.preferred_providers],
        "declined_providers": [row.acronym for row in values.declined_providers],
    }


def initial_needs(values: RequestValues) -> list[dict[str, Any]]:
    return [
        {
            "area": row.area.code,
            "types": [kind.code for kind in row.types],
            "priority": row.priority,
            "detail": row.detail,
        }
        for row in values.needs
    ]


def initial_existing(values: RequestValues) -> list[dict[str, Any]]:
    return [
        {"organization": row.organization.acronym, "area": row.area.code, "until": row.until}
        for row in values.existing_assistance
    ]
