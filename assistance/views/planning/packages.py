"""The packages of one request: the fewest offers that together meet it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from assistance.matching.packages import Package

from ...explanations import PACKAGE_SENTENCES, Words
from ...models import AssistanceRequest, Match, Need, Offer
from ...services.packages import RequestPackages, packages_of
from .index import planning_page

PRIORITIES = dict(Need.Priority.choices)


@dataclass(frozen=True)
class ShownOffer:
    """An offer of a package, the needs for which it is the best, and where the pair is decided or explained."""

    offer: Offer
    needs: list[tuple[str, str]]
    is_settled: bool
    status: str
    url: str


@dataclass(frozen=True)
class ShownPackage:
    offers: list[ShownOffer]
    sentences: list[str]
    new: int


@planning_page
@require_safe
def request_packages(request: HttpRequest, reference: str) -> HttpResponse:
    """The packages of a request, best first, and what no offer meets."""
    visible = AssistanceRequest.objects.visible_to(request.user).with_full_text_for(request.user)
    record = get_object_or_404(visible.select_related("state", "organization"), reference=reference)
    try:
        found = packages_of(by=request.user, request=record)
    except ValidationError as problem:
        context = {"record": record, "problem": " ".join(problem.messages)}
        return render(request, "assistance/planning/packages.html", context, status=409)
    words = Words()
    stored = Match.objects.visible_to(request.user).filter(request=record)
    pages = _Pages(record, found, words, {row.offer_id: row for row in stored.defer("explanation")})
    context = {
        "record": record,
        "problem": "",
        "packages": [pages.shown(package) for package in found.packages.packages],
        "unmet": [
            (words.area(need.area), PRIORITIES[need.priority], _said(note, words))
            for need, note in zip(found.packages.unmet, found.packages.notes, strict=True)
        ],
        "needs": len(found.found.profile.needs),
        "candidates": found.candidates,
        "put_aside": len(found.put_aside),
        "is_proven": found.packages.is_proven,
        "policy": found.found.matcher.policy.version,
        "candidates_url": reverse("assistance:request_candidates", args=[record.reference]),
    }
    return render(request, "assistance/planning/packages.html", context)


def _said(note: Mapping[str, Any], words: Words) -> str:
    return PACKAGE_SENTENCES[note["code"]](note["params"], words)


class _Pages:
    """Packages with their records, read in one query."""

    def __init__(
        self, record: AssistanceRequest, found: RequestPackages, words: Words, stored: Mapping[int, Match]
    ) -> None:
        references = {
            reference for package in found.packages.packages for reference in (*package.offers, *package.settled)
        }
        rows = Offer.objects.filter(reference__in=references).select_related("organization", "state").defer("summary")
        self.record, self.found, self.words, self.stored = record, found, words, stored
        self.offers = {row.reference: row for row in rows}

    def shown(self, package: Package) -> ShownPackage:
        return ShownPackage(
            offers=[self._offer(package, reference) for reference in (*package.settled, *package.offers)],
            sentences=[_said(note, self.words) for note in package.notes],
            new=len(package.offers),
        )

    def _offer(self, package: Package, reference: str) -> ShownOffer:
        offer = self.offers[reference]
        match = self.stored.get(offer.pk)
        return ShownOffer(
            offer=offer,
            needs=[
                (self.words.area(meeting.need.area), str(PRIORITIES[meeting.need.priority]))
                for meeting in package.meetings
                if meeting.offer == reference
            ],
            is_settled=reference in package.settled,
            status=match.get_status_display() if match else "",
            url=reverse("admin:assistance_match_change", args=[match.pk])
            if match
            else reverse("assistance:pair", args=[self.record.reference, reference]),
        )
