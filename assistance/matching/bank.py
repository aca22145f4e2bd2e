"""Reads a judged bank, and the reference tables, into profiles.

A bank is a directory with `requests.json`, `offers.json` and, for judging, `judgments.csv` (columns request,
offer, grade 0-3). Nothing but files is read.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from assistance.matching.glossary import Glossary
from assistance.matching.profiles import (
    AreaTree,
    Directory,
    ExistingAssistance,
    NeedProfile,
    OfferProfile,
    ProviderProfile,
    RequestProfile,
    StateProfile,
)

PROJECT = Path(__file__).resolve().parents[2]
ASSISTANCE_REFERENCE = PROJECT / "assistance" / "reference"
ORGANIZATIONS_REFERENCE = PROJECT / "organizations" / "reference"
NAME_COLUMNS = ("name_en", "name_fr", "name_es", "name_ru", "name_ar", "name_zh")
FULL_MEMBER = "member"
NO_GROUP = "none"
GRADES = frozenset({0, 1, 2, 3})

Row = Mapping[str, Any]


class InvalidBank(ValueError):
    """A bank that cannot be read; the message names the file and the record."""


@dataclass(frozen=True)
class Bank:
    """A judged bank. `grades` maps (request, offer) to 0-3; pairs that nobody listed are 0."""

    requests: tuple[RequestProfile, ...]
    offers: tuple[OfferProfile, ...]
    grades: Mapping[tuple[str, str], int]

    def grade(self, request: str, offer: str) -> int:
        return self.grades.get((request, offer), 0)


def read_bank(folder: Path, *, judged: bool = True) -> Bank:
    """Read a bank. Without `judged` the judgments are not looked for. Raises InvalidBank."""
    requests = tuple(_request(row, "requests.json") for row in _json_rows(folder / "requests.json"))
    offers = tuple(_offer(row, "offers.json") for row in _json_rows(folder / "offers.json"))
    _refuse_twins("requests.json", [request.reference for request in requests])
    _refuse_twins("offers.json", [offer.reference for offer in offers])
    grades: dict[tuple[str, str], int] = {}
    if judged:
        grades = _grades(folder / "judgments.csv", requests, offers)
    return Bank(requests, offers, grades)


def _json_rows(path: Path) -> list[Row]:
    if not path.is_file():
        raise InvalidBank(f"{path.name} is missing in {path.parent}.")
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidBank(f"{path.name} is not valid JSON: {error}.") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidBank(f"{path.name} must hold one list of records.")
    return rows


def _refuse_twins(name: str, references: Sequence[str]) -> None:
    twins = sorted({reference for reference in references if references.count(reference) > 1})
    if twins:
        raise InvalidBank(f"{name}: {', '.join(twins)} occurs more than once.")


def _request(row: Row, name: str) -> RequestProfile:
    try:
        return request_profile(row)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidBank(f"{name}: record {row.get('reference', '?')}: {_said(error)}") from error


def _offer(row: Row, name: str) -> OfferProfile:
    try:
        return offer_profile(row)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidBank(f"{name}: record {row.get('reference', '?')}: {_said(error)}") from error


def _said(error: Exception) -> str:
    return f"{error.args[0]} is missing." if isinstance(error, KeyError) else str(error)


def request_profile(row: Row) -> RequestProfile:
    """A request in the exchange format as a profile."""
    return RequestProfile(
        reference=row["reference"],
        state=row.get("state") or None,
        organization=row.get("organization") or None,
        title=row.get("title") or "",
        description=row.get("description") or "",
        needs=tuple(
            NeedProfile(
                key=str(number),
                area=need["area"],
                types=tuple(need.get("types") or ()),
                priority=need.get("priority") or "medium",
            )
            for number, need in enumerate(row.get("needs") or (), start=1)
        ),
        weapon_types=frozenset(row.get("weapon_types") or ()),
        languages=tuple(row.get("languages") or ()),
        needed_from=_date(row.get("needed_from")),
        needed_by=_date(row.get("needed_by")),
        received_on=_date(row.get("received_on")),
        preferred_providers=frozenset(row.get("preferred_providers") or ()),
        declined_providers=frozenset(row.get("declined_providers") or ()),
        existing_assistance=tuple(
            ExistingAssistance(item["organization"], item["area"], _date(item.get("until")))
            for item in row.get("existing_assistance") or ()
        ),
    )


def offer_profile(row: Row) -> OfferProfile:
    """An offer in the exchange format as a profile."""
    return OfferProfile(
        reference=row["reference"],
        provider=row.get("organization") or row["state"],
        title=row.get("title") or "",
        summary=row.get("summary") or "",
        kind=row.get("kind") or "programme",
        status=row.get("status") or "ongoing",
        areas=tuple(row.get("areas") or ()),
        types=tuple(row.get("types") or ()),
        weapon_types=frozenset(row.get("weapon_types") or ()),
        coverage=row.get("coverage") or "selected",
        regional_groups=frozenset(row.get("regional_groups") or ()),
        members_of=frozenset(row.get("members_of") or ()),
        states=frozenset(row.get("states") or ()),
        languages=tuple(row.get("languages") or ()),
        starts_on=_date(row.get("starts_on")),
        ends_on=_date(row.get("ends_on")),
        capacity=row.get("capacity"),
        funders=tuple(row.get("funders") or ()),
    )


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _grades(
    path: Path, requests: Sequence[RequestProfile], offers: Sequence[OfferProfile]
) -> dict[tuple[str, str], int]:
    if not path.is_file():
        raise InvalidBank(f"{path.name} is missing in {path.parent}.")
    known_requests = {request.reference for request in requests}
    known_offers = {offer.reference for offer in offers}
    found: dict[tuple[str, str], int] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                pair, grade = (row["request"], row["offer"]), int(row["grade"])
            except (KeyError, TypeError, ValueError) as error:
                raise InvalidBank(f"{path.name}, line {number}: request, offer and a grade are needed.") from error
            if pair[0] not in known_requests or pair[1] not in known_offers:
                raise InvalidBank(f"{path.name}, line {number}: {pair[0]} or {pair[1]} is not in the bank.")
            if grade not in GRADES:
                raise InvalidBank(f"{path.name}, line {number}: the grade must be 0, 1, 2 or 3.")
            found[pair] = grade
    return found


def read_directory(assistance: Path = ASSISTANCE_REFERENCE, organizations: Path = ORGANIZATIONS_REFERENCE) -> Directory:
    """The directory from the project's own reference tables."""
    areas = _csv_rows(assistance / "assistance_areas.csv")
    return Directory(
        states=_states(_csv_rows(organizations / "states.csv")),
        providers=_providers(
            _csv_rows(organizations / "organizations.csv"),
            _csv_rows(organizations / "organization_members.csv"),
        ),
        areas=AreaTree(
            parents={row["code"]: row["parent"] or None for row in areas},
            weapon_types={row["code"]: frozenset(row["weapon_types"].split("|")) & {"NW", "CW", "BW"} for row in areas},
        ),
        type_families={row["code"]: row["family"] for row in _csv_rows(assistance / "assistance_types.csv")},
        glossary=Glossary.from_rows(_csv_rows(assistance / "glossary.csv")),
    )


