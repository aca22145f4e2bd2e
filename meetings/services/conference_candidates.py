"""Who could meet whom at a regional assistance conference: requesters of a region and the providers that fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count, F, Q

from assistance.coverage import full_memberships
from assistance.lifecycles.matches import PROPOSABLE_REQUEST_STATUSES
from assistance.matching import Policy, RequestProfile
from assistance.models import AssistanceRequest, Match, Offer
from assistance.services.ranking import rank_records
from organizations.models import Organization, State

from ..regions import states_in

#: The share of an organization's members that lies in the region from which on it counts as asking for the region.
MEMBERS_IN_REGION = 0.5
#: Turned down by an expert or by a party: no reason for a meeting.
TURNED_DOWN = (Match.Status.DISMISSED, Match.Status.DECLINED)

Party = Organization | State


def party_key(party: Party) -> str:
    """A party's name in schedules and addresses: S-PER, O-CICTE. Acronyms may look like codes of States."""
    return f"{'S' if isinstance(party, State) else 'O'}-{party.ref}"


@dataclass(frozen=True)
class Fit:
    """A request and the provider's offer that fits it best; `weight` is the priority of the request's highest need."""

    request: AssistanceRequest
    offer: Offer
    hundredths: int
    weight: float


@dataclass(frozen=True)
class CandidatePair:
    """A requester and a provider that would have something to talk about, best fit first."""

    requester: str
    provider: str
    fits: tuple[Fit, ...]

    @property
    def key(self) -> tuple[str, str]:
        return (self.requester, self.provider)

    @property
    def value(self) -> int:
        """Best score for each request, weighted by its priority, added up; in hundredths of a point, at least 1."""
        return max(1, round(sum(fit.weight * fit.hundredths for fit in self.fits)))


@dataclass(frozen=True)
class Side:
    """A party on one side, for the list in which the expert ticks it in or out."""

    key: str
    party: Party
    records: int
    partners: int
    value: int


@dataclass(frozen=True)
class Candidates:
    """Parties by key and the pairs worth a meeting, most valuable first.

    `waiting` counts open requests of the region that are left aside because they are not authenticated or are held;
    `unmet` are requesters for which no live offer fits.
    """

    parties: Mapping[str, Party]
    pairs: tuple[CandidatePair, ...]
    waiting: int
    unmet: tuple[Party, ...]
    policy: str

    @cached_property
    def by_key(self) -> Mapping[tuple[str, str], CandidatePair]:
        return {pair.key: pair for pair in self.pairs}

    @cached_property
    def requesters(self) -> tuple[Side, ...]:
        return self._sides("requester", lambda fit: fit.request.pk)

    @cached_property
    def providers(self) -> tuple[Side, ...]:
        return self._sides("provider", lambda fit: fit.offer.pk)

    def _sides(self, side: str, record: Any) -> tuple[Side, ...]:
        pairs: dict[str, list[CandidatePair]] = defaultdict(list)
        for pair in self.pairs:
            pairs[getattr(pair, side)].append(pair)
        rows = [
            Side(
                key,
                self.parties[key],
                len({record(fit) for pair in of_party for fit in pair.fits}),
                len(of_party),
                sum(pair.value for pair in of_party),
            )
            for key, of_party in pairs.items()
        ]
        return tuple(sorted(rows, key=lambda row: (row.party.sort_key, row.key)))


def conference_candidates(who: Any, region: str) -> Candidates:
    """Open requests of a region that may reach the parties, with the live offers that fit them, as `who` sees both.

    A fixed number of queries. Raises `MatchingNotPossible`.
    """
    asked = AssistanceRequest.objects.visible_to(who).open().filter(_of_region_q(region))
    ready = asked.filter(status__in=PROPOSABLE_REQUEST_STATUSES)
    offers = Offer.objects.visible_to(who).live()
    rankings = rank_records(ready, offers)
    requests = {row.reference: row for row in ready.select_related("state", "organization")}
    by_reference = {row.reference: row for row in offers.select_related("state", "organization")}
    turned_down = set(
        Match.objects.filter(request__in=[row.pk for row in requests.values()], status__in=TURNED_DOWN).values_list(
            "request__reference", "offer__reference"
        )
    )
    parties: dict[str, Party] = {}
    best: dict[tuple[str, str], dict[int, Fit]] = defaultdict(dict)
    for reference, ranking in rankings.of.items():
        request = requests[reference]
        requester = _noted(parties, request.requester)
        weight = _weight(rankings.requests[reference], rankings.matcher.policy)
        for found in ranking.suggested:  # best first
            if (reference, found.offer) in turned_down:
                continue
            offer = by_reference[found.offer]
            fits = best[requester, _noted(parties, offer.provider)]
            fits.setdefault(request.pk, Fit(request, offer, found.hundredths, weight))
    pairs = [CandidatePair(*key, _best_first(fits.values())) for key, fits in best.items()]
    pairs.sort(key=lambda pair: (-pair.value, pair.key))
    met = {pair.requester for pair in pairs}
    asking = {party_key(row.requester): row.requester for row in requests.values()}
    return Candidates(
        parties=parties,
        pairs=tuple(pairs),
        waiting=asked.count() - len(requests),
        unmet=tuple(sorted((asking[key] for key in asking.keys() - met), key=lambda party: party.sort_key)),
        policy=rankings.matcher.policy.version,
    )


def _of_region_q(region: str) -> Q:
    """Requests of States of the region, and of organizations of which at least half the members lie there."""
    inside = states_in(region)
    members = (
        full_memberships()
        .values("organization")
        .annotate(every=Count("pk"), there=Count("pk", filter=Q(state__in=inside)))
    )
    regional = members.filter(there__gte=MEMBERS_IN_REGION * F("every"))
    return Q(state__in=inside) | Q(organization__in=regional.values("organization"))


def _noted(parties: dict[str, Party], party: Party) -> str:
    key = party_key(party)
    parties.setdefault(key, party)
    return key


def _best_first(fits: Iterable[Fit]) -> tuple[Fit, ...]:
    return tuple(sorted(fits, key=lambda fit: (-fit.weight * fit.hundredths, fit.request.reference)))


def _weight(request: RequestProfile, policy: Policy) -> float:
    """The priority of the highest need; a request without needs counts as a low one."""
    return max((policy.priorities[need.priority] for need in request.needs), default=min(policy.priorities.values()))
