"""Filters of the list of runs."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.lists import FilterForm

from ..models import MatchingRun

OVER = (("everything", _("All open requests")), ("request", _("One request")), ("offer", _("One offer")))


class RunFilter(django_filters.FilterSet):
    """By the record that a run was over, by state and by cause."""

    q = django_filters.CharFilter(label=_("Reference of a request or offer"), method="search", max_length=20)
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=MatchingRun.Status.choices, empty_label=_("Any status")
    )
    cause = django_filters.ChoiceFilter(label=_("Cause"), choices=MatchingRun.Cause.choices, empty_label=_("Any cause"))
    over = django_filters.ChoiceFilter(label=_("Over"), choices=OVER, method="only_over", empty_label=_("Anything"))

    class Meta:
        model = MatchingRun
        form = FilterForm
        fields = ["q", "status", "cause", "over"]

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(Q(request__reference__icontains=value) | Q(offer__reference__icontains=value))

    def only_over(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        if value == "everything":
            return queryset.over_everything()
        return queryset.filter(**{f"{value}__isnull": False})
