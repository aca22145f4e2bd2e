"""Candidates of a request, and any pair explained: computed when asked, for those who may see it in the portal too.

A key reads the candidates of its organization's own requests; and of its own offers, why they fit a circulated request
or not.
"""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from rest_framework.request import Request

from assistance.matching.candidates import Candidate, Kind
from cooperation_portal.access.policy import require
from cooperation_portal.api import cursors, etags, querystring
from cooperation_portal.api.problems import Problem
from cooperation_portal.api.renderers import to_json
from cooperation_portal.api.views import PortalView, answer, next_url, not_modified

from ..explanations import ShownExplanation, describe, warning_items
from ..gate_sentences import GATE_LABELS, gate_sentence
from ..models import AssistanceRequest, Offer
from ..services.candidates import Pair, offers_found, pair_found
from ..services.ranking import MatchingNotPossible
from ..wording import Words
from . import candidate_schemas as schemas

#: A pair that is none of the kinds of candidate: two gates or more stand in the way.
NO_CANDIDATE = "no_candidate"
FILTERS = {"kind": [kind.value for kind in Kind], "gate": list(GATE_LABELS)}
_PLACES = {kind.value: place for place, kind in enumerate(Kind)}


class ComputedView(PortalView):
    """Reads in the caller's language; what cannot be computed now is a conflict with the reason."""

    app = "assistance"

    def get(self, request: Request, **keys: str) -> HttpResponse:
        http = request._request
        language = translation.get_language_from_request(http)
        with translation.override(language):
            try:
                body, headers = self.computed(http, **keys)
            except MatchingNotPossible as problem:
                raise Problem("conflict", str(problem)) from problem
            except ValidationError as problem:
                raise Problem("conflict", " ".join(problem.messages)) from problem
        tag = hashlib.sha256(f"{etags.scope_of(self.actor)}\0{language}\0".encode() + body).hexdigest()[:24]
        if etags.is_known(http, tag):
            response = not_modified(tag)
        else:
            response = answer(http, body, tag, headers={"Content-Language": language, **headers})
        patch_vary_headers(response, ("Accept-Language",))
        return response

    def computed(self, request: HttpRequest, **keys: str) -> tuple[bytes, dict[str, str]]:
        raise NotImplementedError

    def asked_request(self, reference: str) -> AssistanceRequest:
        rows = AssistanceRequest.objects.visible_to(self.actor).with_full_text_for(self.actor)
        found = rows.select_related("state", "organization").filter(reference=reference).first()
        if found is None:
            raise Http404
        return found


class CandidateList(ComputedView):
    """`GET /requests/<ref>/candidates/`: the best first, by kind; the order is fixed by score and reference."""

    documented: ClassVar[dict[str, Any]] = {"GET": schemas.list_candidates}

    def computed(self, request: HttpRequest, **keys: str) -> tuple[bytes, dict[str, str]]:
        asked = querystring.read_computed_list(request, FILTERS)
        record = self.asked_request(keys["request_ref"])
        require(self.actor, "see_candidates", record)
        bound_to = cursors.binding(f"candidates/{record.reference}", asked.filters, self.actor)
        found = offers_found(by=self.actor, request=record)
        rows = [one for one in found.candidates.found if _fits(one, asked.filters)]
        meta: dict[str, Any] = {
            "limit": asked.limit,
            "policy": found.candidates.policy,
            "threshold": found.matcher.policy.threshold,
            "compared": found.candidates.compared,
        }
        if asked.wants_count:
            meta["count"] = len(rows)
        if asked.cursor:
            after = cursors.read_place(asked.cursor, bound_to)
            rows = [one for one in rows if place_of(one) > after]
        words = Words()
        meta["warnings"] = warning_items(found.candidates.warnings, words)
        following = None
        if len(rows) > asked.limit:
            following = next_url(request, cursors.make_place(place_of(rows[asked.limit - 1]), bound_to))
        data = [_row(one, words) for one in rows[: asked.limit]]
        headers = {"Link": f'<{following}>; rel="next"'} if following else {}
        return to_json({"data": data, "next": following, "meta": meta}), headers


class CandidateRecord(ComputedView):
    """`GET /requests/<ref>/candidates/<offer ref>/`: why, or why not, for any offer that the caller reads."""

    documented: ClassVar[dict[str, Any]] = {"GET": schemas.read_candidate}

    def computed(self, request: HttpRequest, **keys: str) -> tuple[bytes, dict[str, str]]:
        querystring.refuse_parameters(request)
        record = self.asked_request(keys["request_ref"])
        offers = Offer.objects.visible_to(self.actor).select_related("organization", "state")
        offer = offers.filter(reference=keys["offer_ref"]).first()
        if offer is None:
            raise Http404
        found = pair_found(by=self.actor, request=record, offer=offer)
        return to_json(_told(found)), {}


def _fits(candidate: Candidate, filters: dict[str, str]) -> bool:
    gate = candidate.failed.code if candidate.failed else None
    return filters.get("kind", candidate.kind) == candidate.kind and filters.get("gate", gate) == gate


def place_of(candidate: Candidate) -> list[Any]:
    """The sort key of the list, as JSON values."""
    return [_PLACES[candidate.kind.value], -candidate.hundredths, candidate.offer]


def _row(candidate: Candidate, words: Words) -> dict[str, Any]:
    failed = None
    if candidate.failed is not None:
        code, params = candidate.failed.code, candidate.failed.params
        failed = {"code": code, "params": params, "sentence": gate_sentence(code, params, words, passed=False)}
    return {
        **_head(candidate.request, candidate.offer),
        "kind": candidate.kind.value,
        "score": candidate.score,
        "failed": failed,
    }


def _head(request: str, offer: str) -> dict[str, Any]:
    return {
        "type": "candidate",
        "ref": f"{request}/{offer}",
        "url": f"{settings.SITE_URL}{reverse('api:candidate-detail', args=[request, offer])}",
        "request": request,
        "offer": offer,
    }


def _told(found: Pair) -> dict[str, Any]:
    words = Words()
    explanation = found.explanation
    shown = describe(explanation, words)
    kind = NO_CANDIDATE
    if len(found.failed) == 1:
        kind = Kind.NEAR_MISS.value
    elif not found.failed:
        kind = Kind.SUGGESTED.value if found.is_suggested else Kind.BELOW_THRESHOLD.value
    return {
        **_head(explanation["request"], explanation["offer"]),
        "kind": kind,
        "score": explanation["score"],
        "threshold": found.threshold,
        "policy": explanation["policy"],
        "today": explanation["today"],
        "match": found.match.pk if found.match is not None else None,
        **_with_sentences(explanation, shown),
        "warnings": warning_items(found.warnings, words),
        "unknown_areas": list(found.unknown_areas),
    }


def _with_sentences(explanation: dict[str, Any], shown: ShownExplanation) -> dict[str, Any]:
    """Codes and parameters as the library gives them, each with its sentence."""
    told: dict[str, list[Any]] = {
        "gates": [gate.sentence for gate in shown.gates],
        "parts": [part.sentence for part in shown.parts],
        "needs": [need.sentence for need in shown.needs],
        "missing": shown.missing,
        "paragraphs": [paragraph.sentence for paragraph in shown.paragraphs],
        "readings": shown.readings,
    }
    return {
        name: [{**item, "sentence": sentence} for item, sentence in zip(explanation[name], sentences, strict=True)]
        for name, sentences in told.items()
    }
