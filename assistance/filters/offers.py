"""Filters of the list of offers."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.lists import FilterForm
from cooperation_portal.interface.widgets import LongSelect
from cooperation_portal.records.languages import WorkingLanguage
from cooperation_portal.records.models import Provenance
from cooperation_portal.records.searching import contains_q, plain_names, words_of
from organizations.models import Organization, State

from ..coverage import COVERAGE_GROUPS, open_to_group_q, open_to_state_q
from ..models import Area, AssistanceType, Offer, WeaponType
from ..searching import offer_text

#: Shown only when asked for.
ENDED_STATUSES = (Offer.Status.COMPLETED, Offer.Status.WITHDRAWN)
ANY_STATUS = "any"

#: Column keys and what their ascending order is.
OFFER_SORTS: dict[str, tuple[Any, ...]] = {
    "newest": ("published_at", "-pk"),
    "title": (Lower("title"), "pk"),
    "ends": (F("ends_on"), "-pk"),
    "provider": (Coalesce("organization__sort_key", "state__sort_key"), "-published_at", "-pk"),
}
DEFAULT_SORT = "-newest"


class AreaChoiceField(forms.ModelChoiceField):
    """Areas by code, those below another one indented."""

    def label_from_instance(self, obj: Area) -> str:
        return f"\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}{obj.label}" if obj.parent_id else obj.label


class AreaChoiceFilter(django_filters.ModelChoiceFilter):
    field_class = AreaChoiceField


class OfferFilter(django_filters.FilterSet):
    """Everything by which people look for help. Ended offers and records from public sources come only when asked."""

    q = django_filters.CharFilter(label=_("Words"), method="search", max_length=100)
    area = AreaChoiceFilter(
        label=_("Area"),
        queryset=Area.objects.all(),
        to_field_name="code",
        method="in_area",
        empty_label=_("Any area"),
        widget=LongSelect,
    )
    state = django_filters.ChoiceFilter(
        label=_("Open to"), method="open_to_state", empty_label=_("Any State"), widget=LongSelect
    )
    type = django_filters.ModelChoiceFilter(
        label=_("Type of assistance"),
        queryset=AssistanceType.objects.all(),
        to_field_name="code",
        method="of_type",
        empty_label=_("Any type"),
        widget=LongSelect,
    )
    weapon_type = django_filters.ChoiceFilter(
        label=_("Weapon type"), choices=WeaponType.choices, method="for_weapon_type", empty_label=_("Any weapon type")
    )
    group = django_filters.ChoiceFilter(
        label=_("Regional group"),
        choices=[(group.value, group.label) for group in COVERAGE_GROUPS],
        method="open_to_group",
        empty_label=_("Any group"),
    )
    language = django_filters.ChoiceFilter(
        label=_("Language"), choices=WorkingLanguage.choices, method="in_language", empty_label=_("Any language")
    )
    status = django_filters.ChoiceFilter(
        label=_("Status"),
        choices=[(ANY_STATUS, _("Any status")), *Offer.Status.choices],
        method="with_status",
        empty_label=_("Not ended"),
    )
    provider = django_filters.ChoiceFilter(
        label=_("Provider"), method="of_provider", empty_label=_("Any provider"), widget=LongSelect
    )
    historical = django_filters.BooleanFilter(
        label=_("Also historical records from public sources"),
        method="with_historical",
        widget=forms.CheckboxInput,
    )

    class Meta:
        model = Offer
        form = FilterForm
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        states = state_choices()
        self.filters["state"].extra["choices"] = states
        self.filters["provider"].extra["choices"] = [
            (_("Organizations"), organization_choices()),
            (_("States"), states),
        ]

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        found = super().filter_queryset(queryset)
        chosen = self.form.cleaned_data
        if not chosen["historical"]:
            found = found.current()
        if not chosen["status"]:
            # What a public source calls ended is what one looks for among historical records.
            found = found.filter(~Q(status__in=ENDED_STATUSES) | Q(provenance=Provenance.PUBLIC_SOURCE))
        return found

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Every word is in the title, the summary, the reference or the provider's name, whatever case and accents."""
        queryset = queryset.alias(offer_text=offer_text())
        for word in words_of(value):
            queryset = queryset.filter(
                contains_q("offer_text", word)
                | Q(reference=word.upper())
                | Q(organization_id__in=_named(Organization, word, "acronym", "name"))
                | Q(state_id__in=_named(State, word, "name_en", "name_fr", "name_es", "iso3"))
            )
        return queryset

    def in_area(self, queryset: QuerySet, name: str, value: Area) -> QuerySet:
        """In the area or one below it."""
        areas = Area.objects.filter(Q(pk=value.pk) | Q(parent=value.pk)).values("pk")
        return queryset.filter(pk__in=Offer.areas.through.objects.filter(area__in=areas).values("offer_id"))

    def of_type(self, queryset: QuerySet, name: str, value: AssistanceType) -> QuerySet:
        return queryset.filter(pk__in=Offer.types.through.objects.filter(assistancetype=value.pk).values("offer_id"))

    def for_weapon_type(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(weapon_types__contains=[value])

    def open_to_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(open_to_state_q(State.objects.get(iso3=value)))

    def open_to_group(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(open_to_group_q(value))

    def in_language(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(languages__contains=[value])

    def with_status(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset if value == ANY_STATUS else queryset.filter(status=value)

    def of_provider(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(Q(organization__acronym=value) | Q(state__iso3=value))

    def with_historical(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        return queryset  # decided in filter_queryset, where its absence counts as well


def state_choices() -> list[tuple[str, str]]:
    """All States by ISO code, named in the reader's language."""
    names = [f"name_{language}" for language in State.NAME_LANGUAGES]
    return [(state.iso3, state.name) for state in State.objects.only("iso3", *names).order_by("sort_key")]


def organization_choices() -> list[tuple[str, str]]:
    """All organizations by acronym."""
    acronyms = Organization.objects.order_by("sort_key").values_list("acronym", flat=True)
    return [(acronym, acronym) for acronym in acronyms]


def _named(model: Any, word: str, *fields: str) -> list[int]:
    """Primary keys of bodies with `word` in a name: few, so that the search of offers stays one index look-up."""
    return list(
        model.objects.alias(names=plain_names(*fields)).filter(contains_q("names", word)).values_list("pk", flat=True)
    )
