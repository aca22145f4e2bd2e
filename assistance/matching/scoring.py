"""The parts of a score.

Parts that raise have a value from 0 to 1, a weight, and points: the part's share of 100, times its value,
times the fit (how far the offer serves the needs), so that region, language or a preferred provider never make
up for a wrong subject. Parts that lower then take their percentage, one after the other, off what has been
reached. Points are whole hundredths, and the score is their sum: nothing is lost in rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import sqrt

from assistance.matching.closeness import CATCH_ALL, area_closeness
from assistance.matching.pair import Pair, Served
from assistance.matching.policy import LOWERING, PARTS
from assistance.matching.profiles import CATCH_ALL_AREA, AreaTree, Directory, ExistingAssistance, RequestProfile
from assistance.matching.request_reading import RequestReading
from assistance.matching.values import plain_date

ABSOLUTE_PARTS = frozenset({"needs", "types", "weapons"})
"""Parts that speak of the needs themselves; all others count only as far as the needs are met."""

MADE_FOR_REGION = 0.85
GLOBAL = 0.2
URGENT_WITHIN = timedelta(days=180)
URGENT_FROM_WITHIN = timedelta(days=45)
EVENT_LENGTH = timedelta(days=60)
"""An offer shorter than this is an event: it does not end early, it is over when it has been held."""
OPEN_ENDED = 365
"""Days that are looked at where the wanted period has no end."""
LATE_COSTS, EARLY_COSTS = 0.6, 0.4
UNFUNDED = 0.6
NOT_AT_ONCE = 0.85
"""Timing of an offer that does not promise to begin at once, for an urgent request."""
SECOND_LANGUAGE = 0.85
UNKNOWN_LANGUAGE = 0.5
ANY_GAP = 0.6
"""What it costs that an organization's members are not all covered, however few are left out."""
OTHER_PROVIDER_OVERLAP = 0.6
COMPLETING = 0.5
GENERIC_FORMS: Mapping[str, float] = {
    "FUND": 0.3,
    "NETW": 0.3,
    "SPON": 0.3,
    "GUID": 0.5,
    "ELEA": 0.6,
    "WKSH": 0.8,
}
BROAD_AREA = 0.5
CATCH_ALL_SPECIFICITY = 0.1
STANDING_OFFER = 0.6
BESIDE_THE_POINT = 0.1
"""What each area of the offer that is near no need takes from its narrowness."""
RELATED_PROVIDER = 0.5


@dataclass(frozen=True)
class Part:
    """One part: value 0-1, the policy's weight, the points it brings (hundredths, negative if it lowers)."""

    code: str
    value: float
    weight: float
    hundredths: int
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """The sum of the parts, in hundredths of a point, never below 0 and never above 10,000."""

    hundredths: int
    fit: float
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Overlap:
    """Help that is running already and meets the offer: value 1 if it is the same for the whole period."""

    provider: str
    area: str
    until: date | None
    value: float
    same_provider: bool


def score(pair: Pair) -> Score:
    """Score one pair. The gates are not looked at here."""
    fit = pair.fit
    parts: list[Part] = []
    for code in PARTS:
        value, params = RAISING_PARTS[code](pair)
        share = pair.policy.shares[code] * value
        hundredths = round(share if code in ABSOLUTE_PARTS else share * fit)
        parts.append(Part(code, value, float(pair.policy.weights.get(code, 0)), hundredths, params))
    reached = sum(part.hundredths for part in parts)
    for code in LOWERING:
        value, params = LOWERING_PARTS[code](pair)
        taken = round(reached * (pair.policy.taken(code) * value))
        reached -= taken
        parts.append(Part(code, value, float(pair.policy.lowering.get(code, 0)), -taken, params))
    return Score(reached, fit, tuple(parts))


Measured = tuple[float, Mapping[str, object]]


def needs(pair: Pair) -> Measured:
    """The fit itself: needs met, by priority, closeness of area, form of help and weapon type."""
    met = sum(1 for served in pair.served if served.value >= pair.policy.reach)
    return pair.fit, {"met": met, "of": len(pair.served)}


def types(pair: Pair) -> Measured:
    """How well the forms of help asked for are given, for the need where that counts most."""
    value, best = _strongest_need(pair, lambda served: served.form)
    if best is None:
        return 0.0, {"met": [], "missing": []}
    asked = set(best.need.need.types)
    return value, {
        "met": sorted(asked & pair.offered.types),
        "missing": sorted(asked - pair.offered.types),
    }


def weapons(pair: Pair) -> Measured:
    """How well the weapon types fit, for the need where that counts most."""
    value, best = _strongest_need(pair, lambda served: served.weapon)
    if best is None:
        return 0.0, {"asked": [], "offered": []}
    return value, {
        "asked": sorted(best.need.weapon_types),
        "offered": sorted(pair.offered.weapon_types),
    }


