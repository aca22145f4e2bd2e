"""Filters of the IATI file: those of the list of offers."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from .offers import OfferFilter


class IatiFilter(OfferFilter):
    """The filters of the list, without its defaults: an activity that has ended is told as such.

    Records from public sources never come: their providers did not publish them.
    """

    historical = None

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        return django_filters.FilterSet.filter_queryset(self, queryset)


def problems_of(request: HttpRequest, filter_set: Any) -> list[str]:
    """What is wrong with the address, in sentences."""
    unknown = sorted(set(request.GET) - set(filter_set.form.fields))
    problems = [_("There is no filter “%(name)s”.") % {"name": name} for name in unknown]
    for name, messages in filter_set.form.errors.items():
        problems += [f"{name}: {message}" for message in messages]
    return problems
