"""What people do with matches: experts decide, parties answer.

Rows are locked in one order everywhere: request, offer, match.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from cooperation_portal import changes
from cooperation_portal.access.actors import Actor, actor_for
from cooperation_portal.access.policy import NotAllowed, require
from cooperation_portal.access.roles import Role
from cooperation_portal.notices.sending import notify
from cooperation_portal.records.write import lock, recorded
from organizations.models import User

from ..lifecycles.matches import MATCH_LIFE_CYCLE, may_reach_the_parties
from ..models import AssistanceRequest, Match, MatchAnswer, MatchingRun, Misfit, RequestStep
from .procedure import complete_step
from .queueing import queue_matching

ANSWERING_ROLES = (Role.FOCAL_POINT, Role.STATE_FOCAL_POINT)


class AlreadyDecided(ValidationError):
    """Somebody else decided first."""

    def __init__(self, match: Match) -> None:
        super().__init__(
            _("This match was already decided: %(status)s by %(who)s on %(when)s. Nothing was changed."),
            code="already_decided",
            params={
                "status": match.get_status_display(),
                "who": match.decided_by_label,
                "when": date_format(match.decided_at or match.updated_at, "j F Y, H:i"),
            },
        )


def match_shortlist(*, by: Any, match: Match, expected_version: int | None = None, note: str = "") -> Match:
    """Keep a suggestion for closer work (experts)."""
    return _decide(by=by, match=match, action="shortlist", expected_version=expected_version, reason=note)


def match_dismiss(
    *, by: Any, match: Match, reason: str, expected_version: int | None = None, misfit: str = ""
) -> Match:
    """Put a match aside, with a reason (experts). Tells the parties if it had been proposed to them.

    `misfit` names what did not fit, if anything in particular, so that it can be counted.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the match is dismissed.")})
    _check_misfit(misfit)
    return _decide(
        by=by, match=match, action="dismiss", expected_version=expected_version, reason=reason, misfit=misfit
    )


def _check_misfit(misfit: str) -> None:
    if misfit not in ("", *Misfit.values):
        raise ValidationError({"misfit": _("This is not in the list. Choose one of those shown, or leave it empty.")})


def match_reopen(*, by: Any, match: Match, reason: str, expected_version: int | None = None) -> Match:
    """Bring back a dismissed or declined match (experts); earlier answers are cleared and stay in the audit."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the match is reopened.")})
    return _decide(by=by, match=match, action="reopen", expected_version=expected_version, reason=reason)


def match_propose(*, by: Any, match: Match, expected_version: int | None = None, note: str = "") -> Match:
    """Propose to both parties (experts): they get mail and a page on which to answer."""
    return _decide(by=by, match=match, action="propose", expected_version=expected_version, reason=note)


_PAST_TENSE = {
    "shortlist": "match.shortlisted",
    "propose": "match.proposed",
    "dismiss": "match.dismissed",
    "reopen": "match.reopened",
}


def match_assign(*, by: Any, match: Match) -> Match:
    """Take a match on one's own desk (experts)."""
    actor = require(by, "shortlist", match)
    with recorded(match, by=actor, action="match.assigned", clean=False) as locked:
        locked.assignee_id = actor.user_id
    return locked


@transaction.atomic
@changes.together()
def _decide(
    *, by: Any, match: Match, action: str, expected_version: int | None, reason: str, misfit: str = ""
) -> Match:
    actor = require(by, action, match)
    _require_impartial(actor, match, action)
    lock(match.request)
    lock(match.offer)
    current = lock(match)
    _refuse_if_decided(current, action, expected_version)
    with recorded(current, by=actor, action=_PAST_TENSE[action], reason=reason, clean=False) as locked:
        was_proposed = locked.status == Match.Status.PROPOSED
        MATCH_LIFE_CYCLE.move(locked, action)
        locked.decided_by_label = actor.label
        locked.decided_by_id_kept = actor.user_id
        locked.decided_at = timezone.now()
        locked.decision_reason = reason.strip()
        locked.misfit = misfit
        if action == "propose":
            locked.proposed_at = locked.decided_at
        if action == "reopen":
            locked.proposed_at = None
            locked.answers.all().delete()
    if action == "propose":
        _begin_matchmaking(actor, locked)
        notify_parties(locked, "match.proposed")
    if action == "dismiss" and was_proposed:
        notify_parties(locked, "match.dismissed", reason=locked.decision_reason)
    return locked


def _begin_matchmaking(actor: Actor, match: Match) -> None:
    """The first proposal for a circulated request is the step of the procedure by which matchmaking begins."""
    is_begun = match.request.steps.filter(kind=RequestStep.Kind.MATCHMAKING, done_on__isnull=False).exists()
    if is_begun or match.request.status == AssistanceRequest.Status.AUTHENTICATED:
        return
    with recorded(match.request, by=actor, action="request.step_recorded", clean=False) as request:
        complete_step(request, RequestStep.Kind.MATCHMAKING, by=actor)


def _refuse_if_decided(current: Match, action: str, expected_version: int | None) -> None:
    """Say who decided first rather than that a version is stale."""
    moved_on = expected_version is not None and current.version != expected_version
    impossible = MATCH_LIFE_CYCLE.find(action, current.status) is None
    if current.decided_at is not None and (moved_on or impossible):
        raise AlreadyDecided(current)