def _csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _states(rows: Sequence[Mapping[str, str]]) -> dict[str, StateProfile]:
    return {
        row["iso3"]: StateProfile(
            iso3=row["iso3"],
            regional_group="" if row["un_regional_group"] == NO_GROUP else row["un_regional_group"],
            regions=frozenset(
                region for region in (row["m49_region"], row["m49_subregion"], row["m49_intermediate_region"]) if region
            ),
            is_ldc=row["ldc"] == "1",
            is_lldc=row["lldc"] == "1",
            is_sids=row["sids"] == "1",
            names=tuple(row[column] for column in NAME_COLUMNS if row[column]),
        )
        for row in rows
    }


def _providers(rows: Sequence[Mapping[str, str]], members: Sequence[Mapping[str, str]]) -> dict[str, ProviderProfile]:
    of: dict[str, set[str]] = {}
    for row in members:
        if row["status"] == FULL_MEMBER:
            of.setdefault(row["acronym"], set()).add(row["iso3"])
    return {
        row["acronym"]: ProviderProfile(
            key=row["acronym"],
            category=row["category"],
            name=row["full_name"],
            parent=row["parent_acronym"] or None,
            members=frozenset(of.get(row["acronym"], ())),
            region=row["coverage"],
        )
        for row in rows
    }
