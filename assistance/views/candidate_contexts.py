"""What the pages of candidates show, for the web and for the admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from assistance.matching.candidates import Candidate
from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.policy import allows

from ..candidate_pages import (
    NOT_TO_ASK,
    Facts,
    Narrowed,
    Row,
    candidate_sentence,
    groups,
    narrowed,
    offer_facts,
    request_facts,
    shown_of,
)
from ..comparison import compared
from ..explanations import describe, warning_sentences
from ..models import AssistanceRequest, Match, Offer
from ..pair_changes import PairChanges, pair_changes
from ..services.candidates import Pair, PairReading, offers_found, pair_found, requests_found
from ..services.questions import why_not_asked
from ..wording import Words
from .offer_pages import contacts_of

#: Gives the address of the page of a pair from the other record's reference.
PairUrl = Callable[[str], str]


def web_pair(record: AssistanceRequest) -> PairUrl:
    return lambda offer: reverse("assistance:pair", args=[record.reference, offer])


def offers_for(request: HttpRequest, record: AssistanceRequest, pair_url: PairUrl) -> dict[str, Any]:
    """The candidates of a request. Raises as `offers_found` does."""
    found = offers_found(by=request.user, request=record)
    words = Words()
    directory = found.matcher.directory

    def facts_of(candidate: Candidate) -> Facts:
        return offer_facts(found.offers[candidate.offer], directory, words)

    shown = narrowed(request, found.candidates.found, facts_of)
    matches = _matches(request.user, request=record, offer__reference__in=[one.offer for one in shown.page])
    may_ask = allows(request.user, "ask", "match") and not record.is_draft
    rows = []
    for candidate in shown.page:
        facts = facts_of(candidate)
        explanation = shown_of(candidate, found.matcher, found.profile, found.offers[candidate.offer], words)
        asked = may_ask and candidate.failed is not None and candidate.failed.code not in NOT_TO_ASK
        rows.append(
            Row(
                candidate=candidate,
                facts=facts,
                url=pair_url(candidate.offer),
                record_url=reverse("assistance:offer_detail", args=[candidate.offer]),
                sentence=candidate_sentence(candidate, explanation, words),
                explanation=explanation,
                match=matches.get(candidate.offer),
                ask_url=reverse("assistance:pair_ask", args=[record.reference, candidate.offer]) if asked else "",
            )
        )
    return {
        "record": record,
        "policy": found.candidates.policy,
        "threshold": found.matcher.policy.threshold,
        "compared": found.candidates.compared,
        "warnings": warning_sentences(found.candidates.warnings, words),
        **_list(shown, rows),
    }


def requests_for(request: HttpRequest, offer: Offer) -> dict[str, Any]:
    """The requests that an offer fits. Raises as `requests_found` does."""
    found = requests_found(by=request.user, offer=offer)
    words = Words()

    def facts_of(candidate: Candidate) -> Facts:
        return request_facts(found.requests[candidate.request], words)

    shown = narrowed(request, found.found, facts_of)
    matches = _matches(request.user, offer=offer, request__reference__in=[one.request for one in shown.page])
    rows = []
    for candidate in shown.page:
        explanation = shown_of(candidate, found.matcher, found.requests[candidate.request], found.profile, words)
        rows.append(
            Row(
                candidate=candidate,
                facts=facts_of(candidate),
                url=reverse("assistance:pair", args=[candidate.request, offer.reference]),
                record_url=reverse("assistance:request_detail", args=[candidate.request]),
                sentence=candidate_sentence(candidate, explanation, words),
                explanation=explanation,
                match=matches.get(candidate.request),
                ask_url="",
            )
        )
    return {
        "offer": offer,
        "policy": found.matcher.policy.version,
        "threshold": found.matcher.policy.threshold,
        "compared": len(found.requests),
        "warnings": retired_areas(found.unknown_areas),
        **_list(shown, rows),
    }


def _list(shown: Narrowed, rows: list[Row]) -> dict[str, Any]:
    return {
        "shown": shown,
        "form": shown.form,
        "page": shown.page,
        "groups": groups(rows) if shown.is_grouped else [],
        "rows": rows,
    }


def _matches(who: Any, **narrow: Any) -> dict[str, Match]:
    """Stored matches that the reader sees, by the reference of the other record."""
    rows = Match.objects.visible_to(who).filter(**narrow).defer("explanation").select_related("request", "offer")
    is_by_offer = "request" in narrow
    return {match.offer.reference if is_by_offer else match.request.reference: match for match in rows}


def pair_of(who: Any, record: AssistanceRequest, offer: Offer) -> dict[str, Any]:
    """The page of a pair. Raises as `pair_found` does."""
    found = pair_found(by=who, request=record, offer=offer)
    words = Words()
    is_inside = found.reading is PairReading.INSIDE
    explanation = describe(found.explanation, words)
    may_ask = allows(who, "ask", "match") and not why_not_asked(record, offer)
    return {
        "pair": found,
        "record": record,
        "offer": offer,
        "explanation": explanation,
        "failed": [gate for gate in explanation.gates if not gate.is_passed],
        "passed": [gate for gate in explanation.gates if gate.is_passed],
        "verdict": verdict(found),
        "warnings": [*warning_sentences(found.warnings, words), *retired_areas(found.unknown_areas)],
        "comparison": compared(record, offer),
        "match": found.match,
        # A provider's reading leaves out wishes that a stored explanation counts: the two are not comparable.
        "changes": _changes(found, words) if is_inside else PairChanges([], []),
        "is_inside": is_inside,
        "is_committee": actor_for(who).is_committee,
        "may_see_others": is_inside,
        "contacts": contacts_of(who, offer) if is_inside else [],
        "ask_url": reverse("assistance:pair_ask", args=[record.reference, offer.reference]) if may_ask else "",
    }


def _changes(found: Pair, words: Words) -> PairChanges:
    stored = found.match.explanation if found.match is not None else {}
    return pair_changes(stored or {}, found.explanation, words)


def verdict(found: Pair) -> dict[str, str]:
    """Tone, title and sentence of the answer to "why, or why not?"."""
    numbers = {"points": f"{found.explanation['score']:.1f}", "threshold": f"{found.threshold:g}"}
    if found.is_suggested:
        title = _("It fits")
        sentence = _("Every gate is passed, and %(points)s points reach the threshold of %(threshold)s.") % numbers
        return {"tone": "good", "title": title, "sentence": sentence}
    if not found.failed:
        title = _("It passes, but helps little")
        sentence = _("Every gate is passed, but %(points)s points are below the threshold of %(threshold)s.") % numbers
        return {"tone": "information", "title": title, "sentence": sentence}
    if len(found.failed) == 1:
        title = _("A near miss: one gate stands in the way")
        sentence = _("Without it the offer would have %(points)s points.") % numbers
        return {"tone": "attention", "title": title, "sentence": sentence}
    title = _("It does not fit: %(count)d gates stand in the way") % {"count": len(found.failed)}
    return {"tone": "problem", "title": title, "sentence": ""}


def retired_areas(codes: tuple[str, ...]) -> list[str]:
    """What is wrong with an offer's areas, with what to do."""
    if not codes:
        return []
    sentence = _("These areas of the offer are retired and match nothing: %(areas)s. Its provider can choose others.")
    return [sentence % {"areas": ", ".join(codes)}]


def ask_page(who: Any, record: AssistanceRequest, offer: Offer, form: Any, *, has_people: bool) -> dict[str, Any]:
    """The page on which an expert writes to a provider."""
    provider = {"provider": offer.provider}
    consequences = [
        _("The focal points of %(provider)s get your text, with the title and reference of their offer, by mail.")
        % provider,
        _("The request is not shown to them. Name neither the requester nor what is asked for, unless it is known."),
        _("The question is kept in the history of the request, for the Committee, and of the offer, for its provider."),
    ]
    return {
        "record": record,
        "offer": offer,
        "form": form,
        "title": _("Ask %(provider)s") % provider,
        "sentence": offer.title,
        "reference": offer.reference,
        "consequences": consequences,
        "has_people": has_people,
        "contacts": contacts_of(who, offer),
        "submit": _("Send the question"),
        "cancel_url": reverse("assistance:pair", args=[record.reference, offer.reference]),
    }
