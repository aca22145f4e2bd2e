"""Who acts for whom: asked for, invited, approved, refused, changed, ended."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal import changes
from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.policy import NotAllowed, require
from cooperation_portal.access.roles import COMMITTEE_ROLES, ORGANIZATION_ROLES, STATE_ROLES, Role
from cooperation_portal.notices.sending import notify
from cooperation_portal.records.write import created, lock, recorded

from ..models import Affiliation, Organization, State, User
from .accounts import account_for_invitation

#: A person may wait for this many answers at once; each asks somebody to act.
MAX_WAITING = 5
#: Whoever holds one of these decides about the others of the body.
MANAGING_ROLES = (Role.FOCAL_POINT, Role.STATE_FOCAL_POINT)


class AlreadyDecided(ValidationError):
    """Somebody else decided first."""

    def __init__(self, affiliation: Affiliation) -> None:
        super().__init__(
            _("This request was already decided (%(status)s) by %(who)s. Nothing was changed."),
            code="already_decided",
            params={"status": affiliation.get_status_display(), "who": affiliation.decided_by_label},
        )


class LastFocalPoint(ValidationError):
    """Nobody would be left to decide about people; the caller asks once more and passes `even_if_last`."""

    def __init__(self) -> None:
        super().__init__(
            _("This is the last focal point. Without one, only the secretariat can add people or answer proposals."),
            code="last_focal_point",
        )


def affiliation_request(*, by: Any, body: Organization | State, role: str, message: str) -> Affiliation:
    """Ask to act for an organization or a State; `by` is the person. Its focal points and the secretariat are told."""
    if role not in ORGANIZATION_ROLES | STATE_ROLES:
        raise ValidationError({"role": _("This role is given by the secretariat only.")})
    if isinstance(body, Organization) and body.suspended_on is not None:
        raise ValidationError(_("This organization is suspended from the network."))
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        if by.affiliations.waiting().count() >= MAX_WAITING:
            raise ValidationError(_("Several of your requests wait for an answer. Ask again once they are decided."))
        affiliation = _row(user=by, body=body, role=role, status=Affiliation.Status.REQUESTED, message=message)
        with created(affiliation, by=by, action="affiliation.requested"):
            notify(
                action="affiliation.requested",
                obj=affiliation,
                users=[person for person in deciders(affiliation) if person.pk != by.pk],
                path=people_path(body),
                params=_told(affiliation),
            )
    return affiliation


def affiliation_approve(*, by: Any, affiliation: Affiliation) -> Affiliation:
    """Let a person act for the body, who then holds this one role there. Raises `AlreadyDecided`."""
    with transaction.atomic(), changes.together():
        lock(affiliation.body)
        with recorded(affiliation, by=by, action="affiliation.approved", clean=False) as affiliation:
            _require_decision(by, "approve", affiliation)
            if not affiliation.user.is_active:
                raise ValidationError(_("The account of this person is deactivated. Ask the secretariat."))
            _end_other_roles(affiliation, by=by)
            _decide(affiliation, Affiliation.Status.ACTIVE, by=by)
            _tell_person(affiliation, "affiliation.approved")
    return affiliation


def affiliation_refuse(*, by: Any, affiliation: Affiliation, reason: str) -> Affiliation:
    """Say no, with a reason that the person reads. Raises `AlreadyDecided`."""
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("Say why, so that the person knows what to do.")})
    with recorded(affiliation, by=by, action="affiliation.refused", reason=reason, clean=False) as affiliation:
        _require_decision(by, "refuse", affiliation)
        affiliation.reason = reason
        _decide(affiliation, Affiliation.Status.REFUSED, by=by)
        _tell_person(affiliation, "affiliation.refused")
    return affiliation


def affiliation_invite(*, by: Any, body: Organization | State, role: str, email: str, name: str) -> Affiliation:
    """Let a person act for the body without being asked. An unknown address gets an account and a mail to set a
    password; a known one gets a notice. Committee roles are given by the secretariat only.
    """
    with transaction.atomic(), changes.together():
        lock(body)
        affiliation = _row(user=None, body=body, role=role, status=Affiliation.Status.ACTIVE)
        _require_role(by, "invite", affiliation)
        user = account_for_invitation(by=by, email=email, name=name)
        waiting = user.affiliations.waiting().filter(**_of(body), role=role).first()
        if waiting is not None:
            return affiliation_approve(by=by, affiliation=waiting)
        if user.affiliations.filter(**_of(body), role=role, status=Affiliation.Status.ACTIVE).exists():
            raise ValidationError({"email": _("This person already holds this role here.")})
        affiliation.user = user
        affiliation.decided_by_label = actor_for(by).label
        affiliation.decided_at = timezone.now()
        _end_other_roles(affiliation, by=by)
        with created(affiliation, by=by, action="affiliation.invited"):
            _tell_person(affiliation, "affiliation.invited")
    return affiliation


def affiliation_change_role(*, by: Any, affiliation: Affiliation, role: str, even_if_last: bool = False) -> Affiliation:
    """Give an organization's editor or focal point the other role: the old one ends, a new one begins."""
    if role not in ORGANIZATION_ROLES or affiliation.organization_id is None:
        raise ValidationError({"role": _("This role cannot be held there. Choose a role that fits.")})
    with transaction.atomic(), changes.together():
        lock(affiliation.body)
        _end(by=by, affiliation=affiliation, reason="", even_if_last=even_if_last)
        changed = _row(user=affiliation.user, body=affiliation.body, role=role, status=Affiliation.Status.ACTIVE)
        _require_role(by, "approve", changed)
        changed.decided_by_label = actor_for(by).label
        changed.decided_at = timezone.now()
        with created(changed, by=by, action="affiliation.approved"):
            _tell_person(changed, "affiliation.approved")
    return changed


