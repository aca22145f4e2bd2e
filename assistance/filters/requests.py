"""Filters of the list of requests. A filter on what the reader cannot read of a row never finds that row."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters
from django import forms
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.actors import Actor, actor_for
from cooperation_portal.interface.lists import FilterForm
from organizations.models import Organization, State

from ..disclosure import OPEN, PUBLIC_STATUSES
from ..models import Area, AssistanceRequest, AssistanceType, Need, RequestStep
from .offers import AreaChoiceFilter

Status = AssistanceRequest.Status
#: What readers of summaries alone may filter by.
PUBLIC_FILTERS = ("q", "state", "organization", "area", "status", "historical")

DEFAULT_SORT = "-received"


def sorts_for(actor: Actor) -> dict[str, tuple[Any, ...]]:
    """Column keys and what their ascending order is; none that would tell a reader of what is hidden."""
    # A draft has no day of receipt yet: it stands where the newest stand.
    received = Case(When(status=Status.DRAFT, then=Value(date.max)), default=F("received_on"))
    sorts: dict[str, tuple[Any, ...]] = {
        "received": (received, "-pk"),
        "title": (Lower("title"), "-pk"),
        "requester": (Coalesce("state__sort_key", "organization__sort_key"), "-pk"),
    }
    if actor.is_committee:
        waiting = RequestStep.objects.filter(request=OuterRef("pk"), done_on=None, due_on__isnull=False)
        sorts |= {
            "status": (F("status"), "-pk"),
            "due": (Subquery(waiting.order_by("due_on").values("due_on")[:1]), "-pk"),
        }
    return sorts


def status_choices(*, is_member: bool) -> list[tuple[str, Any]]:
    shown = Status if is_member else [Status(value) for value in PUBLIC_STATUSES]
    return [(OPEN, _("Open")), *((status.value, status.label) for status in shown)]


class RequestFilter(django_filters.FilterSet):
    """By words, requester, area, type, priority, status and clock; history is shown on demand only."""

    q = django_filters.CharFilter(label=_("Search"), method="search", max_length=100)
    state = django_filters.ModelChoiceFilter(
        label=_("State"), queryset=State.objects.none(), to_field_name="iso3", empty_label=_("Any State")
    )
    organization = django_filters.ModelChoiceFilter(
        label=_("Organization"),
        queryset=Organization.objects.none(),
        to_field_name="acronym",
        empty_label=_("Any organization"),
    )
    area = AreaChoiceFilter(
        label=_("Area"),
        queryset=Area.objects.all(),
        to_field_name="code",
        empty_label=_("Any area"),
        method="by_area",
    )
    type = django_filters.ModelChoiceFilter(
        label=_("Type of assistance"),
        queryset=AssistanceType.objects.all(),
        to_field_name="code",
        empty_label=_("Any type"),
        method="by_type",
    )
    priority = django_filters.ChoiceFilter(
        label=_("Priority"), choices=Need.Priority.choices, empty_label=_("Any priority"), method="by_priority"
    )
    status = django_filters.ChoiceFilter(label=_("Status"), empty_label=_("Any status"), method="by_status")
    overdue = django_filters.BooleanFilter(
        label=_("A step is overdue"), method="only_overdue", widget=forms.CheckboxInput
    )
    historical = django_filters.BooleanFilter(
        label=_("With historical records from public sources"), method="with_history", widget=forms.CheckboxInput
    )

    class Meta:
        model = AssistanceRequest
        form = FilterForm
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor_for(getattr(self.request, "user", None))
        if not self.actor.is_member:
            for name in set(self.filters) - set(PUBLIC_FILTERS):
                del self.filters[name]
        self.filters["status"].extra["choices"] = status_choices(is_member=self.actor.is_member)
        asked = AssistanceRequest.objects.visible_to(self.actor)
        self.filters["state"].queryset = State.objects.filter(pk__in=asked.values("state_id"))
        self.filters["organization"].queryset = Organization.objects.filter(pk__in=asked.values("organization_id"))

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        found = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("historical") else found.current()

    def _read_in_full(self) -> Q:
        return AssistanceRequest.objects.all().full_text_q(self.actor)

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.containing(value, self.actor)

    def by_area(self, queryset: QuerySet, name: str, value: Area) -> QuerySet:
        """Rows with a need in the area or in one inside it; areas are part of what the public reads."""
        wanted = Need.objects.filter(Q(area=value) | Q(area__parent=value))
        return queryset.filter(pk__in=wanted.values("request_id"))

    def by_type(self, queryset: QuerySet, name: str, value: AssistanceType) -> QuerySet:
        wanted = Need.objects.filter(types=value)
        return queryset.filter(self._read_in_full(), pk__in=wanted.values("request_id"))

    def by_priority(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        wanted = Need.objects.filter(priority=value)
        return queryset.filter(self._read_in_full(), pk__in=wanted.values("request_id"))

    def by_status(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        if value == OPEN:
            return queryset.open()
        found = queryset.filter(status=value)
        return found if value in PUBLIC_STATUSES else found.filter(self._read_in_full())

    def only_overdue(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        """Clocks are read by the requester and the Committee."""
        inside = AssistanceRequest.objects.all().inside_q(self.actor)
        return queryset.overdue().filter(inside) if value else queryset

    def with_history(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        """Left to `filter_queryset`, which also leaves history out where the box is not in the form at all."""
        return queryset
