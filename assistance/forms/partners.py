"""Rows of partners in the form of an offer: who pays, who carries out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.forms import PlainMessages
from organizations.models import Organization, State

from ..models import OfferPartner
from ..services.offer_values import MAX_PARTNERS, PartnerValues

EMPTY_ROWS = 3
#: The `<datalist>` that the names are completed from.
NAMES_LIST = "partner-names"


class PartnerForm(PlainMessages, forms.Form):
    """One partner, named as the reader knows it. A row without a name does not count."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=OfferPartner.PartnerRole.choices,
        initial=OfferPartner.PartnerRole.FUNDER,
    )
    name = forms.CharField(
        label=_("Organization, State or other name"),
        required=False,
        max_length=OfferPartner._meta.get_field("other_name").max_length,
        widget=forms.TextInput(attrs={"list": NAMES_LIST, "autocomplete": "off"}),
    )


class PartnerFormSetBase(forms.BaseFormSet):
    def values(self) -> list[PartnerValues]:
        """What was said, each name resolved to an organization or a State if the portal knows it."""
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("name")]
        if not rows:
            return []
        known = KnownBodies()
        return [known.partner(row["role"], row["name"]) for row in rows]


PartnerFormSet: Any = forms.formset_factory(
    PartnerForm, formset=PartnerFormSetBase, extra=EMPTY_ROWS, max_num=MAX_PARTNERS, validate_max=True
)


class KnownBodies:
    """Organizations and States by every name by which one may type them."""

    def __init__(self) -> None:
        self._bodies: dict[str, dict[str, Any]] = {}
        for state in State.objects.all():
            names = [
                state.iso3,
                state.formal_name_en,
                *(getattr(state, f"name_{code}") for code in State.NAME_LANGUAGES),
            ]
            self._add({"state": state}, names)
        # After the States: an acronym wins over a State's code.
        for body in Organization.objects.all():
            self._add({"organization": body}, [body.name, body.acronym])

    def _add(self, body: dict[str, Any], names: list[str]) -> None:
        for name in filter(None, names):
            self._bodies[_key(name)] = body

    def partner(self, role: str, name: str) -> PartnerValues:
        return PartnerValues(role=role, **self._bodies.get(_key(name), {"other_name": name}))


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def initial_partners(partners: Any) -> list[dict[str, Any]]:
    """The rows of an offer as the form shows them."""
    return [{"role": row.role, "name": row.name} for row in partners]


def partner_names() -> list[tuple[str, str]]:
    """What the browser offers to complete: (value, words beside it)."""
    bodies = [(body.acronym, body.name) for body in Organization.objects.order_by("sort_key")]
    return bodies + [(state.name, state.iso3) for state in State.objects.order_by("sort_key")]
