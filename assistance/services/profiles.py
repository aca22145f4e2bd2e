"""Reads records into the plain profiles of the matching library, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone

from assistance.matching import (
    AreaTree,
    Directory,
    ExistingAssistance,
    NeedProfile,
    OfferProfile,
    ProviderProfile,
    RequestProfile,
    StateProfile,
)
from organizations.models import Membership, Organization, PointOfContact, State

from ..models import Area, AssistanceRequest, AssistanceType, Need, Offer
from .glossary import glossary_in_use

#: The library's names of categories are those of the exchange format.
CATEGORY_NAMES: dict[str, str] = {
    Organization.Category.UN_ENTITY: "UN entity",
    Organization.Category.NATIONAL_AGENCY: "national agency",
    Organization.Category.NGO: "NGO",
}


def directory() -> Directory:
    """States, providers, areas, types and words: what a ranking must know besides the two records."""
    areas = list(Area.objects.in_use().values_list("code", "parent__code", "weapon_types"))
    in_use = {code for code, _parent, _weapons in areas}
    return Directory(
        states={state.iso3: _state_profile(state) for state in State.objects.all()},
        providers=_providers(),
        areas=AreaTree(
            # An area whose parent is retired stands on its own: it can still be chosen, so it is still matched.
            parents={code: parent if parent in in_use else None for code, parent, _weapons in areas},
            weapon_types={code: frozenset(weapons) for code, _parent, weapons in areas},
        ),
        type_families=dict(AssistanceType.objects.in_use().values_list("code", "family")),
        glossary=glossary_in_use(),
    )


def _state_profile(state: State) -> StateProfile:
    regions = {state.m49_region, state.m49_subregion, state.m49_intermediate_region} - {""}
    names = {getattr(state, f"name_{language}") for language in State.NAME_LANGUAGES}
    return StateProfile(
        iso3=state.iso3,
        regional_group=state.regional_group,
        regions=frozenset(regions),
        is_ldc=state.is_ldc,
        is_lldc=state.is_lldc,
        is_sids=state.is_sids,
        names=tuple(sorted(names)),
    )


def _providers() -> dict[str, ProviderProfile]:
    members: dict[int, set[str]] = defaultdict(set)
    for organization_id, iso3 in Membership.objects.filter(status=Membership.Status.MEMBER).values_list(
        "organization_id", "iso3"
    ):
        members[organization_id].add(iso3)
    with_contact = PointOfContact.objects.current().filter(role=PointOfContact.ContactRole.COORDINATOR)
    organizations_with_contact = set(with_contact.values_list("organization_id", flat=True))
    states_with_contact = set(with_contact.values_list("state__iso3", flat=True))
    providers = {
        organization.acronym: ProviderProfile(
            key=organization.acronym,
            category=CATEGORY_NAMES.get(organization.category, organization.category),
            name=organization.name,
            parent=organization.parent.acronym if organization.parent else organization.parent_name or None,
            members=frozenset(members[organization.pk]),
            region=organization.coverage,
            has_contact=organization.pk in organizations_with_contact,
        )
        for organization in Organization.objects.select_related("parent")
    }
    for iso3, name in State.objects.values_list("iso3", "name_en"):
        providers.setdefault(
            iso3, ProviderProfile(key=iso3, category="State", name=name, has_contact=iso3 in states_with_contact)
        )
    return providers


def codes_by_owner(model: type[Model], field: str, code: str, owners: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Read a many-to-many field as `{owner primary key: (code, …)}`, sorted, in one query."""
    relation = model._meta.get_field(field)
    through: Any = relation.remote_field.through  # type: ignore[union-attr]
    own, other = relation.m2m_field_name(), relation.m2m_reverse_field_name()  # type: ignore[union-attr]
    found: dict[int, list[str]] = defaultdict(list)
    rows = through._base_manager.filter(**{f"{own}__in": list(owners)}).values_list(f"{own}_id", f"{other}__{code}")
    for owner, value in rows:
        found[owner].append(value)
    return {owner: tuple(sorted(values)) for owner, values in found.items()}


def offer_profiles(offers: QuerySet[Offer]) -> dict[int, OfferProfile]:
    """Profiles by primary key; six queries however many offers."""
    rows = list(offers.select_related("organization", "state").order_by("pk"))
    keys = [offer.pk for offer in rows]
    areas = codes_by_owner(Offer, "areas", "code", keys)
    types = codes_by_owner(Offer, "types", "code", keys)
    states = codes_by_owner(Offer, "states", "iso3", keys)
    members_of = codes_by_owner(Offer, "members_of", "acronym", keys)
    return {
        offer.pk: OfferProfile(
            reference=offer.reference,
            provider=offer.provider.ref,
            title=offer.title,
            summary=offer.summary,
            kind=offer.kind,
            status=offer.status,
            areas=areas.get(offer.pk, ()),
            types=types.get(offer.pk, ()),
            weapon_types=frozenset(offer.weapon_types),
            coverage=offer.coverage,
            regional_groups=frozenset(offer.regional_groups),
            members_of=frozenset(members_of.get(offer.pk, ())),
            states=frozenset(states.get(offer.pk, ())),
            languages=tuple(offer.languages),
            starts_on=offer.starts_on,
            ends_on=offer.ends_on,
            capacity=offer.capacity,
        )
        for offer in rows
    }


def request_profiles(requests: QuerySet[AssistanceRequest]) -> dict[int, RequestProfile]:
    """Profiles by primary key; a need's key is its primary key as text."""
    rows = list(
        requests.select_related("state", "organization").prefetch_related(
            "existing_assistance__organization", "existing_assistance__area"
        )
    )
    keys = [request.pk for request in rows]
    needs_by_request: dict[int, list[Need]] = defaultdict(list)
    needs = list(Need.objects.filter(request__in=keys).select_related("area").order_by("position", "pk"))
    for need in needs:
        needs_by_request[need.request_id].append(need)
    types = codes_by_owner(Need, "types", "code", [need.pk for need in needs])
    preferred = codes_by_owner(AssistanceRequest, "preferred_providers", "acronym", keys)
    declined = codes_by_owner(AssistanceRequest, "declined_providers", "acronym", keys)
    return {
        request.pk: RequestProfile(
            reference=request.reference,
            needs=tuple(
                NeedProfile(key=str(need.pk), area=need.area.code, types=types.get(need.pk, ()), priority=need.priority)
                for need in needs_by_request[request.pk]
            ),
            state=request.state.iso3 if request.state else None,
            organization=request.organization.acronym if request.organization else None,
            title=request.title,
            description=_prose(request, needs_by_request[request.pk]),
            weapon_types=frozenset(request.weapon_types),
            languages=tuple(request.languages),
            needed_from=request.needed_from,
            needed_by=request.needed_by,
            received_on=request.received_on or timezone.localdate(request.created_at),
            preferred_providers=frozenset(preferred.get(request.pk, ())),
            declined_providers=frozenset(declined.get(request.pk, ())),
            existing_assistance=tuple(
                ExistingAssistance(organization=row.organization.acronym, area=row.area.code, until=row.until)
                for row in request.existing_assistance.all()
            ),
        )
        for request in rows
    }


def _prose(request: AssistanceRequest, needs: list[Need]) -> str:
    """Everything the requester wrote: the letter and the detail of each need."""
    return "\n".join([request.description, *(need.detail for need in needs if need.detail)])
