"""Filters of the list of projects."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.lists import FilterForm
from organizations.models import Organization, State

from ..models import Area, Project, ProjectContribution
from .offers import AreaChoiceFilter

OPEN = "open"
DEFAULT_SORT = "-newest"
#: Column keys and what their ascending order is.
PROJECT_SORTS: dict[str, tuple[Any, ...]] = {
    "newest": ("pk",),
    "title": (Lower("title"), "-pk"),
    "lead": (Coalesce("organization__sort_key", "state__sort_key"), "-pk"),
    "ends": (F("ends_on"), "-pk"),
}


class ProjectFilter(django_filters.FilterSet):
    """By words, State helped, organization that leads or contributes, area and status."""

    q = django_filters.CharFilter(label=_("Search"), method="search", max_length=100)
    state = django_filters.ModelChoiceFilter(
        label=_("State helped"),
        queryset=State.objects.none(),
        to_field_name="iso3",
        empty_label=_("Any State"),
        method="helping",
    )
    organization = django_filters.ModelChoiceFilter(
        label=_("Organization"),
        queryset=Organization.objects.none(),
        to_field_name="acronym",
        empty_label=_("Any organization"),
        method="with_organization",
    )
    area = AreaChoiceFilter(
        label=_("Area"),
        queryset=Area.objects.all(),
        to_field_name="code",
        empty_label=_("Any area"),
        method="in_area",
    )
    status = django_filters.ChoiceFilter(
        label=_("Status"),
        choices=[(OPEN, _("Not ended")), *Project.Status.choices],
        empty_label=_("Any status"),
        method="with_status",
    )

    class Meta:
        model = Project
        form = FilterForm
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = Project.objects.visible_to(getattr(self.request, "user", None)).values("pk")
        self.filters["state"].queryset = State.objects.filter(
            pk__in=Project.states.through.objects.filter(project__in=seen).values("state_id")
        )
        self.filters["organization"].queryset = Organization.objects.filter(
            Q(pk__in=Project.objects.filter(pk__in=seen).values("organization_id"))
            | Q(pk__in=ProjectContribution.objects.filter(project__in=seen).values("organization_id"))
        )

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.containing(value)

    def helping(self, queryset: QuerySet, name: str, value: State) -> QuerySet:
        return queryset.filter(pk__in=Project.states.through.objects.filter(state=value.pk).values("project_id"))

    def with_organization(self, queryset: QuerySet, name: str, value: Organization) -> QuerySet:
        given = ProjectContribution.objects.filter(organization=value)
        return queryset.filter(Q(organization=value) | Q(pk__in=given.values("project_id")))

    def in_area(self, queryset: QuerySet, name: str, value: Area) -> QuerySet:
        areas = Area.objects.filter(Q(pk=value.pk) | Q(parent=value.pk)).values("pk")
        return queryset.filter(pk__in=Project.areas.through.objects.filter(area__in=areas).values("project_id"))

    def with_status(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.open() if value == OPEN else queryset.filter(status=value)