def affiliation_end(*, by: Any, affiliation: Affiliation, reason: str = "", even_if_last: bool = False) -> Affiliation:
    """End a role. People may end their own; focal points those of their body.

    Raises `LastFocalPoint` where nobody would be left to manage people, unless `even_if_last`; the last person of the
    secretariat always stays.
    """
    with transaction.atomic(), changes.together():
        lock(affiliation.body)
        ended = _end(by=by, affiliation=affiliation, reason=reason.strip(), even_if_last=even_if_last)
        if actor_for(by).user_id != ended.user_id:
            _tell_person(ended, "affiliation.ended")
    return ended


def is_last_focal_point(affiliation: Affiliation) -> bool:
    """Whether nobody else who can sign in manages the people of the body."""
    if affiliation.role not in MANAGING_ROLES or affiliation.status != Affiliation.Status.ACTIVE:
        return False
    others = Affiliation.objects.filter(
        **_of(affiliation.body), role__in=MANAGING_ROLES, status=Affiliation.Status.ACTIVE, user__is_active=True
    )
    return not others.exclude(user_id=affiliation.user_id).exists()


def deciders(affiliation: Affiliation) -> set[User]:
    """Who may decide about an affiliation: the body's focal points and the secretariat."""
    managing = User.objects.acting_for(affiliation.owners(), *MANAGING_ROLES)
    return {*managing, *User.objects.with_committee_role(Role.SECRETARIAT)}


def people_path(body: Organization | State) -> str:
    """The page on which the people of a body are managed."""
    if isinstance(body, Organization):
        return reverse("organizations:people", args=[body.slug])
    return reverse("organizations:state_people", args=[body.iso3])


def _row(*, user: User | None, body: Organization | State, role: str, status: str, message: str = "") -> Affiliation:
    affiliation = Affiliation(role=role, status=status, message=message, **_of(body))
    if user is not None:
        affiliation.user = user
    return affiliation


def _of(body: Organization | State) -> dict[str, Organization | State]:
    return {"organization" if isinstance(body, Organization) else "state": body}


def _require_role(by: Any, action: str, affiliation: Affiliation) -> None:
    """The role table's answer for the body, and for a Committee role that of the secretariat."""
    require(by, action, affiliation)
    if affiliation.role in COMMITTEE_ROLES:
        require(by, "grant_committee_role", affiliation)


def _require_decision(by: Any, action: str, affiliation: Affiliation) -> None:
    _require_role(by, action, affiliation)
    if actor_for(by).user_id == affiliation.user_id:
        raise NotAllowed(action, "affiliation")
    if affiliation.status != Affiliation.Status.REQUESTED:
        raise AlreadyDecided(affiliation)


def _decide(affiliation: Affiliation, status: str, *, by: Any) -> None:
    affiliation.status = status
    affiliation.decided_by_label = actor_for(by).label
    affiliation.decided_at = timezone.now()


def _end_other_roles(affiliation: Affiliation, *, by: Any) -> None:
    """A person holds one role in an organization: the one given last."""
    if affiliation.role not in ORGANIZATION_ROLES:
        return
    held = Affiliation.objects.filter(
        user=affiliation.user,
        organization=affiliation.organization,
        role__in=ORGANIZATION_ROLES,
        status=Affiliation.Status.ACTIVE,
    ).exclude(pk=affiliation.pk)
    for other in held:
        with recorded(other, by=by, action="affiliation.ended", clean=False) as other_locked:
            _decide(other_locked, Affiliation.Status.ENDED, by=by)


def _end(*, by: Any, affiliation: Affiliation, reason: str, even_if_last: bool) -> Affiliation:
    with recorded(affiliation, by=by, action="affiliation.ended", reason=reason, clean=False) as affiliation:
        if actor_for(by).user_id != affiliation.user_id:
            _require_role(by, "end", affiliation)
        if affiliation.status not in (Affiliation.Status.ACTIVE, Affiliation.Status.REQUESTED):
            raise AlreadyDecided(affiliation)
        if _is_last_secretariat(affiliation):
            raise ValidationError(_("This is the last person of the secretariat. Give somebody else the role first."))
        if is_last_focal_point(affiliation) and not even_if_last:
            raise LastFocalPoint
        affiliation.reason = reason
        _decide(affiliation, Affiliation.Status.ENDED, by=by)
    return affiliation


def _is_last_secretariat(affiliation: Affiliation) -> bool:
    if affiliation.role != Role.SECRETARIAT or affiliation.status != Affiliation.Status.ACTIVE:
        return False
    return not User.objects.with_committee_role(Role.SECRETARIAT).exclude(pk=affiliation.user_id).exists()


def _tell_person(affiliation: Affiliation, action: str) -> None:
    notify(
        action=action,
        obj=affiliation,
        users=[affiliation.user],
        path=reverse("dashboard"),
        params=_told(affiliation),
    )


def _told(affiliation: Affiliation) -> dict[str, str]:
    return {
        "person": str(affiliation.user),
        "body": str(affiliation.body),
        "role": str(affiliation.get_role_display()),
        "reason": affiliation.reason,
    }
