"""Reads records into the plain profiles of the matching library, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connection
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
from ..models import ExistingAssistance as HelpAlready
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
    relation: Any = model._meta.get_field(field)
    through, target = relation.remote_field.through._meta, relation.related_model._meta
    found: dict[int, list[str]] = defaultdict(list)
    # Thousands of keys go as one array: as a list of parameters they would cost more than the reading.
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT link."{relation.m2m_column_name()}", target."{target.get_field(code).column}" '  # noqa: S608 - names of our own
            f'FROM "{through.db_table}" link '
            f'JOIN "{target.db_table}" target ON target."{target.pk.column}" = link."{relation.m2m_reverse_name()}" '
            f'WHERE link."{relation.m2m_column_name()}" = ANY(%s)',
            [list(owners)],
        )
        for owner, value in cursor.fetchall():
            found[owner].append(value)
    return {owner: tuple(sorted(values)) for owner, values in found.items()}


Profile = TypeVar("Profile", OfferProfile, RequestProfile)


class Read(NamedTuple, Generic[Profile]):
    """A record's profile, and the version of the record that it was read from."""

    version: int
    profile: Profile


def offer_profiles(offers: QuerySet[Offer]) -> dict[int, OfferProfile]:
    """Profiles by primary key; five queries however many offers."""
    return {pk: read.profile for pk, read in offers_read(offers).items()}


def request_profiles(requests: QuerySet[AssistanceRequest]) -> dict[int, RequestProfile]:
    """Profiles by primary key; six queries however many requests. A need's key is its primary key as text."""
    return {pk: read.profile for pk, read in requests_read(requests).items()}


def offers_read(offers: QuerySet[Offer]) -> dict[int, Read[OfferProfile]]:
    """As `offer_profiles`, with versions. What changes while this reads has another version than told here."""
    rows = offers.order_by("pk").values_list(
        "pk",
        "version",
        "reference",
        "organization__acronym",
        "state__iso3",
        "title",
        "summary",
        "kind",
        "status",
        "weapon_types",
        "coverage",
        "regional_groups",
        "languages",
        "starts_on",
        "ends_on",
        "capacity",
        named=True,
    )
    found = list(rows)
    keys = [row.pk for row in found]
    areas = codes_by_owner(Offer, "areas", "code", keys)
    types = codes_by_owner(Offer, "types", "code", keys)
    states = codes_by_owner(Offer, "states", "iso3", keys)
    members_of = codes_by_owner(Offer, "members_of", "acronym", keys)
    return {
        row.pk: Read(
            row.version,
            OfferProfile(
                reference=row.reference,
                provider=row.organization__acronym or row.state__iso3,
                title=row.title,
                summary=row.summary,
                kind=row.kind,
                status=row.status,
                areas=areas.get(row.pk, ()),
                types=types.get(row.pk, ()),
                weapon_types=frozenset(row.weapon_types),
                coverage=row.coverage,
                regional_groups=frozenset(row.regional_groups),
                members_of=frozenset(members_of.get(row.pk, ())),
                states=frozenset(states.get(row.pk, ())),
                languages=tuple(row.languages),
                starts_on=row.starts_on,
                ends_on=row.ends_on,
                capacity=row.capacity,
            ),
        )
        for row in found
    }


def requests_read(requests: QuerySet[AssistanceRequest]) -> dict[int, Read[RequestProfile]]:
    """As `request_profiles`, with versions."""
    rows = requests.order_by("pk").values_list(
        "pk",
        "version",
        "reference",
        "state__iso3",
        "organization__acronym",
        "title",
        "description",
        "weapon_types",
        "languages",
        "needed_from",
        "needed_by",
        "received_on",
        "created_at",
        named=True,
    )
    found = list(rows)
    keys = [row.pk for row in found]
    needs, details = _needs(keys)
    preferred = codes_by_owner(AssistanceRequest, "preferred_providers", "acronym", keys)
    declined = codes_by_owner(AssistanceRequest, "declined_providers", "acronym", keys)
    existing = _existing_assistance(keys)
    return {
        row.pk: Read(
            row.version,
            RequestProfile(
                reference=row.reference,
                needs=tuple(needs[row.pk]),
                state=row.state__iso3,
                organization=row.organization__acronym,
                title=row.title,
                description="\n".join([row.description, *details[row.pk]]),
                weapon_types=frozenset(row.weapon_types),
                languages=tuple(row.languages),
                needed_from=row.needed_from,
                needed_by=row.needed_by,
                received_on=row.received_on or timezone.localdate(row.created_at),
                preferred_providers=frozenset(preferred.get(row.pk, ())),
                declined_providers=frozenset(declined.get(row.pk, ())),
                existing_assistance=tuple(existing[row.pk]),
            ),
        )
        for row in found
    }


def _needs(requests: list[int]) -> tuple[dict[int, list[NeedProfile]], dict[int, list[str]]]:
    """Needs by request, and what is written about them: with the letter, everything that the requester wrote."""
    rows = list(
        Need.objects.filter(request__in=requests)
        .order_by("position", "pk")
        .values_list("pk", "request_id", "area__code", "priority", "detail")
    )
    types = codes_by_owner(Need, "types", "code", [pk for pk, *_others in rows])
    needs: dict[int, list[NeedProfile]] = defaultdict(list)
    details: dict[int, list[str]] = defaultdict(list)
    for pk, request, area, priority, detail in rows:
        needs[request].append(NeedProfile(key=str(pk), area=area, types=types.get(pk, ()), priority=priority))
        if detail:
            details[request].append(detail)
    return needs, details


def _existing_assistance(requests: list[int]) -> dict[int, list[ExistingAssistance]]:
    found: dict[int, list[ExistingAssistance]] = defaultdict(list)
    rows = HelpAlready.objects.filter(request__in=requests).order_by("pk")
    for request, organization, area, until in rows.values_list(
        "request_id", "organization__acronym", "area__code", "until"
    ):
        found[request].append(ExistingAssistance(organization=organization, area=area, until=until))
    return found
