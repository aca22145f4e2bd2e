"""Forms of portfolio plans: what a plan is computed under, and the search in its tables."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.forms import PlainMessages
from cooperation_portal.interface.lists import FilterForm

from ..models import PortfolioPlan


class PlanForm(PlainMessages, forms.ModelForm):
    class Meta:
        model = PortfolioPlan
        fields = ["offers_per_request", "unstated_places"]


class PlanSearch(FilterForm):
    """The search over a table of a plan."""

    q = forms.CharField(label=_("Words, references, providers"), max_length=100, required=False)


class ChangeSearch(PlanSearch):
    """The search over the changes, also by their kind."""

    change = forms.ChoiceField(
        label=_("Change"),
        choices=[
            ("", _("All")),
            ("new", _("New")),
            ("free", _("Would be free")),
            ("same", _("As decided")),
        ],
        required=False,
    )
