"""The gates: a pair that fails one is never suggested, and the reason is kept.

Each gate is a function of the pair that returns a GateResult: a code, whether it was passed, and plain
parameters from which the reader's language makes a sentence (see `codes`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from assistance.matching.pair import Pair, Served
from assistance.matching.scoring import overlaps
from assistance.matching.values import plain_date

LIVE_STATUSES = frozenset({"ongoing", "planned"})
MOST_MEMBERS = 2 / 3
"""An organization that asks counts as covered when the offer is open to at least this share of its members."""
WANTED_AS_ASKED = 0.75


@dataclass(frozen=True)
class GateResult:
    """What one gate found. `params` are JSON values."""

    code: str
    passed: bool
    params: Mapping[str, object] = field(default_factory=dict)


def live(pair: Pair) -> GateResult:
    """The offer is planned or ongoing, and not over."""
    offer = pair.offer
    over = offer.ends_on is not None and offer.ends_on < pair.today
    reason = None if offer.status in LIVE_STATUSES else "status"
    if reason is None and over:
        reason = "over"
    return GateResult(
        "live",
        reason is None,
        {"reason": reason, "status": offer.status, "ends_on": plain_date(offer.ends_on)},
    )


def open_by_text(pair: Pair) -> GateResult:
    """The text does not say that places or applications are closed, or the programme suspended."""
    return GateResult("open_by_text", not pair.offered.is_closed)


def period(pair: Pair) -> GateResult:
    """The offer runs at some time within the wanted period."""
    request, offer = pair.request, pair.offer
    reason = None
    if not _not_after(offer.starts_on, request.needed_by):
        reason = "starts_after"
    elif not _not_after(request.needed_from, offer.ends_on):
        reason = "ends_before"
    return GateResult(
        "period",
        reason is None,
        {
            "reason": reason,
            "starts_on": plain_date(offer.starts_on),
            "ends_on": plain_date(offer.ends_on),
            "needed_from": plain_date(request.needed_from),
            "needed_by": plain_date(request.needed_by),
        },
    )


def _not_after(first: date | None, second: date | None) -> bool:
    return first is None or second is None or first <= second


def covered(pair: Pair) -> GateResult:
    """The offer is open to the State that asks, or to most members of the organization that asks."""
    share = pair.covered_share
    passed = share >= 1 if pair.request.state else share >= MOST_MEMBERS
    return GateResult(
        "covered",
        passed,
        {
            "requester": pair.request.requester,
            "share": round(share, 4),
            "by_text": pair.offered.is_narrowed or (bool(pair.request.state) and pair.offered.not_for_states),
            "regional_groups": sorted(pair.offer.regional_groups),
            "members_of": sorted(pair.offer.members_of),
            "states": sorted(pair.offer.states),
        },
    )


def capacity(pair: Pair) -> GateResult:
    """There is room for one more, or no limit is known."""
    left = pair.offer.capacity
    return GateResult("capacity", left is None or left > 0, {"capacity": left})


def not_own(pair: Pair) -> GateResult:
    """Nobody is the answer to the own request."""
    requester = pair.request.requester
    return GateResult(
        "not_own",
        requester not in pair.directory.lineage(pair.offer.provider),
        {"provider": pair.offer.provider, "requester": requester},
    )


def not_declined(pair: Pair) -> GateResult:
    """The requester has not declined this provider, in the list or in the text."""
    provider = pair.offer.provider
    by_text = provider in pair.reading.declined
    declined = by_text or provider in pair.request.declined_providers
    return GateResult("not_declined", not declined, {"provider": provider, "by_text": by_text})


def need_in_reach(pair: Pair) -> GateResult:
    """At least one need is near enough to an area of the offer, for a weapon type that it covers."""
    closest = _most(pair, lambda served: served.area * served.weapon)
    reason = None if closest >= pair.policy.reach else "area"
    if reason and any(served.area >= pair.policy.reach > served.area * served.weapon for served in pair.served):
        reason = "weapon_type"
    elif reason and any(served.area * served.weapon >= pair.policy.reach for served in pair.served):
        reason = "low_priority"
    return GateResult(
        "need_in_reach",
        reason is None,
        {
            "reason": reason,
            "closest": round(closest, 4),
            "needed": [served.need.need.area for served in pair.served],
            "offered": sorted(pair.offer.areas),
        },
    )


def _most(pair: Pair, quality: Callable[[Served], float]) -> float:
    """The largest of priority x quality over the needs."""
    weighted = zip(pair.priorities, pair.served, strict=True)
    return max((priority * quality(served) for priority, served in weighted), default=0.0)


def form_of_help(pair: Pair) -> GateResult:
    """For a need in reach the offer gives a form of help that is asked for and not refused."""
    best = _most(pair, lambda served: served.value)
    asked = {form for served in pair.served for form in served.need.types}
    refused = {form for served in pair.served for form in served.need.refused_types}
    reason = None
    if best < pair.policy.reach:
        reason = "refused" if refused & pair.offered.types else "other_form"
    return GateResult(
        "form_of_help",
        reason is None,
        {"reason": reason, "asked": sorted(asked), "offered": sorted(pair.offered.types), "refused": sorted(refused)},
    )


def language(pair: Pair) -> GateResult:
    """There is a common working language, if the requester insists on one."""
    return GateResult(
        "language",
        not (pair.has_language_barrier and pair.reading.insists_on_language),
        {"asked": list(pair.request.languages), "offered": sorted(pair.offered.languages)},
    )


def not_already_received(pair: Pair) -> GateResult:
    """The same provider does not give this very help already for the whole period.

    Help in an area that the requester nevertheless asks for, in the form asked for, completes what is running.
    """
    blocking = [
        overlap
        for overlap in overlaps(pair)
        if overlap.same_provider and overlap.value >= 1 and not _asked_again(pair, overlap.area)
    ]
    first = blocking[0] if blocking else None
    return GateResult(
        "not_already_received",
        first is None,
        {
            "provider": pair.offer.provider,
            "area": first.area if first else None,
            "until": plain_date(first.until) if first else None,
        },
    )


def _asked_again(pair: Pair, area: str) -> bool:
    return any(
        served.need.need.area == area and served.form >= WANTED_AS_ASKED and served.area >= 1 for served in pair.served
    )


GATES: tuple[Callable[[Pair], GateResult], ...] = (
    live,
    open_by_text,
    period,
    covered,
    capacity,
    not_own,
    not_declined,
    need_in_reach,
    form_of_help,
    language,
    not_already_received,
)
"""In the order in which they are shown."""


def check(pair: Pair) -> tuple[GateResult, ...]:
    """All gates, passed or not."""
    return tuple(gate(pair) for gate in GATES)


def passes(pair: Pair) -> bool:
    return all(gate(pair).passed for gate in GATES)
