"""The addresses of candidates in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from assistance.matching.candidates import Kind
from cooperation_portal.api import operations
from cooperation_portal.api.components import ref
from cooperation_portal.api.fields import Schema
from cooperation_portal.api.operations import Operation
from cooperation_portal.api.querystring import MAX_LIMIT

from ..gate_sentences import GATE_LABELS

_TAG = "requests"
_TEXT: Schema = {"type": "string"}
_CODES: Schema = {"type": "array", "items": _TEXT}
_SENTENCE: Schema = {"type": "string", "description": "For people, in the language of Accept-Language."}
_PARAMS: Schema = {"type": "object", "additionalProperties": True}
_REQUEST = operations.in_path("request_ref", "Reference of the request, such as REQ-2026-0001.")
_OFFER = operations.in_path("offer_ref", "Reference of the offer, such as OFF-2026-0001.")


def list_candidates(view: Any) -> Operation:
    operation = operations.computed(
        _TAG,
        "list_candidates",
        "Offers that fit a request of your organization, and those that miss by one gate",
        ref("CandidatePage"),
        [
            _REQUEST,
            operations.in_query("kind", "Only candidates of this kind.", [kind.value for kind in Kind]),
            operations.in_query("gate", "Only near misses that fail this gate.", GATE_LABELS),
        ],
        shared=("limit", "cursor", "count"),
        linked=True,
    )
    return operation, {"CandidatePage": _page(), "Candidate": _candidate()}


def read_candidate(view: Any) -> Operation:
    operation = operations.computed(
        _TAG,
        "read_candidate",
        "Why an offer fits a request, or why not: of your own request, or your own offer and a circulated request",
        ref("CandidateExplained"),
        [_REQUEST, _OFFER],
    )
    return operation, {"CandidateExplained": _explained()}


def _object(properties: dict[str, Schema], description: str = "") -> Schema:
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return schema | ({"description": description} if description else {})


def _told(**more: Schema) -> Schema:
    return _object({"code": _TEXT, **more, "params": _PARAMS, "sentence": _SENTENCE})


def _many(item: Schema, description: str) -> Schema:
    return {"type": "array", "items": item, "description": description}


def _head(kinds: list[str]) -> dict[str, Schema]:
    return {
        "type": {"type": "string", "const": "candidate"},
        "ref": {"type": "string", "description": "References of request and offer."},
        "url": {"type": "string", "format": "uri", "description": "Where the pair is explained."},
        "request": _TEXT,
        "offer": _TEXT,
        "kind": {"type": "string", "enum": kinds},
        "score": {"type": "number", "minimum": 0, "maximum": 100},
    }


def _candidate() -> Schema:
    failed = {"anyOf": [_told(), {"type": "null"}], "description": "The one gate that a near miss fails."}
    return _object({**_head([kind.value for kind in Kind]), "failed": failed}, "An offer for a request.")


def _page() -> Schema:
    meta = _object(
        {
            "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT},
            "policy": {"type": "string", "description": "Version of the matching policy."},
            "threshold": {"type": "number", "description": "Score from which on an offer is suggested."},
            "compared": {"type": "integer", "minimum": 0, "description": "Offers that were compared."},
            "warnings": _many(_told(), "What is wrong with the request although it can be compared."),
        }
    )
    meta["properties"]["count"] = {"type": "integer", "minimum": 0}
    following: Schema = {"type": ["string", "null"], "format": "uri"}
    return _object({"data": _many(ref("Candidate"), "The best first."), "next": following, "meta": meta})


def _explained() -> Schema:
    number: Schema = {"type": "number"}
    need = {
        "key": _TEXT,
        "area": _TEXT,
        "priority": _TEXT,
        "met_by": {"type": ["string", "null"]},
        "closeness": number,
        "met": number,
        "types_met": _CODES,
        "types_missing": _CODES,
        "sentence": _SENTENCE,
    }
    return _object(
        {
            **_head([*(kind.value for kind in Kind), "no_candidate"]),
            "threshold": number,
            "policy": _TEXT,
            "today": {"type": "string", "format": "date"},
            "match": {"type": ["integer", "null"], "description": "Id of the stored match, if you may read it."},
            "gates": _many(_told(passed={"type": "boolean"}), "Every gate, passed or not."),
            "parts": _many(
                _told(value=number, weight=number, points=number),
                "Parts of the score; the points add up to it. To a provider, without what the requester prefers.",
            ),
            "needs": _many(_object(need), "Which need is met, and by which area."),
            "missing": _many(_told(), "What the offer leaves open."),
            "paragraphs": _many(_told(ref=_TEXT), "Paragraphs that the pair serves."),
            "readings": _many(_told(of=_TEXT), "What the texts say beyond the tags."),
            "warnings": _many(_told(), "What is wrong with the request although it can be compared."),
            "unknown_areas": {**_CODES, "description": "Areas of the offer that are retired."},
        },
        "A request and an offer, explained.",
    )
