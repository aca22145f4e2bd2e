"""Filters of the needs and offers behind the heat table. They choose by what `SupplyAndNeed` counted."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from assistance.matching.coverage_values import Verdict
from cooperation_portal.interface.lists import FilterForm
from cooperation_portal.interface.widgets import LongSelect

from ..forms.coverage import region_choices, scope_choices
from ..models import Need, Offer
from ..services.supply_and_need import VERDICT_LABELS, SupplyAndNeed

GAP = "gap"
MADE, EVERYONE = "made", "everyone"

NEED_SORTS: dict[str, tuple[Any, ...]] = {
    "requester": (Coalesce("request__state__sort_key", "request__organization__sort_key"), "pk"),
    "area": (F("area__code"), "pk"),
    "priority": (
        Case(When(priority="high", then=Value(1)), When(priority="medium", then=Value(2)), default=Value(3)),
        "pk",
    ),
    "received": (F("request__received_on"), "pk"),
}
OFFER_SORTS: dict[str, tuple[Any, ...]] = {
    "title": (Lower("title"), "pk"),
    "provider": (Coalesce("organization__sort_key", "state__sort_key"), "pk"),
    "ends": (F("ends_on"), "pk"),
    "places": (Coalesce(F("capacity"), Value(1_000_000), output_field=IntegerField()), "pk"),
}


class CountedFilter(django_filters.FilterSet):
    """A filter set over what was counted for the reader, with regions, States and areas to choose from."""

    def __init__(self, *args: Any, counted: SupplyAndNeed, **kwargs: Any) -> None:
        self.counted = counted
        super().__init__(*args, **kwargs)
        states = [(state.iso3, state.name) for state in counted.states]
        self.filters["region"].extra["choices"] = region_choices(counted, with_several=self.Meta.model is Need)
        self.filters["state"].extra["choices"] = states
        self.filters["area"].extra["choices"] = scope_choices(counted)


class CoverageNeedFilter(CountedFilter):
    """By region, State, area, what supply there is, and priority."""

    region = django_filters.ChoiceFilter(
        label=_("Region"), method="in_region", empty_label=_("Any region"), widget=LongSelect
    )
    state = django_filters.ChoiceFilter(label=_("State"), method="of_state", empty_label=_("Any"), widget=LongSelect)
    area = django_filters.ChoiceFilter(label=_("Area"), method="in_area", empty_label=_("Any area"), widget=LongSelect)
    supply = django_filters.ChoiceFilter(
        label=_("Live offers"),
        method="by_supply",
        empty_label=_("Any"),
        choices=[(GAP, _("Out of reach")), *((verdict.value, label) for verdict, label in VERDICT_LABELS.items())],
    )
    priority = django_filters.ChoiceFilter(
        label=_("Priority"), choices=Need.Priority.choices, empty_label=_("Any priority")
    )

    class Meta:
        model = Need
        form = FilterForm
        fields: list[str] = []

    def in_region(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(pk__in=[demand.key for demand in self.counted.demands_of(value)])

    def of_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Needs of the State's own requests."""
        return queryset.filter(request__state__iso3=value)

    def in_area(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(area__code__in=self.counted.codes_of(value))

    def by_supply(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        wanted = [verdict for verdict in Verdict if verdict is not Verdict.MET] if value == GAP else [Verdict(value)]
        keys = [key for key, reach in self.counted.reach.items() if reach.verdict in wanted]
        return queryset.filter(pk__in=keys)


class CoverageOfferFilter(CountedFilter):
    """By region, State, area, for whom it was made, and whether there is room."""

    region = django_filters.ChoiceFilter(
        label=_("Region"), method="chosen_below", empty_label=_("Any region"), widget=LongSelect
    )
    state = django_filters.ChoiceFilter(
        label=_("State"), method="chosen_below", empty_label=_("Any State"), widget=LongSelect
    )
    area = django_filters.ChoiceFilter(
        label=_("Area"), method="chosen_below", empty_label=_("Any area"), widget=LongSelect
    )
    reach = django_filters.ChoiceFilter(
        label=_("Made for"),
        method="chosen_below",
        empty_label=_("Anyone"),
        choices=[(MADE, _("Some States")), (EVERYONE, _("All States"))],
    )
    room = django_filters.ChoiceFilter(
        label=_("Places"),
        method="by_room",
        empty_label=_("Any"),
        choices=[("free", _("With a free place")), ("full", _("Full"))],
    )

    class Meta:
        model = Offer
        form = FilterForm
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """Region, State, area and reach are one question: offers made for States of the region, in the area."""
        found = super().filter_queryset(queryset)
        chosen = self.form.cleaned_data
        states = {state.iso3 for state in self.counted.states}
        if chosen["region"]:
            states &= self.counted.region(chosen["region"]).states
        if chosen["state"]:
            states &= {chosen["state"]}
        codes = self.counted.codes_of(chosen["area"]) if chosen["area"] else frozenset(self.counted.areas)
        made, everyone = self.counted.coverage.offers_in(states, codes)
        keys = {MADE: made, EVERYONE: everyone}.get(chosen["reach"], made + everyone)
        return found.filter(pk__in=keys)

    def chosen_below(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset  # decided in filter_queryset, all at once

    def by_room(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(capacity=0) if value == "full" else queryset.exclude(capacity=0)
