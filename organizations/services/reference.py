"""Loads States, organizations and memberships from `organizations/reference/`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cooperation_portal.records.models import Confidence, Provenance
from cooperation_portal.reference.parties import Parties
from cooperation_portal.reference.sync import Outcome, Part, Wanted, bring_in
from cooperation_portal.reference.tables import BadReference, Folders, Problems, Row, Table

from ..models import Membership, Organization, State
from ..models.organizations import slug_for
from ..models.states import RegionalGroup, sort_key

FOLDER = Path(__file__).resolve().parent.parent / "reference"
FILES = {
    name: FOLDER / name
    for name in ("states.csv", "organizations.csv", "organization_members.csv", "names_in_sources.csv")
}

CONFIDENCES = {value.value: value for value in Confidence}
GROUPS = {value.value: value for value in RegionalGroup}
CATEGORIES = {
    "UN entity": Organization.Category.UN_ENTITY,
    "international": Organization.Category.INTERNATIONAL,
    "regional": Organization.Category.REGIONAL,
    "subregional": Organization.Category.SUBREGIONAL,
    "national agency": Organization.Category.NATIONAL_AGENCY,
    "NGO": Organization.Category.NGO,
}
STATUSES = {value.value: value for value in Membership.Status}


def reference_load(*, folders: Folders) -> list[Outcome]:
    """Load all three files. Call inside a transaction; raises `BadReference`."""
    return [_load_states(folders), _load_organizations(folders)]


def parties_read(*, folders: Folders) -> Parties:
    """All organizations and States by code, by name, and by the other names that sources use for them."""
    organizations = Organization.objects.in_bulk(field_name="acronym")
    states = State.objects.in_bulk(field_name="iso3")

    def make(row: Row) -> tuple[str, Organization | State | None]:
        organization = row.looked_up("acronym", organizations, what="organization")
        state = row.looked_up("iso3", states, what="State")
        if bool(row.cells["acronym"]) is bool(row.cells["iso3"]):
            row.problem("iso3", "and column acronym are both filled or both empty. Fill one of the two.")
        return row.text("name", required=True), organization or state

    table = Table(folders.path("names_in_sources.csv"), ("name", "acronym", "iso3"))
    return Parties.of(organizations, states, dict(table.read(make, key=lambda made: made[0], key_column="name")))


def _load_states(folders: Folders) -> Outcome:
    names = tuple(f"name_{language}" for language in State.NAME_LANGUAGES)
    flags = {"ldc": "is_ldc", "lldc": "is_lldc", "sids": "is_sids"}
    places = ("m49_region", "m49_subregion", "m49_intermediate_region")
    columns = ("iso2", "iso3", "m49", *names, "formal_name_en", "un_regional_group", *places, *flags, "note", "source")

    def make(row: Row) -> Wanted:
        values: dict[str, Any] = {name: row.text(name, required=True, longest=100) for name in names}
        values |= {name: row.text(name) for name in places}
        values |= {name: row.flag(column) for column, name in flags.items()}
        values |= {
            "iso3": _letters(row, "iso3", 3),
            "iso2": _letters(row, "iso2", 2),
            "m49": row.text("m49", required=True, longest=3),
            "formal_name_en": row.text("formal_name_en", longest=150),
            "sort_key": sort_key(values["name_en"]),
            "regional_group": row.choice("un_regional_group", GROUPS, default=RegionalGroup.NONE),
            "note": row.text("note"),
            "source": row.text("source", required=True),
            "provenance": Provenance.PUBLIC_SOURCE,
        }
        return Wanted(row.place, values)

    table = Table(folders.path("states.csv"), columns)
    rows = table.read(make, key=lambda row: row.values["iso3"], key_column="iso3")
    return bring_in(State, rows, key=("iso3",), what="States", actions=("state.created", "state.updated"))


def _letters(row: Row, column: str, length: int) -> str:
    value = row.text(column)
    if not (len(value) == length and value.isascii() and value.isalpha() and value.isupper()):
        row.problem(column, f"“{value}” is not a code of {length} capital letters. Correct it.")
    return value


@dataclass
class _OrganizationRow:
    row: Row
    acronym: str
    values: dict[str, Any]
    parent_name: str
    members: list[Part] = field(default_factory=list)


def _load_organizations(folders: Folders) -> Outcome:
    rows = _read_organizations(folders)
    _read_members(folders, {row.acronym: row for row in rows})
    outcome = Outcome("Organizations")
    by_acronym = {row.acronym: row for row in rows}
    for level in _levels(by_acronym):
        stored = Organization.objects.in_bulk(by_acronym, field_name="acronym")
        wanted = [_wanted(row, stored.get(row.parent_name)) for row in level]
        part = bring_in(
            Organization,
            wanted,
            key=("acronym",),
            what="",
            actions=("organization.created", "organization.updated"),
            parts=("memberships__state",),
        )
        outcome.add(part)
    return outcome


def _read_organizations(folders: Folders) -> list[_OrganizationRow]:
    columns = (
        "acronym",
        "full_name",
        "category",
        "parent_acronym",
        "mandate_domains",
        "coverage",
        "source",
        "confidence",
        "note",
    )
    slugs: dict[str, str] = {}

    def make(row: Row) -> _OrganizationRow:
        acronym = row.text("acronym", required=True, longest=20)
        slug = slug_for(acronym)
        if slugs.setdefault(slug, acronym) != acronym:
            row.problem("acronym", f"gives the same address, “{slug}”, as {slugs[slug]}. Change one of the two.")
        values = {
            "acronym": acronym,
            "slug": slug,
            "sort_key": sort_key(acronym),
            "name": row.text("full_name", required=True, longest=200),
            "category": row.choice("category", CATEGORIES, default=Organization.Category.INTERNATIONAL),
            "mandate_areas": row.listed("mandate_domains", separator=";"),
            "coverage": row.text("coverage", longest=100),
            "note": row.text("note"),
            "source": row.text("source", required=True),
            "confidence": row.choice("confidence", CONFIDENCES, default=Confidence.LOW),
            "provenance": Provenance.PUBLIC_SOURCE,
        }
        return _OrganizationRow(row, acronym, values, row.text("parent_acronym", longest=100))

    table = Table(folders.path("organizations.csv"), columns)
    return table.read(make, key=lambda row: row.acronym, key_column="acronym")


def _read_members(folders: Folders, organizations: dict[str, _OrganizationRow]) -> None:
    """Give each organization its members. One that is not a UN Member State is kept by its code alone."""
    states = State.objects.in_bulk(field_name="iso3")

    def make(row: Row) -> tuple[str, str]:
        organization = row.looked_up("acronym", organizations, what="organization", required=True)
        code = _letters(row, "iso3", 3)
        state = row.looked_up("iso3", states, what="State") if row.flag("un_member") else None
        part = Part(
            {
                "state": state,
                "iso3": code,
                "status": row.choice("status", STATUSES, default=Membership.Status.MEMBER),
                "note": row.text("note", longest=200),
                "source": row.text("source", required=True),
            }
        )
        if organization is not None:
            organization.members.append(part)
        return row.text("acronym"), code

    columns = ("acronym", "iso3", "un_member", "status", "note", "source")
    Table(folders.path("organization_members.csv"), columns).read(make, key=lambda key: key, key_column="iso3")


def _levels(rows: dict[str, _OrganizationRow]) -> list[list[_OrganizationRow]]:
    """Parents before children; a circle of parents is a problem."""
    levels: list[list[_OrganizationRow]] = []
    placed: set[str] = set()
    left = list(rows.values())
    while left:
        level = [row for row in left if row.parent_name not in rows or row.parent_name in placed]
        if not level:
            problems = Problems()
            for row in left:
                problems.add(
                    f"{row.row.place}, column parent_acronym",
                    f"{row.acronym} is, by way of {row.parent_name}, its own parent. Correct one of the rows.",
                )
            raise BadReference(problems.found)
        levels.append(level)
        placed.update(row.acronym for row in level)
        left = [row for row in left if row.acronym not in placed]
    return levels


def _wanted(row: _OrganizationRow, parent: Organization | None) -> Wanted:
    return Wanted(
        row.row.place,
        {**row.values, "parent": parent, "parent_name": "" if parent else row.parent_name},
        parts={"memberships": row.members},
    )
