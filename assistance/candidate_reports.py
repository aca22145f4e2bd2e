"""Candidates and pairs as plain lines and plain values, for `manage.py match`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .explanations import describe, warning_items, warning_sentences
from .gate_sentences import MISS_LABELS, gate_sentence
from .models import AssistanceRequest
from .services.candidates import FoundOffers, Pair
from .wording import Words


def near_miss_lines(request: AssistanceRequest, found: FoundOffers, words: Words) -> Iterator[str]:
    """The request, then each near miss with the gate and the fact that stands in the way."""
    yield f"{request.reference}  {request.requester}: {request.title}"
    for sentence in warning_sentences(found.candidates.warnings, words):
        yield f"  note: {sentence}"
    for miss in found.candidates.near_misses:
        if miss.failed is None:
            continue
        offer, failed = found.offers[miss.offer], miss.failed
        why = gate_sentence(failed.code, failed.params, words, passed=False)
        yield f"  {miss.score:6.2f}  {miss.offer}  {words.body(offer.provider)}: {offer.title}"
        yield f"          {MISS_LABELS.get(failed.code, failed.code)}: {why}"
    if not found.candidates.compared:
        yield "  No offer is published, so there is nothing to compare."
    elif not found.candidates.near_misses:
        yield f"  None of {found.candidates.compared} offers misses by one gate alone."


def near_misses_as_json(found: FoundOffers, words: Words) -> dict[str, Any]:
    return {
        "request": found.candidates.request,
        "policy": found.candidates.policy,
        "compared": found.candidates.compared,
        "warnings": warning_items(found.candidates.warnings, words),
        "near_misses": [
            {
                "offer": miss.offer,
                "score": miss.score,
                "gate": miss.failed.code,
                "params": dict(miss.failed.params),
                "sentence": gate_sentence(miss.failed.code, miss.failed.params, words, passed=False),
            }
            for miss in found.candidates.near_misses
            if miss.failed is not None
        ],
    }


def pair_lines(found: Pair, words: Words) -> Iterator[str]:
    """One pair: the answer, every gate, the parts of the score, what is missing."""
    shown = describe(found.explanation, words)
    yield f"{found.request.reference}  {found.request.requester}: {found.request.title}"
    yield f"{found.offer.reference}  {found.offer.provider}: {found.offer.title}"
    score = f"{found.explanation['score']:.2f} points under policy {found.explanation['policy']}"
    if found.failed:
        yield f"Not suggested: gates not passed: {len(found.failed)} of {len(shown.gates)}. If all were: {score}."
    elif found.is_suggested:
        yield f"Suggested: {score}, threshold {found.threshold:g}."
    else:
        yield f"Not suggested: {score}, below the threshold of {found.threshold:g}."
    if found.match is not None:
        yield f"Stored match: {found.match.get_status_display()}, {found.match.score} points."
    for sentence in warning_sentences(found.warnings, words):
        yield f"  note: {sentence}"
    if found.unknown_areas:
        yield f"  note: These areas of the offer are retired: {', '.join(found.unknown_areas)}."
    for gate in shown.gates:
        yield f"  {'passed' if gate.is_passed else 'FAILED'}  {gate.label}: {gate.sentence}"
    for part in shown.told_parts:
        yield f"  {part.points:+7.2f}  {part.label}: {part.sentence}"
    for sentence in shown.missing:
        yield f"  missing: {sentence}"


def pair_as_json(found: Pair, words: Words) -> dict[str, Any]:
    return {
        "explanation": found.explanation,
        "suggested": found.is_suggested,
        "threshold": found.threshold,
        "match": found.match.status if found.match is not None else None,
        "warnings": warning_items(found.warnings, words),
        "unknown_areas": list(found.unknown_areas),
    }
