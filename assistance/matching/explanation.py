"""Why a pair scores as it does, as plain JSON values that any language can turn into sentences.

The explanation holds codes and parameters, never prose (`codes` lists them all), and names the policy's
version, so that it stays readable after the policy has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistance.matching.gates import GateResult
from assistance.matching.pair import Pair, Served
from assistance.matching.profiles import STATE_CATEGORY
from assistance.matching.scoring import Part, Score
from assistance.matching.values import points

Explanation = dict[str, Any]
Parts = Mapping[str, Part]
"""The parts of a score by code."""

IRO_CATEGORIES = frozenset({"international", "regional", "subregional", "UN entity"})
"""Paragraph 24 of resolution 2325 (2016) asks these to name a point of contact; States and NGOs not."""
PROMPT_FROM = 0.7


def explain_pair(pair: Pair, gates: tuple[GateResult, ...], scored: Score) -> Explanation:
    """The explanation of one pair: see `docs/matching.md` for its fields.

    The `points` of `parts` add up to `score` exactly, in hundredths of a point.
    """
    parts = {part.code: part for part in scored.parts}
    return {
        "request": pair.request.reference,
        "offer": pair.offer.reference,
        "score": points(scored.hundredths),
        "fit": round(scored.fit, 4),
        "policy": pair.policy.version,
        "today": pair.today.isoformat(),
        "gates": [{"code": gate.code, "passed": gate.passed, "params": dict(gate.params)} for gate in gates],
        "parts": [
            {
                "code": part.code,
                "value": round(part.value, 4),
                "weight": part.weight,
                "points": points(part.hundredths),
                "params": dict(part.params),
            }
            for part in scored.parts
        ],
        "needs": [_need(pair, served) for served in pair.served],
        "missing": _missing(pair, parts),
        "paragraphs": _paragraphs(pair, parts),
        "readings": [
            {"of": of, "code": note.code, "params": dict(note.params)}
            for of, notes in (("request", pair.reading.notes), ("offer", pair.offered.notes))
            for note in notes
        ],
    }


def _need(pair: Pair, served: Served) -> dict[str, Any]:
    need = served.need.need
    reached = served.value >= pair.policy.reach
    return {
        "key": need.key,
        "area": need.area,
        "priority": need.priority,
        "met_by": served.met_by if reached else None,
        "closeness": round(served.area, 4),
        "met": round(served.value, 4),
        "types_met": [code for code in need.types if code in pair.offered.types] if reached else [],
        "types_missing": [code for code in need.types if not reached or code not in pair.offered.types],
    }


def _missing(pair: Pair, parts: Parts) -> list[dict[str, Any]]:
    """What the offer leaves open, the gravest first."""
    found: list[dict[str, Any]] = []
    for served in pair.served:
        need = served.need.need
        where = {"key": need.key, "area": need.area, "priority": need.priority}
        if not served.need.is_known:
            found.append({"code": "area_unknown", "params": where})
        elif served.value < pair.policy.reach:
            found.append({"code": "need_unmet", "params": where})
        else:
            lacking = [code for code in need.types if code not in pair.offered.types]
            if lacking:
                found.append({"code": "types_missing", "params": {**where, "types": lacking}})
    if pair.languages_known and not pair.common_languages:
        found.append(
            {
                "code": "no_common_language",
                "params": {
                    "asked": list(pair.request.languages),
                    "offered": sorted(pair.offered.languages),
                },
            }
        )
    found += _missing_by_parts(pair, parts)
    return found


def _missing_by_parts(pair: Pair, parts: Parts) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    gap, when = parts["coverage_gap"], parts["timing"].params
    if gap.value:
        found.append({"code": "members_not_covered", "params": dict(gap.params)})
    if when["late"]:
        found.append({"code": "starts_late", "params": {"starts_on": when["starts_on"]}})
    if when["early"]:
        found.append({"code": "ends_early", "params": {"ends_on": when["ends_on"]}})
    if when["unfunded"]:
        found.append({"code": "funding_open", "params": {}})
    if _lacks_contact(pair):
        found.append({"code": "contact_missing", "params": {"provider": pair.offer.provider}})
    return found


def _lacks_contact(pair: Pair) -> bool:
    provider = pair.directory.provider(pair.offer.provider)
    return provider.category in IRO_CATEGORIES and not provider.has_contact


def _paragraphs(pair: Pair, parts: Parts) -> list[dict[str, Any]]:
    """The paragraphs of resolution 2325 (2016) that the pair serves."""
    provider = pair.directory.provider(pair.offer.provider)
    who = {"provider": provider.key}
    found: list[dict[str, Any]] = [
        {"ref": "2325/19", "code": "op19_notified", "params": {**who, "offer": pair.offer.reference}}
    ]
    where, timing = parts["region"].params, parts["timing"]
    pairing = "op20_pairing" if where["kind"] == "global" else "op20_regional"
    found.append({"ref": "2325/20", "code": pairing, "params": {**who, "kind": where["kind"]}})
    when = timing.params
    prompt = "op22_prompt" if timing.value >= PROMPT_FROM and not when["late"] else "op22_later"
    found.append(
        {
            "ref": "2325/22",
            "code": prompt,
            "params": {"starts_on": when["starts_on"], "ends_on": when["ends_on"], "urgent": when["urgent"]},
        }
    )
    found.append({"ref": "2325/24", "code": _contact_code(provider.category, provider.has_contact), "params": who})
    return found


def _contact_code(category: str, has_contact: bool) -> str:
    if has_contact:
        return "op24_contact"
    if category in IRO_CATEGORIES:
        return "op24_contact_missing"
    return "op24_state" if category == STATE_CATEGORY else "op24_not_asked"
