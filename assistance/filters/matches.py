"""Filters of the list of matches."""

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.lists import FilterForm

from ..models import Match


class MatchFilter(django_filters.FilterSet):
    """By status, by what still waits for the reader's answer, and by the words of either side."""

    q = django_filters.CharFilter(label=_("Search"), method="search", max_length=100)
    status = django_filters.ChoiceFilter(label=_("Status"), choices=Match.Status.choices, empty_label=_("Any status"))
    waiting = django_filters.BooleanFilter(
        label=_("Waiting for my answer"), method="only_waiting", widget=forms.CheckboxInput
    )

    class Meta:
        model = Match
        form = FilterForm
        fields = ["q", "status", "waiting"]

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(
            Q(request__reference__icontains=value)
            | Q(request__title__icontains=value)
            | Q(offer__reference__icontains=value)
            | Q(offer__title__icontains=value)
            | Q(request__state__name_en__icontains=value)
            | Q(offer__organization__acronym__icontains=value)
        )

    def only_waiting(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        return queryset.waiting_for(self.request.user) if value else queryset
