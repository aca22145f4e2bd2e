"""Carries out one run: over everything, over one request, or over one changed offer.

Requests are worked through in batches, each in a transaction of its own, so that a stopped worker loses nothing that is
done and a repeated run changes nothing that is right. What people decided is never touched.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from assistance.matching import OfferProfile, Policy, RequestProfile
from assistance.matching.book import OfferBook
from cooperation_portal import changes

from ...models import AssistanceRequest, Match, MatchingPolicy, MatchingRun, Offer
from ..profiles import directory
from . import limits
from .batch import REQUEST_NOT_OPEN, Batch, Finder, Work
from .clock import Clock
from .deciding import SUGGESTED, Found, Stored, leaves_room, with_one
from .records import KeepingMatcher, Known, Records
from .search import offers_for, requests_for
from .writing import Writer

Requests = dict[int, Known[RequestProfile]]
Offers = dict[int, Known[OfferProfile]]


class PolicyChanged(Exception):
    """Another policy came into force while the run was at work."""


class Run:
    """One run in progress: what it compares, and where it stands."""

    def __init__(self, run: MatchingRun, policy: Policy) -> None:
        self.run = run
        self.policy = policy
        self.clock = Clock(run)
        run.policy_version = int(policy.version)
        with self.clock.reading():
            self.records = Records(KeepingMatcher(directory(), policy, timezone.localdate()))
        self.matcher = self.records.matcher

    def carry_out(self) -> None:
        with _without_collector():
            if self.run.offer_id:
                self._compare_one_offer(self.run.offer_id)
            else:
                self._rank_requests()
                self._supersede_closed()
        self.clock.save()

    # Whole rankings

    def _rank_requests(self) -> None:
        """Rank all offers for the requests of the run."""
        with self.clock.reading():
            asked = AssistanceRequest.objects.open()
            if self.run.request_id:
                asked = asked.filter(pk=self.run.request_id)
            requests = self.records.requests(asked)
            self._begin(len(requests))
            offers = self._offers_for(requests)
        self.run.offers_total = len(offers)
        self._rank(requests, offers)

    def _offers_for(self, requests: Requests) -> Offers:
        if not requests:
            return {}
        may_fit = offers_for([request.profile for request in requests.values()], self.records)
        return self.records.offers(Offer.objects.live().filter(may_fit))

    def _rank(self, requests: Requests, offers: Offers, *, is_again: bool = False) -> None:
        book, keys = self._book(offers)

        def find(stored: Mapping[int, Mapping[int, Stored]]) -> dict[int, list[Found]]:
            decided = [sum(match.is_decided for match in matches.values()) for matches in stored.values()]
            limit = limits.SUGGESTIONS_PER_REQUEST + max(decided, default=0)
            return self._found({pk: requests[pk] for pk in stored}, book, keys, limit)

        for part in _parts(requests):
            self._store(part, offers, find, done=0 if is_again else len(part))

    def _book(self, offers: Offers) -> tuple[OfferBook, dict[str, int]]:
        """The offers as the library ranks them, and their primary keys by reference."""
        with self.clock.scoring():
            book = self.matcher.book([offer.profile for offer in offers.values()])
        return book, {offer.profile.reference: pk for pk, offer in offers.items()}

    def _found(
        self, requests: Requests, book: OfferBook, keys: Mapping[str, int], limit: int
    ) -> dict[int, list[Found]]:
        """The best offers of each request, at or above the policy's threshold."""
        with self.clock.scoring():
            profiles = [request.profile for request in requests.values()]
            best = self.matcher.rank_many(profiles, book, limit, suggested_only=True)
        pairs = [
            Found(keys[book.references[row]], book.references[row], hundredths)
            for row, hundredths in zip(best.offers.tolist(), best.hundredths.tolist(), strict=True)
        ]
        return {pk: pairs[best.of(place)] for place, pk in enumerate(requests)}

    # One offer

    def _compare_one_offer(self, key: int) -> None:
        """Look again at the pairs of one offer, at those it may have now and at those it had."""
        with self.clock.reading():
            offers = self.records.offers(Offer.objects.filter(pk=key))
            live = {pk: offers[pk] for pk in Offer.objects.live().filter(pk=key).values_list("pk", flat=True)}
            held = Q(pk__in=Match.objects.filter(offer=key, status=SUGGESTED).values("request"))
            may_fit = held | requests_for(live[key].profile, self.records) if live else held
            requests = self.records.requests(AssistanceRequest.objects.open().filter(may_fit))
            holders = set(AssistanceRequest.objects.filter(held).values_list("pk", flat=True))
            self._begin(len(requests))
        self.run.offers_total = len(offers)
        book, keys = self._book(live)
        found = self._found(requests, book, keys, 1)
        concerned = {pk: request for pk, request in requests.items() if found[pk] or pk in holders}
        self._store_one_offer(key, concerned, offers, found)
        self.run.requests_done = self.run.requests_total

    def _store_one_offer(
        self, offer: int, requests: Requests, offers: Offers, found: Mapping[int, Sequence[Found]]
    ) -> None:
        """Store its pairs; rank again where it left room for an offer that is not stored."""
        open_ended: list[int] = []

        def find(stored: Mapping[int, Mapping[int, Stored]]) -> dict[int, list[Found]]:
            return {pk: with_one(matches, offer, next(iter(found[pk]), None)) for pk, matches in stored.items()}

        for part in _parts(requests):
            batch = self._store(part, offers, find, done=len(part))
            open_ended += [
                pk
                for pk, decision in batch.decisions.items()
                if leaves_room(batch.stored[pk], offer, decision, limits.SUGGESTIONS_PER_REQUEST)
            ]
        if open_ended:
            again = {pk: requests[pk] for pk in open_ended}
            with self.clock.reading():
                others = self._offers_for(again)
            self._rank(again, others, is_again=True)

    # Storing

    def _store(self, requests: Requests, offers: Offers, find: Finder, *, done: int) -> Batch:
        with transaction.atomic(), self.clock.writing(), changes.together():
            self._require_same_policy()
            batch = Batch(self.records, requests, offers)
            batch.decide(find)
            with self.clock.scoring():
                work = batch.work()
            self._write(work, {pk: request.profile.reference for pk, request in requests.items()}, done=done)
        return batch

    def _write(self, work: Work, references: Mapping[int, str], *, done: int) -> None:
        Writer(references, int(self.policy.version)).write(work)
        self.run.suggested += len(work.new) + len(work.revived)
        self.run.changed += len(work.changed)
        self.run.superseded += len(work.superseded)
        self.run.requests_done += done
        self.clock.save()

    def _begin(self, requests: int) -> None:
        self.run.requests_total = requests
        self.clock.save()

    def _require_same_policy(self) -> None:
        newest = MatchingPolicy.objects.order_by("-version").values_list("version", flat=True).first()
        if newest != int(self.policy.version):
            raise PolicyChanged

    def _supersede_closed(self) -> None:
        """Suggestions of requests that are no longer open give way."""
        left = Match.objects.filter(status=SUGGESTED)
        if self.run.request_id:
            left = left.filter(request=self.run.request_id)
        closed = left.exclude(request__in=AssistanceRequest.objects.open())
        keys = sorted(set(closed.values_list("request_id", flat=True)))
        for start in range(0, len(keys), limits.BATCH):
            self._supersede_of(AssistanceRequest.objects.filter(pk__in=keys[start : start + limits.BATCH]))

    def _supersede_of(self, requests: QuerySet[AssistanceRequest]) -> None:
        with transaction.atomic(), self.clock.writing(), changes.together():
            locked = requests.order_by("pk").select_for_update(no_key=True)
            references = dict(locked.values_list("pk", "reference"))
            reopened = set(
                AssistanceRequest.objects.open().filter(pk__in=list(references)).values_list("pk", flat=True)
            )
            matches = Match.objects.filter(request__in=references.keys() - reopened, status=SUGGESTED)
            work = Work()
            for match in matches.select_for_update(of=("self",), no_key=True).select_related("offer").order_by("pk"):
                stored = Stored(
                    match.pk, match.offer_id, match.offer.reference, match.status, 0, 0, match.version, "", 0
                )
                work.superseded.append((match.request_id, stored, REQUEST_NOT_OPEN))
            self._write(work, references, done=0)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Leave cycles to be found later: to look for them among all the records of a run takes as long as the run."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _parts(requests: Requests) -> Iterator[Requests]:
    """The requests in batches, by primary key."""
    keys = sorted(requests)
    for start in range(0, len(keys), limits.BATCH):
        yield {pk: requests[pk] for pk in keys[start : start + limits.BATCH]}