def _strongest_need(pair: Pair, quality: Callable[[Served], float]) -> tuple[float, Served | None]:
    """The largest of priority x service x quality over the needs, and its need."""
    best: tuple[float, Served | None] = (0.0, None)
    for priority, served in zip(pair.priorities, pair.served, strict=True):
        value = priority * served.value * quality(served)
        if best[1] is None or value > best[0]:
            best = (value, served)
    return best


def region(pair: Pair) -> Measured:
    """A body of the requester's region first, then an offer made for the region, then a global one (OP 20)."""
    home = pair.directory.home_of(pair.offer.provider)
    states = pair.states
    if states and 2 * len(home & states) >= len(states):
        return 1.0, {"kind": "regional_body", "provider": pair.offer.provider}
    asked_by_organization = pair.request.organization is not None and pair.offered.for_organizations
    if pair.offered.covered is not None or asked_by_organization:
        return MADE_FOR_REGION, {"kind": "made_for_region", "provider": pair.offer.provider}
    return GLOBAL, {"kind": "global", "provider": pair.offer.provider}


def timing(pair: Pair) -> Measured:
    """How much of the wanted period the offer can serve, and for urgent requests how soon (OP 22)."""
    request, offer, today = pair.request, pair.offer, pair.today
    first, last = wanted_period(request, today)
    days = (last - first).days
    late = _share((offer.starts_on - first).days, days) if offer.starts_on else 0.0
    early = 0.0
    if offer.ends_on and not _is_event(offer.starts_on, offer.ends_on):
        early = _share((last - offer.ends_on).days, days)
    value = 1 - LATE_COSTS * late - EARLY_COSTS * early
    urgent = is_urgent(request, pair.reading, today)
    if urgent and not pair.offered.is_prompt:
        value *= NOT_AT_ONCE
    if pair.offered.is_unfunded:
        value *= UNFUNDED
    return max(value, 0.0), {
        "starts_on": plain_date(offer.starts_on),
        "ends_on": plain_date(offer.ends_on),
        "late": round(late, 4),
        "early": round(early, 4),
        "urgent": urgent,
        "prompt": pair.offered.is_prompt,
        "unfunded": pair.offered.is_unfunded,
    }


def wanted_period(request: RequestProfile, today: date) -> tuple[date, date]:
    """What is left of the period in which help is wanted: its first and its last day, never the same."""
    first = max(request.needed_from or today, today)
    return first, max(request.needed_by or first + timedelta(days=OPEN_ENDED), first + timedelta(days=1))


def is_urgent(request: RequestProfile, reading: RequestReading, today: date) -> bool:
    """The text says so, or the wanted period begins at once and ends soon."""
    soon = request.needed_by is not None and request.needed_by - today <= URGENT_WITHIN
    at_once = request.needed_from is not None and request.needed_from - today <= URGENT_FROM_WITHIN
    return reading.is_urgent or (soon and at_once)


def _share(days: int, of: int) -> float:
    return min(max(days / of, 0.0), 1.0)


def _is_event(starts_on: date | None, ends_on: date) -> bool:
    return starts_on is not None and ends_on - starts_on < EVENT_LENGTH


def language(pair: Pair) -> Measured:
    """A common working language, the requester's first one best."""
    params = {"common": list(pair.common_languages), "offered": sorted(pair.offered.languages)}
    return language_value(pair.request.languages, pair.offered.languages), params


def language_value(asked: Sequence[str], offered: frozenset[str]) -> float:
    """1 for the first language asked for, less for another, half where one side names none, else 0."""
    if not asked or not offered:
        return UNKNOWN_LANGUAGE
    if offered.isdisjoint(asked):
        return 0.0
    return 1.0 if asked[0] in offered else SECOND_LANGUAGE


def specificity(pair: Pair) -> Measured:
    """A narrow programme that does the work before funds, forums and general briefings."""
    tree, offer = pair.directory.areas, pair.offer
    known = [code for code in offer.areas if code in tree]
    near = [code for code in known if _is_near_a_need(pair, code)]
    narrow = max((area_specificity(tree, code) for code in near), default=0.0)
    narrow /= 1 + BESIDE_THE_POINT * (len(known) - len(near))
    concrete = max((GENERIC_FORMS.get(form, 1.0) for form in pair.offered.types), default=0.0)
    kind = STANDING_OFFER if offer.kind == "standing_offer" else 1.0
    return 0.5 * narrow + 0.3 * concrete + 0.2 * kind, {"areas": sorted(offer.areas), "kind": offer.kind}


def _is_near_a_need(pair: Pair, code: str) -> bool:
    tree = pair.directory.areas
    return any(area_closeness(tree, needed, code) > CATCH_ALL for served in pair.served for needed in served.need.areas)


def area_specificity(tree: AreaTree, code: str) -> float:
    """1 for an area with none below it, less for a broad one, least for the catch-all."""
    if code == CATCH_ALL_AREA:
        return CATCH_ALL_SPECIFICITY
    return BROAD_AREA if tree.has_below(code) else 1.0


