"""The matching service: carries out queued runs and keeps the stored suggestions true.

A run works through open requests one by one, each in a transaction of its own, so that a stopped worker loses nothing
that is done and a repeated run changes nothing that is right. What people decided is never touched.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from assistance.matching import Matcher, Policy, RequestProfile, Suggestion
from assistance.matching.book import OfferBook
from assistance.matching.policy import InvalidPolicy
from assistance.matching.profiles import InvalidProfile
from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.access.policy import require
from cooperation_portal.audit.recording import entry_for, write_entries
from cooperation_portal.changes.recording import write_changes

from ..lifecycles.matches import MATCH_LIFE_CYCLE
from ..models import AssistanceRequest, Match, MatchingPolicy, MatchingRun, Offer
from .profiles import directory, offer_profiles, request_profiles
from .queueing import queue_matching

logger = logging.getLogger(__name__)

#: More than this an expert does not read for one request; the weakest suggestions give way.
SUGGESTIONS_PER_REQUEST = 20
#: First key of the advisory locks that mark a run as being carried out.
RUN_LOCKS = 2325
#: How often a run tells how far it is, in requests.
PROGRESS_EVERY = 20

BELOW_THRESHOLD = "below_threshold"
OUTRANKED = "outranked"
REQUEST_NOT_OPEN = "request_not_open"


def policy_in_force() -> Policy:
    """The newest stored policy. Raises `MatchingPolicy.DoesNotExist` before reference data is loaded."""
    stored = MatchingPolicy.objects.order_by("-version")[:1].get()
    return library_policy(stored)


def library_policy(stored: MatchingPolicy) -> Policy:
    """Raises `InvalidPolicy` if the stored values cannot rank."""
    limits: dict[str, Any] = {"lowering": stored.lowering, "priorities": stored.priorities}
    return Policy(
        version=str(stored.version),
        weights=stored.weights,
        threshold=stored.threshold,
        reach=stored.reach,
        breadth=stored.breadth,
        **{name: value for name, value in limits.items() if value},
    )


def run_on_demand(*, by: Any, request: AssistanceRequest | None = None) -> MatchingRun:
    """Queue a run that an expert asks for, over one request or over everything."""
    require(by, "run", "match")
    return queue_matching(cause=MatchingRun.Cause.DEMAND, request=request)


def carry_out_waiting() -> int:
    """Carry out every queued run, and those that a stopped worker left; give back how many."""
    done = 0
    tried: set[int] = set()
    while True:
        run = (
            MatchingRun.objects.filter(status__in=(MatchingRun.Status.QUEUED, MatchingRun.Status.RUNNING))
            .exclude(pk__in=tried)
            .order_by("pk")
            .first()
        )
        if run is None:
            return done
        tried.add(run.pk)
        done += carry_out(run.pk)


def carry_out(run_id: int) -> bool:
    """Carry out one run. False if another worker has it or it is done already."""
    with _only_worker(run_id) as is_ours:
        if not is_ours:
            return False
        run = MatchingRun.objects.get(pk=run_id)
        if run.status not in (MatchingRun.Status.QUEUED, MatchingRun.Status.RUNNING):
            return False
        run.status, run.started_at, run.requests_done = MatchingRun.Status.RUNNING, timezone.now(), 0
        run.suggested = run.changed = run.superseded = 0
        run.save()
        try:
            Run(run).carry_out()
        except (InvalidPolicy, InvalidProfile, MatchingPolicy.DoesNotExist) as problem:
            logger.error("Matching run %s failed: %s", run.pk, problem)
            run.status, run.problem = MatchingRun.Status.FAILED, str(problem)
        else:
            run.status = MatchingRun.Status.DONE
        run.finished_at = timezone.now()
        run.save()
    return True


@contextmanager
def _only_worker(run_id: int) -> Iterator[bool]:
    """Hold the run's advisory lock. PostgreSQL lets go of it when the worker's connection ends, however it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [RUN_LOCKS, run_id])
        (is_ours,) = cursor.fetchone()
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [RUN_LOCKS, run_id])


