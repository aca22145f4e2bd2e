"""Filters of the feedback pages: a period, a policy version, and for the list what was named and by whom."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.lists import FilterForm
from cooperation_portal.interface.widgets import DayInput

from ..models import Match, MatchingPolicy, Misfit
from ..services.feedback import disagreeing

NOTHING_NAMED = "none"
BY = [("expert", _("An expert")), ("requester", _("The requester")), ("provider", _("The provider"))]


class PeriodForm(FilterForm):
    """The end of the period is not before its start."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        since, until = values.get("since"), values.get("until")
        if since and until and until < since:
            raise ValidationError({"until": _("The end is before the start. Check both dates.")})
        return values


class FeedbackFilter(django_filters.FilterSet):
    """Decisions of a period, scored by one version of the policy or by any."""

    since = django_filters.DateFilter(
        label=_("Decided from"), field_name="decided_when", lookup_expr="date__gte", widget=DayInput
    )
    until = django_filters.DateFilter(
        label=_("Decided until"), field_name="decided_when", lookup_expr="date__lte", widget=DayInput
    )
    version = django_filters.ChoiceFilter(
        label=_("Policy version"), field_name="policy_version", empty_label=_("Any version")
    )

    class Meta:
        model = Match
        form = PeriodForm
        fields = ["since", "until", "version"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = MatchingPolicy.objects.values_list("version", flat=True)
        self.filters["version"].extra["choices"] = [(str(version), str(version)) for version in versions]


class FeedbackMatchFilter(FeedbackFilter):
    """Refused matches behind the counts."""

    named = django_filters.ChoiceFilter(
        label=_("What did not fit"),
        method="with_name",
        choices=[*Misfit.choices, (NOTHING_NAMED, _("Nothing named"))],
        empty_label=_("Anything"),
    )
    by = django_filters.ChoiceFilter(
        label=_("Refused by"), field_name="refused_by", choices=BY, empty_label=_("Anybody")
    )
    high = django_filters.BooleanFilter(
        label=_("Only where the policy said high"), method="where_high", widget=forms.CheckboxInput
    )
    q = django_filters.CharFilter(label=_("Search"), method="search", max_length=100)

    class Meta(FeedbackFilter.Meta):
        fields = ["q", "named", "by", "since", "until", "version", "high"]

    def with_name(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(named="" if value == NOTHING_NAMED else value)

    def where_high(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        return rows.filter(pk__in=disagreeing(rows)) if value else rows

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(
            Q(request__reference__icontains=value)
            | Q(request__title__icontains=value)
            | Q(offer__reference__icontains=value)
            | Q(offer__title__icontains=value)
            | Q(refusal_reason__icontains=value)
        )
