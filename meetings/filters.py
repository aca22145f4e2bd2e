"""Filters of the list of meetings."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cooperation_portal.records.searching import contains_q, plain_names, words_of
from organizations.models import Organization
from organizations.models.states import RegionalGroup

from .models import ConferencePlan, Meeting
from .querysets import MeetingQuerySet

UPCOMING, PAST = "upcoming", "past"


class MeetingFilter(django_filters.FilterSet):
    """By words, time, kind, region, year, format, status, and an organization that takes part."""

    q = django_filters.CharFilter(label=_("Title, place or organizer"), method="search", max_length=100)
    when = django_filters.ChoiceFilter(
        label=_("When"),
        choices=[(UPCOMING, _("Upcoming")), (PAST, _("Past"))],
        method="by_time",
        empty_label=_("Upcoming and past"),
    )
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Meeting.Kind.choices, empty_label=_("All kinds"))
    region = django_filters.ChoiceFilter(
        label=_("Region"), field_name="regional_group", choices=RegionalGroup.choices, empty_label=_("All regions")
    )
    year = django_filters.ChoiceFilter(label=_("Year"), method="by_year", empty_label=_("All years"))
    format = django_filters.ChoiceFilter(label=_("Format"), choices=Meeting.Format.choices, empty_label=_("Any format"))
    status = django_filters.ChoiceFilter(label=_("Status"), choices=Meeting.Status.choices, empty_label=_("Any status"))
    organization = django_filters.ModelChoiceFilter(
        label=_("Organization taking part"),
        queryset=Organization.objects.none(),
        to_field_name="acronym",
        method="by_organization",
        empty_label=_("Any organization"),
    )

    class Meta:
        model = Meeting
        fields = ["q", "when", "kind", "region", "year", "format", "status", "organization"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        visible = Meeting.objects.visible_to(getattr(self.request, "user", None))
        years = visible.exclude(starts_on=None).order_by("-starts_on__year").values_list("starts_on__year", flat=True)
        self.filters["year"].extra["choices"] = [(str(year), str(year)) for year in years.distinct()]
        self.filters["organization"].queryset = Organization.objects.visible_to(getattr(self.request, "user", None))

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Every word stands somewhere in the title, place, summary or organizers; case and accents do not matter."""
        queryset = queryset.alias(words=plain_names("title", "place", "summary", "organizers_as_stated", "reference"))
        for word in words_of(value):
            queryset = queryset.filter(contains_q("words", word))
        return queryset

    def by_time(self, queryset: MeetingQuerySet, name: str, value: str) -> QuerySet:
        return queryset.upcoming() if value == UPCOMING else queryset.past()

    def by_year(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(starts_on__year=int(value))

    def by_organization(self, queryset: MeetingQuerySet, name: str, value: Organization) -> QuerySet:
        return queryset.with_part_of(value)


class ConferenceFilter(django_filters.FilterSet):
    """By words of the meeting, and its status."""

    q = django_filters.CharFilter(label=_("Title, place or reference"), method="search", max_length=100)
    status = django_filters.ChoiceFilter(
        label=_("Status"), field_name="meeting__status", choices=Meeting.Status.choices, empty_label=_("Any status")
    )

    class Meta:
        model = ConferencePlan
        fields = ["q", "status"]

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        queryset = queryset.alias(words=plain_names("meeting__title", "meeting__place", "meeting__reference"))
        for word in words_of(value):
            queryset = queryset.filter(contains_q("words", word))
        return queryset
