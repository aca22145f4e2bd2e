"""Some requests at a time, in one transaction: what is stored of them is made to say what was found.

All or nothing of a batch is written, with its audit entries, its change rows and the run's progress. Rows are locked in
this order: requests, matches, offers (shared). Whoever decides a match takes its request first as well, so nobody waits
in a circle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection

from assistance.matching import OfferProfile, RequestProfile
from assistance.matching.keys import day_key, key_of, policy_key

from ...models import AssistanceRequest, Match, Offer
from . import limits
from .deciding import Decision, Found, Placed, Stored, decide
from .records import Known, Records

BELOW_THRESHOLD = "below_threshold"
OUTRANKED = "outranked"
REQUEST_NOT_OPEN = "request_not_open"

#: Finds the offers for each of some requests, given the pairs stored for each by offer.
Finder = Callable[[Mapping[int, Mapping[int, Stored]]], Mapping[int, list[Found]]]


class Explained(NamedTuple):
    """A pair to be written: where it stands, its explanation, and the key of what that was computed from."""

    request: int
    placed: Placed
    explanation: dict[str, Any]
    inputs: str


@dataclass(slots=True)
class Work:
    """What a batch has to write."""

    new: list[Explained] = field(default_factory=list)
    changed: list[Explained] = field(default_factory=list)
    revived: list[Explained] = field(default_factory=list)
    superseded: list[tuple[int, Stored, str]] = field(default_factory=list)
    moved: list[Placed] = field(default_factory=list)
    confirmed: list[tuple[Stored, str]] = field(default_factory=list)


class Batch:
    """One batch of requests. Make it and use it inside one transaction."""

    def __init__(
        self, records: Records, requests: Mapping[int, Known[RequestProfile]], offers: dict[int, Known[OfferProfile]]
    ) -> None:
        self.records = records
        self.matcher = records.matcher
        self.policy_version = int(self.matcher.policy.version)
        self.requests = {pk: requests[pk] for pk in self._lock_requests(requests)}
        self.offers = offers
        self.stored = self._lock_stored()
        self.decisions: dict[int, Decision] = {}
        self._days: dict[int, str] = {}
        self._basis = key_of(policy_key(self.matcher.policy), records.vocabulary)

    def _lock_requests(self, requests: Mapping[int, Known[RequestProfile]]) -> list[int]:
        """Those that are open and as they were read. Another run is queued for what has changed since."""
        rows = AssistanceRequest.objects.open().filter(pk__in=list(requests)).select_for_update(no_key=True)
        versions = dict(rows.order_by("pk").values_list("pk", "version"))
        return [pk for pk, version in versions.items() if version == requests[pk].version]

    def _lock_stored(self) -> dict[int, dict[int, Stored]]:
        """The stored pairs of the requests, by request and offer."""
        rows = Match.objects.filter(request__in=list(self.requests)).select_for_update(of=("self",), no_key=True)
        found: dict[int, dict[int, Stored]] = {pk: {} for pk in self.requests}
        for row in rows.order_by("pk").values_list(
            "pk",
            "request_id",
            "offer_id",
            "offer__reference",
            "status",
            "score",
            "rank",
            "version",
            "inputs",
            "policy_version",
            named=True,
        ):
            found[row.request_id][row.offer_id] = Stored(
                pk=row.pk,
                offer=row.offer_id,
                reference=row.offer__reference,
                status=row.status,
                hundredths=round(100 * row.score),
                rank=row.rank,
                version=row.version,
                inputs=row.inputs,
                policy_version=row.policy_version,
            )
        return found

    def decide(self, find: Finder) -> None:
        """Decide for every request, and again where an offer turns out to have changed since it was read.

        Such an offer stays as it is stored: a run of its own is queued for it.
        """
        found = find(self.stored)
        locked: set[int] = set()
        changed: set[int] = set()
        while True:
            self.decisions = {
                pk: decide(self.stored[pk], self._unless(changed, pk, items), limits.SUGGESTIONS_PER_REQUEST)
                for pk, items in found.items()
            }
            touched = self._touched() - locked
            if not touched:
                return
            self._read_missing(touched)
            changed |= self._changed(sorted(touched))
            locked |= touched

    def _unless(self, changed: set[int], request: int, found: list[Found]) -> list[Found]:
        if not changed:
            return found
        stored = self.stored[request].values()
        left = [item for item in found if item.offer not in changed]
        return left + [
            Found(match.offer, match.reference, match.hundredths, is_as_stored=True)
            for match in stored
            if match.is_suggested and match.offer in changed
        ]

    def _touched(self) -> set[int]:
        """Offers of which the decisions change a pair."""
        return {
            offer
            for pk, decision in self.decisions.items()
            for offer in [
                *(match.offer for match in decision.dropped),
                *(placed.found.offer for placed in decision.placed if not self._says_the_same(pk, placed)),
            ]
        }

    def _says_the_same(self, request: int, placed: Placed) -> bool:
        if placed.found.is_as_stored:
            return True
        match = placed.stored
        if match is None or not match.is_suggested or match.hundredths != placed.found.hundredths:
            return False
        return match.policy_version == self.policy_version and match.inputs == self._inputs(request, placed.found.offer)

    def _inputs(self, request: int, offer: int) -> str:
        """The key of all that the pair's explanation is computed from."""
        asked, given = self.requests[request], self.offers[offer]
        if request not in self._days:
            reading = self.matcher.read_request(asked.profile)
            self._days[request] = day_key(asked.profile, reading, self.matcher.today)
        has_contact = self.matcher.directory.provider(given.profile.provider).has_contact
        return key_of(asked.content, given.content, has_contact, self._days[request], self._basis)

    def _read_missing(self, offers: set[int]) -> None:
        """Read the offers of suggestions that give way, where the run has not read them."""
        missing = [pk for pk in offers if pk not in self.offers]
        if missing:
            self.offers.update(self.records.offers(Offer.objects.filter(pk__in=missing)))

    def _changed(self, offers: list[int]) -> set[int]:
        """Keep the offers as they are until commit; give back those that are not as they were read."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, version FROM assistance_offer WHERE id = ANY(%s) ORDER BY id FOR SHARE", [offers]
            )
            versions = dict(cursor.fetchall())
        return {pk for pk in offers if versions.get(pk) != self.offers[pk].version}

    def work(self) -> Work:
        """Explain what is new or says something else, and say why the others give way."""
        work = Work()
        told = self._told_before()
        for pk, decision in self.decisions.items():
            for placed in decision.placed:
                if self._says_the_same(pk, placed):
                    if placed.stored is not None and placed.stored.rank != placed.rank:
                        work.moved.append(placed)
                    continue
                self._explain(pk, placed, told, work)
            for match in decision.dropped:
                work.superseded.append((pk, match, self._why_not(pk, match)))
        return work

    def _explain(self, request: int, placed: Placed, told: Mapping[int, dict[str, Any]], work: Work) -> None:
        offer = self.offers[placed.found.offer].profile
        explanation = self.matcher.explain(self.requests[request].profile, offer)
        explained = Explained(request, placed, explanation, self._inputs(request, placed.found.offer))
        match = placed.stored
        if match is None:
            work.new.append(explained)
        elif not match.is_suggested:
            work.revived.append(explained)
        elif match.pk in told and _alike(told[match.pk], explanation):
            work.confirmed.append((match, explained.inputs))
            if match.rank != placed.rank:
                work.moved.append(placed)
        else:
            work.changed.append(explained)

    def _told_before(self) -> dict[int, dict[str, Any]]:
        """Stored explanations by match, of pairs that may say the same although something they come from changed."""
        doubtful = [
            placed.stored.pk
            for pk, decision in self.decisions.items()
            for placed in decision.placed
            if placed.stored is not None
            and placed.stored.is_suggested
            and placed.stored.policy_version == self.policy_version
            and placed.stored.hundredths == placed.found.hundredths
            and not self._says_the_same(pk, placed)
        ]
        if not doubtful:
            return {}
        return dict(Match.objects.filter(pk__in=doubtful).values_list("pk", "explanation"))

    def _why_not(self, request: int, match: Stored) -> str:
        """The code of the first gate that the pair fails now, or that its score is too low or others are better."""
        explained = self.matcher.explain(self.requests[request].profile, self.offers[match.offer].profile)
        failed = [gate["code"] for gate in explained["gates"] if not gate["passed"]]
        if failed:
            return str(failed[0])
        is_low = round(100 * explained["score"]) < round(100 * self.matcher.policy.threshold)
        return BELOW_THRESHOLD if is_low else OUTRANKED


def _alike(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Equal but for the day on which they were computed."""
    return {**before, "today": None} == {**after, "today": None}
