"""The filter of a webhook's deliveries."""

from __future__ import annotations

import django_filters
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.lists import FilterForm

from .models import Delivery


class DeliveryFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), choices=Delivery.State.choices, empty_label=_("All states"))

    class Meta:
        model = Delivery
        form = FilterForm
        fields = ["state"]