def _require_impartial(actor: Actor, match: Match, action: str) -> None:
    """Nobody decides a match to which the own organization or State is a party."""
    if actor.bodies & match.parties():
        raise NotAllowed(action, "match")


def sides_of(who: Any, match: Match) -> list[MatchAnswer.Side]:
    """The sides for which `who` may answer."""
    actor = actor_for(who)
    own = {("organization", key) for key in actor.organizations.get(Role.FOCAL_POINT, ())}
    own |= {("state", key) for key in actor.state_ids}
    sides = []
    if own & match.request.owners():
        sides.append(MatchAnswer.Side.REQUESTER)
    if own & match.offer.owners():
        sides.append(MatchAnswer.Side.PROVIDER)
    return sides


@transaction.atomic
@changes.together()
def match_answer(
    *,
    by: Any,
    match: Match,
    accept: bool,
    reason: str = "",
    side: MatchAnswer.Side | None = None,
    expected_version: int | None = None,
    misfit: str = "",
) -> Match:
    """Answer a proposal for one's side. When both accepted it is agreed and takes a place of the offer's capacity.

    A decline may name in `misfit` what did not fit; an acceptance has none.

    Raises `ValidationError` if this side has answered already, a decline has no reason, or the last place is gone.
    """
    actor = require(by, "answer", match)
    _check_misfit(misfit)
    request, offer = lock(match.request), lock(match.offer)
    current = lock(match, expected_version=expected_version)
    current.request, current.offer = request, offer
    own_side = _side_to_answer(actor, current, side)
    if not accept and not reason.strip():
        raise ValidationError({"reason": _("Say why you decline; it helps the experts to find something better.")})
    if MATCH_LIFE_CYCLE.find("agree", current.status) is None:
        raise ValidationError(_("This proposal is no longer open. Reload the page to see where it stands."))
    if accept and (problem := may_reach_the_parties(current)) is not None:
        raise ValidationError(problem)
    if current.answers.filter(side=own_side).exists():
        raise ValidationError(_("Your side has already answered this proposal."))
    answer = MatchAnswer(
        match=current,
        side=own_side,
        answer=MatchAnswer.Answer.ACCEPTED if accept else MatchAnswer.Answer.DECLINED,
        reason=reason.strip(),
        misfit="" if accept else misfit,
        answered_by_label=actor.label,
    )
    answer.full_clean()
    answer.save()
    is_agreed = current.answers.filter(answer=MatchAnswer.Answer.ACCEPTED).count() == len(MatchAnswer.Side)
    if is_agreed and offer.capacity is not None:
        queue_matching(cause=MatchingRun.Cause.OFFER, offer=offer)
    with recorded(
        current, by=actor, action="match.accepted" if accept else "match.declined", reason=reason, clean=False
    ) as locked:
        if not accept:
            MATCH_LIFE_CYCLE.move(locked, "decline")
    party = str(match.request.requester if own_side == MatchAnswer.Side.REQUESTER else match.offer.provider)
    if not accept:
        notify_all(locked, "match.declined", party=party, reason=answer.reason)
    elif is_agreed:
        locked = _agree(actor, locked)
    else:
        notify_all(locked, "match.accepted", party=party)
    return locked


def _side_to_answer(actor: Actor, match: Match, wanted: MatchAnswer.Side | None) -> MatchAnswer.Side:
    sides = sides_of(actor, match)
    if wanted is not None and wanted not in sides:
        raise NotAllowed("answer", "match")
    answered = set(match.answers.values_list("side", flat=True))
    return wanted or next((side for side in sides if side not in answered), sides[0])


def _agree(actor: Actor, match: Match) -> Match:
    if match.offer.capacity == 0:
        raise ValidationError(_("The last place of this offer was taken meanwhile. Tell the experts."))
    with recorded(match, by=actor, action="match.agreed", clean=False) as locked:
        MATCH_LIFE_CYCLE.move(locked, "agree")
    with recorded(match.request, by=actor, action="request.step_recorded", clean=False) as request:
        complete_step(request, RequestStep.Kind.OFFER_RECEIVED, by=actor)
    if match.offer.capacity is not None:
        with recorded(match.offer, by=actor, action="offer.updated", clean=False) as offer:
            offer.capacity = match.offer.capacity - 1
    notify_all(locked, "match.agreed")
    return locked


def notify_parties(match: Match, action: str, **params: str) -> None:
    """Tell the people who may answer for either side."""
    _notify(match, action, User.objects.acting_for(match.parties(), *ANSWERING_ROLES), params)


def notify_all(match: Match, action: str, **params: str) -> None:
    """Tell both parties and the experts."""
    parties = User.objects.acting_for(match.parties(), *ANSWERING_ROLES)
    _notify(match, action, [*parties, *User.objects.with_committee_role(Role.EXPERT)], params)


def _notify(match: Match, action: str, users: Any, params: dict[str, str]) -> None:
    """A withdrawn proposal is no longer the parties' to read: its notice leads to their list."""
    is_theirs = action != "match.dismissed"
    notify(
        action=action,
        obj=match,
        users=users,
        path=match.get_absolute_url() if is_theirs else reverse("assistance:match_list"),
        params={
            "offer": match.offer.title,
            "provider": str(match.offer.provider),
            "request": match.request.reference,
            "requester": str(match.request.requester),
            **params,
        },
    )
