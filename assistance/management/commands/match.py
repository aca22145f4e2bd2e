"""`manage.py match`: run the matching service now and print the ranking with its reasons.

With `--offer` or `--near-misses` nothing is run or stored: one pair is explained, or the offers that miss by one gate.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cooperation_portal.access.actors import SYSTEM

from ...candidate_reports import near_miss_lines, near_misses_as_json, pair_as_json, pair_lines
from ...explanations import explain
from ...models import AssistanceRequest, Match, MatchingRun, Offer
from ...run_problems import told
from ...services.candidates import offers_found, pair_found
from ...services.matching import carry_out, run_on_demand
from ...services.ranking import MatchingNotPossible
from ...wording import Words


class Command(BaseCommand):
    help = "Pairs open requests with live offers, stores the suggestions and prints them with their explanations."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--request", metavar="REF", help="only this request, such as REQ-2026-0001")
        parser.add_argument("--offer", metavar="REF", help="only explain the request's pair with this offer")
        parser.add_argument(
            "--near-misses", action="store_true", help="only list the offers that miss by one gate, with the gate"
        )
        parser.add_argument("--json", action="store_true", help="print JSON instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        request = self._request(options["request"])
        try:
            if options["offer"]:
                return self._explain_pair(request, options)
            if options["near_misses"]:
                return self._list_near_misses(request, options)
        except MatchingNotPossible as problem:
            raise CommandError(str(problem)) from problem
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        self._run(request, options)
        return None

    def _explain_pair(self, request: AssistanceRequest | None, options: dict[str, Any]) -> None:
        if request is None or options["near_misses"]:
            raise CommandError("--offer explains one pair: give --request too, and leave --near-misses out.")
        offers = Offer.objects.visible_to(SYSTEM).select_related("organization", "state")
        offer = offers.filter(reference=options["offer"]).first()
        if offer is None:
            raise CommandError(f"There is no published offer {options['offer']}. References look like OFF-2026-0001.")
        found, words = pair_found(by=SYSTEM, request=request, offer=offer), Words()
        if options["json"]:
            self._print_json(pair_as_json(found, words))
        else:
            self.stdout.write("\n".join(pair_lines(found, words)))

    def _list_near_misses(self, request: AssistanceRequest | None, options: dict[str, Any]) -> None:
        requests = AssistanceRequest.objects.visible_to(SYSTEM).open().select_related("state", "organization")
        chosen = [request] if request is not None else list(requests.order_by("reference"))
        words = Words()
        found = [(one, offers_found(by=SYSTEM, request=one)) for one in chosen]
        if options["json"]:
            self._print_json([near_misses_as_json(offers, words) for _request, offers in found])
            return
        for one, offers in found:
            self.stdout.write("\n".join(near_miss_lines(one, offers, words)) + "\n")
        if not found:
            self.stdout.write("No request is open, so there is nothing to compare.")

    def _print_json(self, value: Any) -> None:
        self.stdout.write(json.dumps(value, ensure_ascii=False, indent=1))

    def _run(self, request: AssistanceRequest | None, options: dict[str, Any]) -> None:
        run = run_on_demand(by=SYSTEM, request=request)
        carry_out(run.pk)
        run.refresh_from_db()
        if run.status == MatchingRun.Status.FAILED:
            raise CommandError(told(run.problem_code, run.problem))
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
            self._print_json([self._as_json(match) for match in matches])
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