class Run:
    """One run in progress: what it compares, and where it stands."""

    def __init__(self, run: MatchingRun) -> None:
        self.run = run
        policy = policy_in_force()
        self.run.policy_version = self.policy_version = int(policy.version)
        self.matcher = Matcher(directory(), policy, timezone.localdate())
        offers = Offer.objects.filter(pk=run.offer_id) if run.offer_id else Offer.objects.live()
        self.live_offers = set(Offer.objects.live().filter(pk__in=offers.values("pk")).values_list("pk", flat=True))
        self.offers = offer_profiles(offers)
        self.offer_rows = Offer.objects.only("reference").in_bulk(self.offers)
        self.offer_by_reference = {profile.reference: pk for pk, profile in self.offers.items()}

    def carry_out(self) -> None:
        requests = self._requests()
        self.run.requests_total = len(requests)
        candidates = self.matcher.book([self.offers[pk] for pk in sorted(self.live_offers)])
        holding = self._requests_that_hold_the_offer()
        for number, (pk, profile) in enumerate(requests.items(), start=1):
            scored = self._scored(profile, candidates)
            if scored or holding is None or pk in holding:
                self._count(self._store(pk, profile, scored))
            if number % PROGRESS_EVERY == 0:
                self.run.requests_done = number
                self.run.save()
        self.run.requests_done = len(requests)
        self._count(self._supersede_closed(set(requests)))

    def _requests(self) -> dict[int, RequestProfile]:
        requests = AssistanceRequest.objects.open()
        if self.run.request_id:
            requests = requests.filter(pk=self.run.request_id)
        return request_profiles(requests)

    def _requests_that_hold_the_offer(self) -> set[int] | None:
        """For a run over one offer: the requests with a stored pair. None where every request is looked at."""
        if not self.run.offer_id:
            return None
        return set(Match.objects.filter(offer=self.run.offer_id).values_list("request_id", flat=True))

    def _scored(self, request: RequestProfile, candidates: OfferBook) -> dict[int, Suggestion]:
        """What may be suggested for a request: offer primary key to suggestion, best first."""
        ranking = self.matcher.rank(request, candidates, limit=SUGGESTIONS_PER_REQUEST, with_rejected=False)
        return {self.offer_by_reference[found.offer]: found for found in ranking.suggested}

    @transaction.atomic
    def _store(self, request_pk: int, profile: RequestProfile, scored: dict[int, Suggestion]) -> Tally:
        """Make the stored suggestions of one request say what was just found; decided matches stay as they are."""
        request = AssistanceRequest.objects.select_for_update().get(pk=request_pk)
        stored = Match.objects.select_for_update(of=("self",)).filter(request=request)
        if self.run.offer_id:
            stored = stored.filter(offer=self.run.offer_id)
        tally = Tally()
        known = {match.offer_id: match for match in stored.select_related("request", "offer")}
        for offer_pk, found in scored.items():
            match = known.get(offer_pk)
            if match is None:
                tally.new.append(self._new_match(request, offer_pk, found))
            else:
                self._renew(match, found, tally)
        for offer_pk, match in known.items():
            if offer_pk not in scored and match.status == Match.Status.SUGGESTED:
                self._supersede(match, self._why_not(profile, match), tally)
        self._write(tally)
        self._give_way(request, tally)
        return tally

    def _new_match(self, request: AssistanceRequest, offer_pk: int, found: Suggestion) -> Match:
        return Match(
            request=request,
            offer=self.offer_rows[offer_pk],
            score=Decimal(found.hundredths) / 100,
            explanation=found.explanation,
            policy_version=self.policy_version,
        )

    def _renew(self, match: Match, found: Suggestion, tally: Tally) -> None:
        """Bring a suggestion up to date; whatever an expert has touched is left alone."""
        if match.status == Match.Status.SUPERSEDED:
            MATCH_LIFE_CYCLE.move(match, "revive")
            match.superseded_because = ""
            tally.revived.append(match)
        elif match.status != Match.Status.SUGGESTED or _says_the_same(match, found):
            return
        else:
            tally.changed.append(match)
        match.score = Decimal(found.hundredths) / 100
        match.explanation = found.explanation
        match.policy_version = self.policy_version

    def _supersede(self, match: Match, reason: str, tally: Tally) -> None:
        MATCH_LIFE_CYCLE.move(match, "supersede")
        match.superseded_because = reason
        tally.superseded.append(match)

    def _why_not(self, request: RequestProfile, match: Match) -> str:
        """The code of the first gate that the pair fails now, or that its score is too low."""
        offer = (
            self.offers.get(match.offer_id) or offer_profiles(Offer.objects.filter(pk=match.offer_id))[match.offer_id]
        )
        if match.offer_id not in self.live_offers and match.offer_id in self.offers:
            return "live"
        failed = [gate["code"] for gate in self.matcher.explain(request, offer)["gates"] if not gate["passed"]]
        return failed[0] if failed else BELOW_THRESHOLD

    def _give_way(self, request: AssistanceRequest, tally: Tally) -> None:
        """Number the suggestions by score; those beyond the limit are superseded."""
        if tally.is_empty:
            return
        ranked = list(
            Match.objects.filter(request=request, status=Match.Status.SUGGESTED)
            .select_related("request", "offer")
            .order_by("-score", "offer__reference")
        )
        moved = [match for rank, match in enumerate(ranked, start=1) if _set_rank(match, rank)]
        Match.objects.bulk_update(moved, ["rank"])
        beyond = Tally()
        for match in ranked[SUGGESTIONS_PER_REQUEST:]:
            self._supersede(match, OUTRANKED, beyond)
        self._write(beyond)
        tally.superseded += beyond.superseded

    @transaction.atomic
    def _supersede_closed(self, open_requests: set[int]) -> Tally:
        """Suggestions of requests that are no longer open give way."""
        tally = Tally()
        if self.run.offer_id:
            return tally
        left = Match.objects.filter(status=Match.Status.SUGGESTED).exclude(request__in=open_requests)
        if self.run.request_id:
            left = left.filter(request=self.run.request_id)
        for match in left.select_for_update(of=("self",)).select_related("request", "offer"):
            self._supersede(match, REQUEST_NOT_OPEN, tally)
        self._write(tally)
        return tally

    def _write(self, tally: Tally) -> None:
        """Insert and update in bulk, with audit entries and change rows in the same transaction."""
        Match.objects.bulk_create(tally.new)
        written = [*tally.changed, *tally.revived, *tally.superseded]
        now = timezone.now()
        for match in written:
            match.version += 1
            match.updated_at = now
        fields = ["status", "score", "explanation", "policy_version", "superseded_because", "version", "updated_at"]
        Match.objects.bulk_update(written, fields)
        suggested = [entry_for("match.suggested", match, SYSTEM) for match in [*tally.new, *tally.revived]]
        superseded = [
            entry_for("match.superseded", match, SYSTEM, reason=match.superseded_because) for match in tally.superseded
        ]
        write_entries(suggested + superseded)
        write_changes([*tally.new, *written])

    def _count(self, tally: Tally) -> None:
        self.run.suggested += len(tally.new) + len(tally.revived)
        self.run.changed += len(tally.changed)
        self.run.superseded += len(tally.superseded)


@dataclass
class Tally:
    """What one request's pass wrote."""

    new: list[Match] = field(default_factory=list)
    changed: list[Match] = field(default_factory=list)
    revived: list[Match] = field(default_factory=list)
    superseded: list[Match] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.changed or self.revived or self.superseded)


def _says_the_same(match: Match, found: Suggestion) -> bool:
    """Equal but for the day on which it was computed."""
    if found.explanation is None or match.explanation is None:
        return match.score == Decimal(found.hundredths) / 100
    return match.explanation | {"today": None} == found.explanation | {"today": None}


def _set_rank(match: Match, rank: int) -> bool:
    was, match.rank = match.rank, rank
    return was != rank