def words(pair: Pair) -> Measured:
    """What the two texts speak of in common, in whatever languages (cosine of their weighted concepts)."""
    asked, given = pair.reading.concepts, pair.offered.concepts
    shared = sorted(asked.keys() & given.keys())
    params = {"shared": [name.partition(":")[2] for name in shared]}
    if not shared:
        return 0.0, params
    product = sum(asked[name] * given[name] for name in shared)
    length = sqrt(sum(value * value for value in asked.values()) * sum(v * v for v in given.values()))
    return min(product / length, 1.0), params


def preferred(pair: Pair) -> Measured:
    """A provider whom the requester prefers; half for a body above or below it."""
    provider = pair.offer.provider
    return preference(pair.request, provider, pair.directory), {"provider": provider}


def preference(request: RequestProfile, provider: str, directory: Directory) -> float:
    """1 for a preferred provider, half for one above or below it, else 0; who is declined is not preferred."""
    wanted = request.preferred_providers - request.declined_providers
    if provider in wanted:
        return 1.0
    below = {above for name in wanted for above in directory.lineage(name)}
    return RELATED_PROVIDER if wanted & set(directory.lineage(provider)) or provider in below else 0.0


def overlaps(pair: Pair) -> list[Overlap]:
    """The running help that meets the areas of this offer."""
    found = [_overlap(pair, existing) for existing in pair.request.existing_assistance]
    return [overlap for overlap in found if overlap.value > 0]


def _overlap(pair: Pair, existing: ExistingAssistance) -> Overlap:
    tree = pair.directory.areas
    tags = [code for code in pair.offer.areas if code in tree and existing.area in tree]
    near = max((area_closeness(tree, existing.area, code) for code in tags), default=0.0)
    near = near if near > CATCH_ALL else 0.0
    same = existing.organization in pair.directory.lineage(pair.offer.provider)
    weight = 1.0 if same else weight_of_others(pair.reading, existing.area, tree)
    value = near * _running_share(pair, existing.until) * weight
    if pair.offered.continues:
        value *= COMPLETING
    return Overlap(existing.organization, existing.area, existing.until, value, same)


def weight_of_others(reading: RequestReading, area: str, tree: AreaTree) -> float:
    """What help of another provider counts: nothing if it runs in an area that is near to nothing asked for."""
    needed = (code for need in reading.needs for code in need.areas)
    is_near = any(area_closeness(tree, code, area) > CATCH_ALL for code in needed)
    return OTHER_PROVIDER_OVERLAP if is_near else 0.0


def _running_share(pair: Pair, until: date | None) -> float:
    """The share of the wanted period during which the existing help still runs."""
    if until is None:
        return 1.0
    first, last = wanted_period(pair.request, pair.today)
    return _share((until - first).days, (last - first).days)


def overlap(pair: Pair) -> Measured:
    """Help that is already running in the same area and period, most of all by the same provider."""
    largest = max(overlaps(pair), key=lambda found: found.value, default=None)
    if largest is None:
        return 0.0, {"provider": None, "area": None, "until": None}
    return largest.value, {
        "provider": largest.provider,
        "area": largest.area,
        "until": plain_date(largest.until),
    }


def language_barrier(pair: Pair) -> Measured:
    """No common working language for training, drafting or advice."""
    return (1.0 if pair.has_language_barrier else 0.0), {
        "asked": list(pair.request.languages),
        "offered": sorted(pair.offered.languages),
    }


def coverage_gap(pair: Pair) -> Measured:
    """Members of the organization that asks to whom the offer is not open."""
    covered = pair.offered.covered
    if pair.request.state or covered is None or pair.covered_share >= 1:
        return 0.0, {"states": []}
    return ANY_GAP + (1 - ANY_GAP) * (1 - pair.covered_share), {"states": sorted(pair.states - covered)}


def outside_region(pair: Pair) -> Measured:
    """The title names another region than the requester's, and the coverage names no State of it either."""
    named, states = pair.offered.named_region, pair.states
    if named is None or not states or states & pair.offer.states:
        return 0.0, {"requester": pair.request.requester}
    return len(states - named) / len(states), {"requester": pair.request.requester}


def unwanted(pair: Pair) -> Measured:
    """The share of the offer's forms of help that the request refuses."""
    refused = {form for need in pair.reading.needs for form in need.refused_types} & pair.offered.types
    if not refused:
        return 0.0, {"types": []}
    return len(refused) / len(pair.offered.types), {"types": sorted(refused)}


RAISING_PARTS: Mapping[str, Callable[[Pair], Measured]] = {
    "needs": needs,
    "types": types,
    "weapons": weapons,
    "region": region,
    "timing": timing,
    "language": language,
    "specificity": specificity,
    "words": words,
    "preferred": preferred,
}
LOWERING_PARTS: Mapping[str, Callable[[Pair], Measured]] = {
    "overlap": overlap,
    "language_barrier": language_barrier,
    "coverage_gap": coverage_gap,
    "outside_region": outside_region,
    "unwanted": unwanted,
}
