"""What every service of a request shares: the right, the lock, the record, the new matching run, and who is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.actors import Actor, actor_for
from cooperation_portal.access.policy import NotAllowed, require
from cooperation_portal.access.roles import Role
from cooperation_portal.notices.sending import notify
from cooperation_portal.records.lifecycle import IllegalTransition
from cooperation_portal.records.write import recorded
from organizations.models import User

from ..lifecycles.requests import REQUEST_LIFE_CYCLE
from ..models import AssistanceRequest, MatchingRun, Offer
from .queueing import queue_matching


@contextmanager
def changed(
    request: AssistanceRequest, *, by: Any, permission: str, told_as: str, version: int | None, reason: str = ""
) -> Iterator[AssistanceRequest]:
    """Check the right, lock, let the caller change, record, and have the pairs of the request matched again."""
    actor = require(by, permission, request)
    with recorded(
        request, by=actor, action=told_as, expected_version=version, reason=reason.strip(), clean=False
    ) as locked:
        if locked.is_draft and not actor.is_system and not _acts_for(actor, locked):
            raise NotAllowed(permission, "request")
        if locked.is_from_public_source:
            raise IllegalTransition(_("This record comes from a public source. It is history and cannot be changed."))
        yield locked
        if not locked.is_draft:
            rematch(locked)


@contextmanager
def moved(
    request: AssistanceRequest, action: str, *, by: Any, told_as: str, version: int | None, reason: str = ""
) -> Iterator[AssistanceRequest]:
    """As `changed`, after moving the request along its life cycle."""
    with changed(request, by=by, permission=action, told_as=told_as, version=version, reason=reason) as locked:
        REQUEST_LIFE_CYCLE.move(locked, action)
        yield locked


def _acts_for(actor: Actor, request: AssistanceRequest) -> bool:
    return bool(actor.bodies & request.owners())


def rematch(request: AssistanceRequest) -> None:
    queue_matching(cause=MatchingRun.Cause.REQUEST, request=request)


def said(text: str, name: str, problem: Any) -> str:
    """The text without surrounding blanks; raises a `ValidationError` of the field `name` where it is empty."""
    if not text.strip():
        raise ValidationError({name: problem})
    return text.strip()


def experts() -> Iterable[User]:
    return User.objects.with_committee_role(Role.EXPERT)


def requesters_people(request: AssistanceRequest) -> Iterable[User]:
    return User.objects.acting_for(request.owners(), Role.FOCAL_POINT, Role.STATE_FOCAL_POINT)


def providers_people(request: AssistanceRequest) -> Iterable[User]:
    """Focal points of the organizations with a live offer, those aside that the requester declined."""
    declined = request.declined_providers.values("pk")
    live = Offer.objects.live().exclude(organization=None).exclude(organization__in=declined)
    owners = {("organization", key) for key in live.values_list("organization_id", flat=True)}
    return User.objects.acting_for(owners, Role.FOCAL_POINT) if owners else ()


def tell(request: AssistanceRequest, action: str, users: Iterable[User], *, by: Any, **params: str) -> None:
    """Leave notices for `users`, whoever acted aside."""
    actor = actor_for(by)
    notify(
        action=action,
        obj=request,
        users=[user for user in users if user.pk != actor.user_id],
        path=request.get_absolute_url(),
        params={
            "request": request.reference,
            "requester": str(request.requester),
            "title": request.title,
            **params,
        },
    )
