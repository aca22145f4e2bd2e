"""`manage.py match`: run the matching service now and print the ranking with its reasons."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cooperation_portal.access.actors import SYSTEM

from ...explanations import explain
from ...models import AssistanceRequest, Match, MatchingRun
from ...services.matching import carry_out, run_on_demand


class Command(BaseCommand):
    help = "Pairs open requests with live offers, stores the suggestions and prints them with their explanations."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--request", metavar="REF", help="only this request, such as REQ-2026-0001")
        parser.add_argument("--json", action="store_true", help="print one JSON list instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        request = self._request(options["request"])
        run = run_on_demand(by=SYSTEM, request=request)
        carry_out(run.pk)
        run.refresh_from_db()
        if run.status == MatchingRun.Status.FAILED:
            raise CommandError(run.problem)
        matches = (
            Match.objects.visible_to(SYSTEM)
            .exclude(status=Match.Status.SUPERSEDED)
            .filter(request__in=AssistanceRequest.objects.open())
            .select_related("request__state", "request__organization", "offer__organization", "offer__state")
            .order_by("request__reference", "-score", "offer__reference")
        )
        if request is not None:
            matches = matches.filter(request=request)
        if options["json"]:
            self.stdout.write(json.dumps([self._as_json(match) for match in matches], ensure_ascii=False, indent=1))
        else:
            self._print(list(matches), run)

    def _request(self, reference: str | None) -> AssistanceRequest | None:
        if reference is None:
            return None
        found = AssistanceRequest.objects.visible_to(SYSTEM).filter(reference=reference).first()
        if found is None:
            raise CommandError(f"There is no request {reference}. References look like REQ-2026-0001.")
        if not found.is_open:
            raise CommandError(
                f"Request {reference} is not open ({found.get_status_display()}); only open requests are matched."
            )
        return found

    def _as_json(self, match: Match) -> dict[str, Any]:
        return {
            "request": match.request.reference,
            "offer": match.offer.reference,
            "score": float(match.score),
            "rank": match.rank,
            "status": match.status,
            "policy_version": match.policy_version,
            "explanation": match.explanation,
        }

    def _print(self, matches: list[Match], run: MatchingRun) -> None:
        last = None
        for match in matches:
            if match.request_id != last:
                last = match.request_id
                self.stdout.write(f"\n{match.request.reference}  {match.request.requester}: {match.request.title}")
            self.stdout.write(
                f"  {match.score:6}  {match.offer.reference}  {match.offer.provider}: {match.offer.title}"
                f"  [{match.get_status_display()}]"
            )
            shown = explain(match)
            for part in shown.told_parts:
                self.stdout.write(f"          {part.points:+7.2f}  {part.label}: {part.sentence}")
            for sentence in shown.missing:
                self.stdout.write(f"          missing: {sentence}")
        if not matches:
            self.stdout.write("Nothing is suggested: no open request is answered by a live offer.")
        self.stdout.write(
            f"\nPolicy {run.policy_version}; {run.requests_total} requests; {run.suggested} new, "
            f"{run.changed} changed, {run.superseded} superseded."
        )
