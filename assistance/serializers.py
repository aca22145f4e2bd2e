"""What a partner sends about an offer, turned into the values that the services take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.api.fields import OPTIONAL
from cooperation_portal.api.inputs import StrictBooleanField
from cooperation_portal.api.kinds import Boolean
from cooperation_portal.api.models import ApiKey
from cooperation_portal.api.writing import unknown_key
from organizations.models import Organization, State

from .models import Area, AssistanceType, Offer, OfferPartner
from .services.offer_values import PLAIN_FIELDS, OfferValues, PartnerValues
from .services.offers import offer_create, offer_update

PartnerRole = OfferPartner.PartnerRole
#: Relations by field name: the model and its natural key.
_RELATIONS: dict[str, tuple[Any, str]] = {
    "areas": (Area, "code"),
    "types": (AssistanceType, "code"),
    "members_of": (Organization, "acronym"),
    "states": (State, "iso3"),
}
_PARTNERS = {"funders": PartnerRole.FUNDER, "implementers": PartnerRole.IMPLEMENTER}


class PublishField(Boolean):
    """Sent with a new offer only."""

    def serializer_field(self, *, required: bool) -> StrictBooleanField:
        return StrictBooleanField(required=required)


PUBLISH = PublishField(
    name="publish", help="Publish the new offer at once instead of keeping it as a draft.", write=OPTIONAL
)


def create_offer(*, by: ApiKey, data: dict[str, Any]) -> Offer:
    """Draft or publish an offer of the key's own organization."""
    return offer_create(
        by=by,
        provider=_provider(by, data),
        values=_said(OfferValues(title=data["title"]), data, by),
        publish=data.get("publish", False),
    )


def update_offer(*, by: ApiKey, record: Offer, data: dict[str, Any], expected_version: int) -> Offer:
    """Change what was sent and keep the rest."""
    if "publish" in data:
        raise ValidationError({"publish": ValidationError(_("Use the step publish."), code="read_only")})
    if "organization" in data and data["organization"] != (record.organization and record.organization.acronym):
        sentence = _("The provider of an offer does not change.")
        raise ValidationError({"organization": ValidationError(sentence, code="read_only")})
    values = _said(OfferValues.of(record), data, by)
    return offer_update(by=by, offer=record, values=values, expected_version=expected_version)


def _provider(by: ApiKey, data: dict[str, Any]) -> Organization:
    """The key's organization. To name another one is refused alike, whether it exists or not."""
    own: Organization = by.organization
    if data.get("organization", own.acronym) != own.acronym:
        raise NotAllowed("create", Offer.record_type, is_anothers=True)
    return own


def _said(values: OfferValues, data: dict[str, Any], by: ApiKey) -> OfferValues:
    """`values` with what was sent put in; raises `ValidationError` for every key that names nothing."""
    sent = {name: data[name] for name in PLAIN_FIELDS if name in data}
    unknown: dict[str, list[ValidationError]] = {}
    for name, (model, key) in _RELATIONS.items():
        if name in data:
            sent[name] = _records(model, key, data[name], by, name, unknown)
    if unknown:
        raise ValidationError(unknown)
    if data.keys() & _PARTNERS.keys():
        sent["partners"] = _partners(values, data)
    return replace(values, **sent)


def _records(
    model: Any, key: str, keys: list[str], by: ApiKey, name: str, unknown: dict[str, list[ValidationError]]
) -> tuple[Model, ...]:
    visible = model.objects.visible_to(actor_for(by)).filter(**{f"{key}__in": keys})
    found = {getattr(record, key): record for record in visible}
    for index, sent in enumerate(keys):
        if sent not in found:
            unknown |= unknown_key(name, index).error_dict
    return tuple(found[sent] for sent in keys if sent in found)


def _partners(values: OfferValues, data: dict[str, Any]) -> tuple[PartnerValues, ...]:
    """Both lists of partners: one that was not sent stays as it is."""
    sent = {role for name, role in _PARTNERS.items() if name in data}
    kept = [partner for partner in values.partners if partner.role not in sent]
    named = [name for field in _PARTNERS for name in data.get(field, ())]
    organizations = {one.acronym: one for one in Organization.objects.filter(acronym__in=named)}
    states = {one.iso3: one for one in State.objects.filter(iso3__in=named)}
    return (*kept, *_named(data, organizations, states))


def _named(
    data: dict[str, Any], organizations: dict[str, Organization], states: dict[str, State]
) -> Iterable[PartnerValues]:
    for field, role in _PARTNERS.items():
        for name in data.get(field, ()):
            organization = organizations.get(name)
            state = None if organization else states.get(name)
            other = "" if organization or state else name
            yield PartnerValues(role=role, organization=organization, state=state, other_name=other)
