"""Example offers, requests and what became of their matches, made through the same services that people use."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from assistance.brief_periods import last_full_period
from assistance.models import (
    Area,
    AssistanceRequest,
    AssistanceType,
    Match,
    MatchingRun,
    Misfit,
    Offer,
    OfferPartner,
    Project,
    RequestStep,
)
from assistance.services import offers as offer_services
from assistance.services import projects as project_services
from assistance.services import requests as request_services
from assistance.services.matches import match_answer, match_dismiss, match_propose, match_shortlist
from assistance.services.matching import carry_out
from assistance.services.offer_values import OfferValues, PartnerValues
from assistance.services.procedure import add_working_days
from assistance.services.queueing import queue_matching
from assistance.services.request_values import ExistingValues, NeedValues, RequestValues
from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.records.models import Provenance
from organizations.models import Organization, State, User

from .people import body_of

DATA = Path(__file__).resolve().parent / "data"
#: The day for which the dates in the data were written; loading later moves all of them.
WRITTEN_ON = date(2026, 11, 22)

Kind = RequestStep.Kind


class Calendar:
    """Moves the data's dates so that what was current when they were written is current today."""

    def __init__(self) -> None:
        self.shift = timezone.localdate() - WRITTEN_ON

    def day(self, text: str | None) -> date | None:
        return None if text is None else date.fromisoformat(text) + self.shift


def _read(name: str) -> list[dict[str, Any]]:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def _states(codes: list[str]) -> list[State]:
    return list(State.objects.filter(iso3__in=codes))


def _organizations(acronyms: list[str]) -> list[Organization]:
    return list(Organization.objects.filter(acronym__in=acronyms))


def _types(codes: list[str]) -> tuple[AssistanceType, ...]:
    return tuple(AssistanceType.objects.filter(code__in=codes))


def _partner(code: str) -> PartnerValues:
    body = body_of(code)
    if isinstance(body, State):
        return PartnerValues(role=OfferPartner.PartnerRole.FUNDER, state=body)
    return PartnerValues(role=OfferPartner.PartnerRole.FUNDER, organization=body)


def load_offers(calendar: Calendar) -> dict[str, Offer]:
    """Offers in every status; give them back by the data's own reference."""
    return {row["reference"]: _load_offer(row, calendar) for row in _read("offers.json")}


def _load_offer(row: dict[str, Any], calendar: Calendar) -> Offer:
    values = OfferValues(
        title=row["title"],
        kind=row["kind"],
        summary=row["summary"],
        areas=tuple(Area.objects.filter(code__in=row["areas"])),
        types=_types(row["types"]),
        weapon_types=row["weapon_types"],
        coverage=row["coverage"],
        regional_groups=row["regional_groups"],
        members_of=_organizations(row["members_of"]),
        states=_states(row["states"]),
        languages=row["languages"],
        starts_on=calendar.day(row["starts_on"]),
        ends_on=calendar.day(row["ends_on"]),
        capacity=row["capacity"],
        visibility=row["visibility"],
        partners=tuple(_partner(code) for code in row["funders"]),
    )
    status = row["status"]
    offer = offer_services.offer_create(
        by=SYSTEM, provider=body_of(row["organization"]), values=values, publish=status not in ("draft", "completed")
    )
    if status == Offer.Status.SUSPENDED:
        offer = offer_services.offer_suspend(by=SYSTEM, offer=offer, reason="Example: funds are awaited.")
    elif status == Offer.Status.WITHDRAWN:
        offer = offer_services.offer_withdraw(by=SYSTEM, offer=offer, reason="Example: the donor ended its support.")
    # What has ended cannot be published any more; its record says so from the start.
    marks = {"provenance": Provenance.EXAMPLE, "confirmed_on": timezone.localdate() - timedelta(days=40)}
    if status == Offer.Status.COMPLETED:
        marks |= {"status": status, "published_at": timezone.now() - timedelta(days=300)}
    Offer.objects.filter(pk=offer.pk).update(**marks)
    offer.refresh_from_db()
    return offer


def load_requests(calendar: Calendar, expert: User, state_focal_point: User) -> dict[str, AssistanceRequest]:
    """Requests in every status; give them back by the data's own reference."""
    return {row["reference"]: _load_request(row, calendar, expert, state_focal_point) for row in _read("requests.json")}


def _request_values(row: dict[str, Any], calendar: Calendar) -> RequestValues:
    return RequestValues(
        title=row["title"],
        description=row["description"],
        public_summary=row["public_summary"],
        has_consent=bool(row["public_summary"]) or None,
        weapon_types=row["weapon_types"],
        languages=row["languages"],
        needed_from=calendar.day(row["needed_from"]),
        needed_by=calendar.day(row["needed_by"]),
        preferred_providers=_organizations(row["preferred_providers"]),
        declined_providers=_organizations(row["declined_providers"]),
        origin=AssistanceRequest.Origin.NOTE_VERBALE,
        document_reference=f"Example note verbale, {row['reference']}" if row["received_on"] else "",
        received_on=calendar.day(row["received_on"]),
        needs=tuple(
            NeedValues(
                Area.objects.get(code=need["area"]), _types(need["types"]), need["priority"], need.get("detail", "")
            )
            for need in row["needs"]
        ),
        existing_assistance=tuple(
            ExistingValues(
                Organization.objects.get(acronym=help_["organization"]),
                Area.objects.get(code=help_["area"]),
                calendar.day(help_["until"]),
            )
            for help_ in row["existing_assistance"]
        ),
    )


