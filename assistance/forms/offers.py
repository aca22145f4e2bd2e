"""The form by which a provider posts and changes an offer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.levels import Level
from cooperation_portal.access.policy import allows
from cooperation_portal.interface import audience
from cooperation_portal.interface.forms import PlainMessages
from cooperation_portal.interface.widgets import (
    AreaTreeWidget,
    CoverageCheckboxes,
    DayInput,
    GroupedCheckboxes,
    area_tree,
)
from cooperation_portal.records.languages import WorkingLanguage
from organizations.models import Organization, State
from organizations.models.states import RegionalGroup

from ..coverage import COVERAGE_GROUPS, CoverageTable
from ..models import Area, AssistanceType, Offer, WeaponType
from ..models.offers import SUMMARY_MAX_LENGTH
from ..services.offer_values import OfferValues, PartnerValues

#: Readerships that an offer can have, from the widest to the narrowest.
OFFER_LEVELS = (Level.PUBLIC, Level.NETWORK, Level.COMMITTEE)
NOT_IN_LIST = _("“%(value)s” is not in the list. Tick only what the list shows.")


def providers_for(who: Any) -> list[Organization | State]:
    """The organizations and States in whose name `who` may post offers, as the role table has it."""
    bodies = Organization.objects.visible_to(who).in_good_standing().order_by("sort_key")
    found: list[Organization | State] = [body for body in bodies if allows(who, "create", Offer(organization=body))]
    found += [
        state
        for state in State.objects.visible_to(who).order_by("sort_key")
        if allows(who, "create", Offer(state=state))
    ]
    return found


def provider_key(body: Organization | State) -> str:
    return f"{body.record_type}:{body.ref}"


class OfferForm(PlainMessages, forms.Form):
    """Everything a provider says in an offer. It checks the shape of what is typed; the services check its meaning.

    Partners are rows of their own, see `PartnerFormSet`. A changed offer carries the version that its editor saw.
    """

    provider = forms.ChoiceField(label=_("In the name of"))
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=Offer.Kind.choices,
        initial=Offer.Kind.PROGRAMME,
        widget=forms.RadioSelect,
        help_text=_("A programme has its own plan and dates. A standing offer says what you can always be asked for."),
    )
    title = forms.CharField(
        label=_("Title"),
        max_length=200,
        help_text=_("What it is, for whom: “Biosafety training for laboratories in the Caribbean”."),
    )
    summary = forms.CharField(
        label=_("Summary"),
        required=False,
        max_length=SUMMARY_MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "What is offered, how it works and what a State has to bring. A blank line starts a paragraph, “- ” an "
            "item of a list, and **two stars** on both sides make words bold."
        ),
    )
    areas = forms.ModelMultipleChoiceField(
        label=_("Areas"),
        queryset=Area.objects.none(),
        to_field_name="code",
        required=False,
        widget=AreaTreeWidget,
        help_text=_("Tick the narrowest that fit: they decide which requests this is matched with."),
    )
    types = forms.ModelMultipleChoiceField(
        label=_("Types of assistance"),
        queryset=AssistanceType.objects.none(),
        to_field_name="code",
        required=False,
        widget=GroupedCheckboxes,
    )
    weapon_types = forms.MultipleChoiceField(
        label=_("Weapon types"),
        choices=WeaponType.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Leave empty if the help is not about particular weapons."),
    )
    coverage = forms.ChoiceField(
        label=_("Open to"), choices=Offer.Coverage.choices, initial=Offer.Coverage.SELECTED, widget=forms.RadioSelect
    )
    regional_groups = forms.MultipleChoiceField(
        label=_("Regional groups of the United Nations"),
        choices=[(group.value, group.label) for group in COVERAGE_GROUPS],
        required=False,
        widget=CoverageCheckboxes,
    )
    members_of = forms.ModelMultipleChoiceField(
        label=_("Member States of"),
        queryset=Organization.objects.none(),
        to_field_name="acronym",
        required=False,
        widget=CoverageCheckboxes,
        help_text=_("Full members count, suspended and former ones do not."),
    )
    states = forms.ModelMultipleChoiceField(
        label=_("Single States"),
        queryset=State.objects.none(),
        to_field_name="iso3",
        required=False,
        widget=CoverageCheckboxes,
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=WorkingLanguage.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("In which the help is given."),
    )
    starts_on = forms.DateField(label=_("Starts on"), required=False, widget=DayInput)
    ends_on = forms.DateField(
        label=_("Ends on"),
        required=False,
        widget=DayInput,
        help_text=_("After this day it is marked as completed and no longer matched. Leave empty if there is no end."),
    )
    capacity = forms.IntegerField(
        label=_("How many more States can be helped"),
        required=False,
        min_value=0,
        max_value=32767,
        help_text=_("Leave empty if there is no limit."),
    )
    visibility = forms.ChoiceField(label=_("Readers"), initial=Level.NETWORK, widget=forms.RadioSelect)
    expected_version = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, providers: list[Organization | State], offer: Offer | None = None, **kw: Any
    ) -> None:
        self.offer, self.providers = offer, {provider_key(body): body for body in providers}
        if offer is not None:
            kw["initial"] = initial_of(OfferValues.of(offer)) | {"expected_version": offer.version}
        super().__init__(*args, **kw)
        self._ask_provider(providers)
        self._ask_terms()
        self._ask_coverage()
        self._ask_readers(offer.provider if offer else providers[0] if len(providers) == 1 else "")
        self._say_what_to_do()

    def _field(self, name: str) -> Any:
        return self.fields[name]

    def _ask_provider(self, providers: list[Organization | State]) -> None:
        """Nobody changes the provider of an offer that exists, and who acts for one alone is not asked."""
        if self.offer is not None:
            del self.fields["provider"]
            return
        field = self._field("provider")
        choices = [(provider_key(body), _named(body)) for body in providers]
        field.choices = choices if len(choices) < 2 else [("", _("Choose one")), *choices]
        if len(providers) == 1:
            field.widget = forms.HiddenInput()
            field.initial = provider_key(providers[0])

    def _ask_terms(self) -> None:
        """What may be chosen: terms in use, and those that the offer has already."""
        areas, types = self._field("areas"), self._field("types")
        areas.queryset = self._terms(Area, "areas").order_by("code")
        areas.widget.tree = area_tree(areas.queryset, value=lambda area: area.code, label=lambda area: area.label)
        types.queryset = self._terms(AssistanceType, "types").order_by("family", "label")
        types.widget.choices = _in_groups(
            (kind.get_family_display(), (kind.code, kind.label)) for kind in types.queryset
        )

    def _terms(self, model: Any, name: str) -> Any:
        kept = getattr(self.offer, name).values("pk") if self.offer is not None else []
        return model.objects.filter(Q(is_retired=False) | Q(pk__in=kept))

    def _ask_coverage(self) -> None:
        """Groups, organizations with members on record and States, each with the States behind it."""
        table = self.table = CoverageTable.read()
        shown = set(table.by_organization)
        if self.offer is not None:
            shown.update(self.offer.members_of.values_list("pk", flat=True))
        bodies = list(Organization.objects.filter(pk__in=shown).order_by("sort_key"))
        states = list(State.objects.order_by("sort_key"))
        groups, members, singles = self._field("regional_groups"), self._field("members_of"), self._field("states")
        groups.widget.members = table.by_group
        members.queryset = Organization.objects.all()
        members.widget.members = {body.acronym: table.by_organization.get(body.pk, frozenset()) for body in bodies}
        members.widget.choices = _in_groups(
            (body.get_category_display(), (body.acronym, _named(body))) for body in bodies
        )
        singles.queryset = State.objects.all()
        singles.widget.members = {state.iso3: [state.iso3] for state in states}
        by_group = sorted(states, key=lambda state: RegionalGroup.values.index(state.regional_group))
        singles.widget.choices = _in_groups(
            (state.get_regional_group_display(), (state.iso3, state.name)) for state in by_group
        )

    def _ask_readers(self, provider: Any) -> None:
        self._field("visibility").choices = [(level.value, _readers(level, provider)) for level in OFFER_LEVELS]

    def _say_what_to_do(self) -> None:
        for name, field in self.fields.items():
            if isinstance(field, (forms.MultipleChoiceField, forms.ModelMultipleChoiceField)):
                field.error_messages["invalid_choice"] = NOT_IN_LIST
            elif name == "provider":
                field.error_messages["invalid_choice"] = _("You do not act for this provider. Choose one of your own.")
            elif isinstance(field, forms.ChoiceField):
                field.error_messages["invalid_choice"] = _("Choose one of those shown.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("coverage") == Offer.Coverage.GLOBAL:
            # The lists below "All States" fold away: what is still ticked there is not meant.
            cleaned.update(regional_groups=[], members_of=[], states=[])
        if self.offer is not None and not cleaned.get("expected_version") and not self.errors:
            raise ValidationError(_("The page is incomplete. Load it again, then save."))
        return cleaned

    @property
    def chosen_provider(self) -> Organization | State:
        """In whose name the offer is made; after `is_valid()`."""
        return self.offer.provider if self.offer else self.providers[self.cleaned_data["provider"]]

    def values(self, partners: list[PartnerValues]) -> OfferValues:
        """What was said; after `is_valid()`."""
        told = {
            name: value for name, value in self.cleaned_data.items() if name not in {"provider", "expected_version"}
        }
        return OfferValues(**told, partners=partners)

    def add_problems(self, problem: ValidationError) -> None:
        """Put what a service refused beside its field; a problem of no field of this form stands above it."""
        if not hasattr(problem, "error_dict"):
            self.add_error(None, problem)
            return
        for name, errors in problem.error_dict.items():
            self.add_error(name if name in self.fields and name != NON_FIELD_ERRORS else None, errors)

    def accept_version(self, version: int) -> None:
        """Carry a newer version, so that saving again means: I have seen it."""
        data: Any = self.data
        self.data = data.copy()
        self.data["expected_version"] = str(version)  # type: ignore[index]

    def covered_now(self) -> frozenset[str]:
        """The States that the coverage as it stands in the form names."""
        chosen = {name: self[name].value() or [] for name in ("regional_groups", "members_of", "states")}
        by_acronym = self._field("members_of").widget.members
        covered = self.table.of_values(
            is_global=self["coverage"].value() == Offer.Coverage.GLOBAL,
            regional_groups=chosen["regional_groups"],
            states=(code for code in chosen["states"] if code in self.table.every_state),
        )
        return covered.union(*(by_acronym.get(acronym, ()) for acronym in chosen["members_of"]))


def initial_of(values: OfferValues) -> dict[str, Any]:
    """An offer's values as the form shows them: relations by natural key."""
    initial = {name: getattr(values, name) for name in OfferForm.base_fields if hasattr(values, name)}
    for name in ("areas", "types", "members_of", "states"):
        initial[name] = [row.ref for row in initial[name]]
    return initial


def _named(body: Organization | State) -> str:
    return f"{body.acronym} – {body.name}" if isinstance(body, Organization) else body.name


def _in_groups(rows: Iterable[tuple[Any, tuple[str, str]]]) -> list[tuple[Any, list[tuple[str, str]]]]:
    groups: dict[Any, list[tuple[str, str]]] = {}
    for group, choice in rows:
        groups.setdefault(str(group), []).append(choice)
    return list(groups.items())


def _readers(level: Level, provider: Any) -> Any:
    return format_html("<span><strong>{}</strong> {}</span>", level.label, audience.future(level, owner=provider))
