"""Loads what public sources say of past offers and requests: history, never matched and never counted as open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from cooperation_portal.access.levels import Level
from cooperation_portal.records.models import Provenance
from cooperation_portal.reference.parties import Parties
from cooperation_portal.reference.sync import Outcome, Part, Wanted, bring_in
from cooperation_portal.reference.tables import Folders, Row, Table
from organizations.models.states import RegionalGroup
from organizations.services.reference import CONFIDENCES, GROUPS

from ..models import Area, AssistanceRequest, AssistanceType, Need, Offer, OfferPartner

#: How the file says that an offer is open to all States.
EVERYWHERE = frozenset({"all", "global"})
STATE, ORGANIZATION = "State", "organization"
REQUESTER_KINDS = {
    STATE: STATE,
    "organization": ORGANIZATION,
    "regional organization": ORGANIZATION,
    "subregional organization": ORGANIZATION,
}


def history_load(*, folders: Folders, parties: Parties) -> list[Outcome]:
    """Load past offers and requests. Call inside a transaction; raises `BadReference`."""
    areas = Area.objects.in_bulk(field_name="code")
    types = AssistanceType.objects.in_bulk(field_name="code")
    return [_load_offers(folders, parties, areas, types), _load_requests(folders, parties, areas, types)]


def _load_offers(
    folders: Folders, parties: Parties, areas: Mapping[str, Area], types: Mapping[str, AssistanceType]
) -> Outcome:
    columns = (
        "id",
        "provider_kind",
        "provider_acronym",
        "provider_iso3",
        "title",
        "start",
        "end",
        "area_codes",
        "type_codes",
        "regions",
        "beneficiaries_iso3",
        "summary",
        "donor",
        "source",
        "confidence",
        "note",
    )

    def make(row: Row) -> Wanted:
        starts_on, starts_precision = row.day("start")
        ends_on, ends_precision = row.day("end", is_end=True)
        row.in_order(starts_on, ends_on, "end")
        is_over = ends_on is not None and ends_on < timezone.localdate()
        values = {
            "reference": row.text("id", required=True, longest=20),
            **_provider(row, parties),
            "kind": Offer.Kind.PROGRAMME,
            "title": row.text("title", required=True, longest=200),
            "summary": row.text("summary", required=True, longest=4000),
            "status": Offer.Status.COMPLETED if is_over else Offer.Status.ONGOING,
            "starts_on": starts_on,
            "starts_precision": starts_precision,
            "ends_on": ends_on,
            "ends_precision": ends_precision,
            "visibility": Level.PUBLIC,
            "provenance": Provenance.PUBLIC_SOURCE,
            "source": _source(row),
            "confidence": row.choice("confidence", CONFIDENCES, default=CONFIDENCES["low"]),
        }
        states = row.looked_up_all("beneficiaries_iso3", parties.states, what="State")
        values |= _coverage(row, named=bool(states))
        relations: dict[str, Sequence[Any]] = {
            "areas": row.looked_up_all("area_codes", areas, what="area"),
            "types": row.looked_up_all("type_codes", types, what="type of assistance"),
            "states": states,
        }
        return Wanted(row.place, values, relations, {"partners": _funders(row, parties)})

    table = Table(folders.path("real_offers.csv"), columns)
    rows = table.read(make, key=lambda row: row.values["reference"], key_column="id")
    return bring_in(
        Offer,
        rows,
        key=("reference",),
        what="Offers from public sources",
        actions=("offer.created", "offer.updated"),
        parts=("partners__organization", "partners__state"),
    )


def _provider(row: Row, parties: Parties) -> dict[str, Any]:
    kind = row.choice("provider_kind", {STATE: STATE, ORGANIZATION: ORGANIZATION}, default=ORGANIZATION)
    if kind == STATE:
        state = row.looked_up("provider_iso3", parties.states, what="State", required=True)
        return {"state": state, "organization": None}
    organization = row.looked_up("provider_acronym", parties.organizations, what="organization", required=True)
    return {"organization": organization, "state": None}


def _coverage(row: Row, *, named: bool) -> dict[str, Any]:
    """States named one by one are the coverage; the region is then only where they lie."""
    if row.cells["regions"] in EVERYWHERE:
        return {"coverage": Offer.Coverage.GLOBAL, "regional_groups": []}
    groups = [group.value for group in row.looked_up_all("regions", GROUPS, what="regional group")]
    if not groups and not named:
        row.problem("regions", "is empty and no State is named. Write a regional group, or global.")
    return {"coverage": Offer.Coverage.SELECTED, "regional_groups": [] if named else groups}


def _funders(row: Row, parties: Parties) -> list[Part]:
    """The donors of the file: linked where they are named exactly, else by the words of the source."""
    funders = []
    for name in row.listed("donor", separator=";"):
        organization, state = parties.find(name)
        funders.append(
            Part(
                {
                    "role": OfferPartner.PartnerRole.FUNDER,
                    "organization": organization,
                    "state": state,
                    "other_name": "" if organization or state else name,
                }
            )
        )
    return funders


def _load_requests(
    folders: Folders, parties: Parties, areas: Mapping[str, Area], types: Mapping[str, AssistanceType]
) -> Outcome:
    columns = (
        "id",
        "requester",
        "iso3",
        "requester_kind",
        "date",
        "date_precision",
        "area_codes",
        "type_codes",
        "un_regional_group",
        "summary",
        "status_known",
        "source",
        "confidence",
        "note",
    )
    left_out: list[str] = []

    def make(row: Row) -> Wanted | None:
        requester = _requester(row, parties)
        if requester is None:
            left_out.append(f"{row.place}: {row.cells['id']} is left out, because its State is unknown.")
            return None
        found_areas = row.looked_up_all("area_codes", areas, what="area")
        found_types = row.looked_up_all("type_codes", types, what="type of assistance")
        summary = row.text("summary", required=True, longest=2000)
        is_circulated = row.cells["status_known"].startswith("circulated")
        values = {
            "reference": row.text("id", required=True, longest=20),
            **requester,
            "title": _title(found_areas),
            "description": summary,
            "public_summary": summary,
            "status": AssistanceRequest.Status.CIRCULATED if is_circulated else AssistanceRequest.Status.SUBMITTED,
            "origin": AssistanceRequest.Origin.OTHER,
            **_received(row),
            "provenance": Provenance.PUBLIC_SOURCE,
            "source": _source(row),
            "confidence": row.choice("confidence", CONFIDENCES, default=CONFIDENCES["low"]),
        }
        row.choice("un_regional_group", {**GROUPS, "": RegionalGroup.NONE}, default=RegionalGroup.NONE)
        needs = [
            Part({"area": area, "priority": Need.Priority.MEDIUM, "position": position}, {"types": found_types})
            for position, area in enumerate(found_areas)
        ]
        return Wanted(row.place, values, parts={"needs": needs})

    table = Table(folders.path("real_requests.csv"), columns)
    rows = table.read(make, key=lambda row: row.values["reference"], key_column="id")
    outcome = bring_in(
        AssistanceRequest,
        rows,
        key=("reference",),
        what="Requests from public sources",
        actions=("request.recorded", "request.updated"),
        parts=("needs__area", "needs__types"),
    )
    outcome.remarks += left_out
    return outcome


def _requester(row: Row, parties: Parties) -> dict[str, Any] | None:
    """The State or organization that asked; None where the source does not say which State it was."""
    if row.choice("requester_kind", REQUESTER_KINDS, default=STATE) == ORGANIZATION:
        organization = row.looked_up("requester", parties.organizations, what="organization", required=True)
        return {"organization": organization, "state": None}
    if not row.cells["iso3"]:
        return None
    return {"state": row.looked_up("iso3", parties.states, what="State"), "organization": None}


def _received(row: Row) -> dict[str, Any]:
    """The day of receipt, or the period in the words of the source where no day is known."""
    precision = row.choice("date_precision", {"day": "day", "period": "period"}, default="period")
    if precision == "period":
        stated = row.text("date", required=True, longest=20).replace("/", "–")
        return {"received_on": None, "received_as_stated": stated}
    received_on, known_to = row.day("date")
    if received_on is None or known_to != "day":
        row.problem("date", "is no full date. Write the day, or “period” in the column date_precision.")
    return {"received_on": received_on, "received_as_stated": ""}


def _title(areas: list[Area]) -> str:
    """What was asked for, in the words of the areas: the sources give requests no title."""
    return "; ".join(area.label for area in areas)[:200] or "Subject not given in the source"


def _source(row: Row) -> str:
    """Where the row is known from, with the remark on what is not sure."""
    source, note = row.text("source", required=True), row.text("note")
    return f"{source}. {note}" if note else source
