"""From suggestion to project: the transition table of a match."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from cooperation_portal.records.lifecycle import LifeCycle, Transition

from ..models import AssistanceRequest, Match

S = Match.Status

#: The request must be authentic and not held before anything goes to the parties.
PROPOSABLE_REQUEST_STATUSES = (
    AssistanceRequest.Status.AUTHENTICATED,
    AssistanceRequest.Status.CIRCULATED,
    AssistanceRequest.Status.BEING_ASSISTED,
)


def may_reach_the_parties(match: Match) -> Any:
    """Nothing goes to a party while the request is unauthenticated or held, or the offer is not live."""
    if match.request.status not in PROPOSABLE_REQUEST_STATUSES:
        return _(
            "The request is not authenticated, or is held. Nothing can be agreed until it goes on in its procedure."
        )
    if not match.offer.is_live:
        return _("The offer is no longer live, so nothing can be agreed. The provider can resume it.")
    return None


MATCH_LIFE_CYCLE = LifeCycle(
    S,
    [
        Transition("shortlist", frozenset({S.SUGGESTED}), S.SHORTLISTED, _("Shortlist")),
        Transition(
            "propose",
            frozenset({S.SUGGESTED, S.SHORTLISTED}),
            S.PROPOSED,
            _("Propose to both parties"),
            condition=may_reach_the_parties,
        ),
        Transition(
            "dismiss",
            frozenset({S.SUGGESTED, S.SHORTLISTED, S.PROPOSED}),
            S.DISMISSED,
            _("Dismiss"),
            asks_reason=True,
        ),
        Transition("reopen", frozenset({S.DISMISSED, S.DECLINED}), S.SUGGESTED, _("Reopen"), asks_reason=True),
        Transition("agree", frozenset({S.PROPOSED}), S.AGREED, _("Accept"), allowed_by="answer"),
        Transition("decline", frozenset({S.PROPOSED}), S.DECLINED, _("Decline"), asks_reason=True, allowed_by="answer"),
        Transition("start_project", frozenset({S.AGREED}), S.PROJECT, _("Start a project"), allowed_by="answer"),
        Transition("supersede", frozenset({S.SUGGESTED}), S.SUPERSEDED, _("Supersede"), allowed_by="run"),
        Transition("revive", frozenset({S.SUPERSEDED}), S.SUGGESTED, _("Suggest again"), allowed_by="run"),
    ],
)