def _load_request(row: dict[str, Any], calendar: Calendar, expert: User, state_focal_point: User) -> AssistanceRequest:
    requester = body_of(row.get("state") or row["organization"])
    values = _request_values(row, calendar)
    if row["status"] == AssistanceRequest.Status.DRAFT:
        request = request_services.request_create(by=state_focal_point, requester=requester, values=values)
    else:
        request = request_services.request_record(by=expert, requester=requester, values=values)
        _walk(request, row["status"], expert)
    AssistanceRequest.objects.filter(pk=request.pk).update(provenance=Provenance.EXAMPLE)
    request.refresh_from_db()
    return request


def _walk(request: AssistanceRequest, status: str, expert: User) -> None:
    """Take a recorded request through the procedure as far as `status`, on plausible days."""
    Status = AssistanceRequest.Status  # noqa: N806 - a class under a shorter name
    if status == Status.CLARIFICATION:
        question = "Example question: which agencies are meant, and what have they today?"
        request_services.request_ask_clarification(by=expert, request=request, question=question)
        return
    if status == Status.SUBMITTED:
        return
    received = request.received_on or timezone.localdate()
    request = request_services.request_authenticate(by=expert, request=request)
    authenticated = min(add_working_days(received, 3), timezone.localdate())
    _date_step(request, Kind.AUTHENTICATED, authenticated)
    for kind in (Kind.CIRCULATED_INTERNALLY, Kind.ACKNOWLEDGED):
        request = request_services.request_record_step(by=expert, request=request, kind=kind, done_on=authenticated)
    if status == Status.REFERRED:
        request_services.request_refer(by=expert, request=request, reason="Example: the working group is asked first.")
    if status in (Status.CIRCULATED, Status.BEING_ASSISTED):
        request = request_services.request_circulate(by=expert, request=request)
        circulated = min(add_working_days(authenticated, 6), timezone.localdate())
        _date_step(request, Kind.CIRCULATED, circulated)
        if request.summary_consent_on:
            request = request_services.request_publish_summary(by=expert, request=request)
            _date_step(request, Kind.SUMMARY_PUBLISHED, circulated)


def _date_step(request: AssistanceRequest, kind: RequestStep.Kind, day: date) -> None:
    """Put a step on the day on which it would have been taken."""
    request.steps.filter(kind=kind).update(done_on=day)


def match_now() -> None:
    carry_out(queue_matching(cause=MatchingRun.Cause.DEMAND).pk)


def decide_some(offers: dict[str, Offer], requests: dict[str, AssistanceRequest], people: dict[str, User]) -> None:
    """Leave matches in every status. Pairs that the service does not suggest are passed over."""
    expert = people["expert@committee.example"]

    def pair(request: str, offer: str) -> Match | None:
        return Match.objects.filter(request=requests[request], offer=offers[offer], status="suggested").first()

    if match := pair("peru-laboratories", "cicte-laboratories"):
        match_propose(by=expert, match=match, note="Example: a direct answer, in the language asked for.")
    if match := pair("request-003", "offer-008"):
        match_shortlist(by=expert, match=match)
    if match := pair("request-003", "offer-009"):
        match_dismiss(by=expert, match=match, reason="Example: the seminar covers a part only.", misfit=Misfit.NEEDS)
    if match := pair("peru-licensing", "cicte-licensing"):
        match = match_propose(by=expert, match=match)
        match = match_answer(by=people["focal@cicte.example"], match=match, accept=True)
        match = match_answer(by=people["focal@peru.example"], match=match, accept=True)
        project = project_services.project_from_match(by=people["focal@cicte.example"], match=match)
        Project.objects.filter(pk=project.pk).update(provenance=Provenance.EXAMPLE)
        request_services.request_begin_assistance(by=expert, request=requests["peru-licensing"])
    for reference in ("offer-011", "offer-013"):
        match = pair("request-004", reference)
        if match is None:
            continue
        match = match_propose(by=expert, match=match)
        if reference == "offer-013":
            match_answer(
                by=people["focal@senegal.example"],
                match=match,
                accept=False,
                reason="Example: two trainers of the same programme came last year.",
                misfit=Misfit.OVERLAP,
            )


def date_decisions() -> None:
    """Put what is decided on days of the last full period, so that its matching brief has something to tell."""
    decided = Match.objects.filter(status__in=(Match.Status.PROJECT, Match.Status.DECLINED, Match.Status.DISMISSED))
    noon = timezone.make_aware(datetime.combine(last_full_period().end, time(12)))
    for number, match in enumerate(decided.order_by("pk")):
        decided_at = noon - timedelta(days=3 * number)
        proposed_at = decided_at - timedelta(days=2) if match.proposed_at else None
        dates = {"decided_at": decided_at, "proposed_at": proposed_at, "created_at": decided_at - timedelta(days=5)}
        Match.objects.filter(pk=match.pk).update(**dates)
        match.answers.update(answered_at=decided_at)
