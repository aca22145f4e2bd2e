"""A question to a provider about one of its offers, asked for a request that the provider may not know of."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cooperation_portal import audit
from cooperation_portal.access.actors import Actor
from cooperation_portal.access.policy import NotAllowed, require
from cooperation_portal.access.roles import Role
from cooperation_portal.notices.sending import notify
from organizations.models import User

from ..models import AssistanceRequest, Offer
from .candidates import NEVER_CANDIDATES, why_not_compared
from .request_changes import said

QUESTION_LENGTH = 2000


@transaction.atomic
def provider_ask(*, by: Any, request: AssistanceRequest, offer: Offer, question: str) -> int:
    """Send an expert's question to the focal points of an offer's provider; give back how many people get it.

    They read the question and which offer it is about, and nothing of the request: what the question says of it is the
    expert's decision. Both records keep it in their history, the request also which offer was asked about.
    Raises `NotAllowed` and `ValidationError`.
    """
    actor = require(by, "ask", "match")
    _require_impartial(actor, request, offer)
    text = said(question, "question", _("Write the question."))
    if len(text) > QUESTION_LENGTH:
        sentence = _("Shorten this to %(limit)d characters.") % {"limit": QUESTION_LENGTH}
        raise ValidationError({"question": sentence})
    if problem := why_not_asked(request, offer):
        raise ValidationError(problem)
    people = people_asked(offer)
    if not people:
        raise ValidationError(
            _("%(provider)s has no focal point in the portal, so nobody would read it. Write to its point of contact.")
            % {"provider": offer.provider}
        )
    reason = f"{offer.reference}: {text}"
    audit.record(action="request.provider_asked", obj=request, by=actor, before={}, after={}, reason=reason)
    audit.record(action="offer.asked", obj=offer, by=actor, before={}, after={}, reason=text)
    notify(
        action="offer.asked",
        obj=offer,
        users=people,
        path=offer.get_absolute_url(),
        params={"offer": offer.title, "reference": offer.reference, "question": text},
    )
    return len(people)


def people_asked(offer: Offer) -> list[User]:
    """Those who would get a question about the offer."""
    return list(User.objects.acting_for(offer.owners(), Role.FOCAL_POINT, Role.STATE_FOCAL_POINT))


def why_not_asked(request: AssistanceRequest, offer: Offer) -> Any:
    """Why the provider is not asked about this offer for this request; empty if it may be."""
    if request.is_draft or (problem := why_not_compared(request)):
        return _("A provider is asked about open requests only.") if request.is_draft else problem
    if offer.status in NEVER_CANDIDATES or offer.is_from_public_source:
        return _("This offer is no longer one that its provider stands by.")
    if offer.organization_id and request.declined_providers.filter(pk=offer.organization_id).exists():
        return _("The requester does not want help from this provider, so it is not asked.")
    return ""


def _require_impartial(actor: Actor, request: AssistanceRequest, offer: Offer) -> None:
    """As with decisions: nobody asks where an organization or State of their own is a party."""
    if actor.bodies & (request.owners() | offer.owners()):
        raise NotAllowed("ask", "match")
