"""Writing projects: concepts, projects from agreed matches, contributions, milestones, outcome and feedback.

Every function takes `by` and, where it changes a stored project, `expected_version`; it raises `NotAllowed`,
`StaleVersion`, `IllegalTransition` or `ValidationError` and then has written nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from cooperation_portal import changes
from cooperation_portal.access.actors import SYSTEM, Actor, actor_for
from cooperation_portal.access.levels import Level
from cooperation_portal.access.policy import NotAllowed, require
from cooperation_portal.access.roles import Role
from cooperation_portal.notices.sending import notify
from cooperation_portal.records.lifecycle import IllegalTransition
from cooperation_portal.records.models import next_reference
from cooperation_portal.records.write import created, lock, recorded
from organizations.models import Organization, State, User

from ..lifecycles.matches import MATCH_LIFE_CYCLE
from ..lifecycles.projects import OPEN, OPEN_TO_CONTRIBUTIONS, OPEN_TO_FEEDBACK, PROJECT_LIFE_CYCLE
from ..models import Area, AssistanceRequest, Match, Project, ProjectContribution, ProjectFeedback
from .project_values import (
    MilestoneValues,
    ProjectValues,
    check_values,
    project_values_of,
    write_fields,
    write_relations,
)
from .request_changes import said
from .requests import request_begin_assistance

__all__ = [
    "MilestoneValues",
    "ProjectValues",
    "feedback_parties",
    "project_begin",
    "project_cancel",
    "project_commit",
    "project_complete",
    "project_confirm_contribution",
    "project_consult",
    "project_contribute",
    "project_create",
    "project_from_match",
    "project_give_feedback",
    "project_update",
    "project_values_of",
]

PARTIES_ROLES = (Role.FOCAL_POINT, Role.STATE_FOCAL_POINT)
Party = Organization | State


@transaction.atomic
def project_create(*, by: Any, lead: Party, values: ProjectValues) -> Project:
    """Start a concept, which its lead and the Committee read until the consultation opens."""
    project = _new(lead, Project.Status.CONCEPT)
    require(by, "create", project)
    check_values(values)
    write_fields(project, values)
    with created(project, by=by, action="project.created"):
        write_relations(project, values)
    return project


@transaction.atomic
@changes.together()
def project_from_match(*, by: Any, match: Match, expected_version: int | None = None) -> Project:
    """Start a project from a match to which both parties agreed; it is committed at once and the match is closed.

    The provider leads. Until the lead decides otherwise, the parties and the Committee alone read it, because it tells
    who asked for help. Raises `IllegalTransition` unless the match is agreed.
    """
    offer = match.offer
    actor = require(by, "create", Project(organization=offer.organization, state=offer.state))
    request = lock(match.request)
    lock(offer)
    project = _new(offer.provider, Project.Status.COMMITTED)
    with recorded(
        match, by=actor, action="match.project_started", expected_version=expected_version, clean=False
    ) as locked:
        MATCH_LIFE_CYCLE.move(locked, "start_project")
    values = _values_from(locked, request)
    write_fields(project, values)
    with created(project, by=actor, action="project.created"):
        write_relations(project, values)
        project.matches.add(locked)
    _tell(project, "project.created", [*_parties_people(project), *_experts()], by=actor)
    return project


def _values_from(match: Match, request: AssistanceRequest) -> ProjectValues:
    """Areas are those needs of the request that the offer meets."""
    met = [need["area"] for need in match.explanation.get("needs", ()) if need.get("met_by")]
    areas = Area.objects.filter(needs__request=request)
    title = _now("%(offer)s for %(requester)s") % {"offer": match.offer.title, "requester": request.requester}
    return ProjectValues(
        title=title[: Project._meta.get_field("title").max_length],
        summary=match.offer.summary,
        visibility=Level.COMMITTEE,
        states=[request.state] if request.state else [],
        areas=list(areas.filter(code__in=met) or areas),
    )


@transaction.atomic
def project_update(*, by: Any, project: Project, values: ProjectValues, expected_version: int | None = None) -> Project:
    """Change what a project says, and its milestones, until it ends."""
    with _changed(project, "update", "project.updated", by, expected_version) as locked:
        if locked.status not in OPEN:
            raise _not_now(locked)
        check_values(values)
        write_fields(locked, values)
        write_relations(locked, values)
        locked.full_clean()
    return locked


# The life cycle


@transaction.atomic
def project_consult(*, by: Any, project: Project, expected_version: int | None = None) -> Project:
    """Ask the Committee's view, and let other organizations say what they would bring."""
    locked = _move(project, "consult", "project.consulted", by, expected_version)
    _tell(locked, "project.consulted", [*_experts(), *_parties_people(locked)], by=by)
    return locked


@transaction.atomic
def project_commit(*, by: Any, project: Project, expected_version: int | None = None) -> Project:
    """Commit to carry the project out."""
    locked = _move(project, "commit", "project.committed", by, expected_version)
    _tell(locked, "project.committed", [*_parties_people(locked), *_experts()], by=by)
    return locked


@transaction.atomic
@changes.together()
def project_begin(*, by: Any, project: Project, expected_version: int | None = None) -> Project:
    """Begin; the circulated requests behind the project are from then on being assisted."""
    locked = _move(project, "begin", "project.begun", by, expected_version)
    for request in _locked_requests(locked):
        if request.status == AssistanceRequest.Status.CIRCULATED:
            request_begin_assistance(by=SYSTEM, request=request)
    _tell(locked, "project.begun", _parties_people(locked), by=by)
    return locked


def _locked_requests(project: Project) -> list[AssistanceRequest]:
    """The requests behind a project as they are now, locked in the order of their ids."""
    behind = AssistanceRequest.objects.filter(matches__projects=project).values("pk")
    rows = AssistanceRequest.objects.filter(pk__in=behind).select_for_update(of=("self",), no_key=True)
    return list(rows.order_by("pk"))


@transaction.atomic
def project_complete(*, by: Any, project: Project, outcome: str, expected_version: int | None = None) -> Project:
    """Complete the project and say what came of it; the parties are asked for feedback."""
    text = said(outcome, "outcome", _("Say what came of the project."))
    locked = _move(project, "complete", "project.completed", by, expected_version, outcome=text)
    _tell(locked, "project.completed", [*_parties_people(locked), *_experts()], by=by)
    return locked


@transaction.atomic
def project_cancel(*, by: Any, project: Project, reason: str, expected_version: int | None = None) -> Project:
    """Give the project up."""
    text = said(reason, "reason", _("Say why the project is cancelled."))
    with _changed(project, "cancel", "project.cancelled", by, expected_version, reason=text) as locked:
        was_concept = locked.status == Project.Status.CONCEPT
        PROJECT_LIFE_CYCLE.move(locked, "cancel")
        if was_concept:  # a concept was never open to the network, and giving it up does not open it
            locked.visibility = Level.COMMITTEE
    people = _leads_people(locked) if was_concept else _parties_people(locked)
    _tell(locked, "project.cancelled", [*people, *_experts()], by=by, reason=text)
    return locked


# What others say


@transaction.atomic
def project_contribute(
    *, by: Any, project: Project, organization: Organization, what: str, expected_version: int | None = None
) -> Project:
    """Say what one's organization would bring; saying it again replaces it and asks the lead to confirm anew."""
    text = said(what, "what", _("Say what your organization would bring."))
    with _changed(project, "contribute", "project.contribution_offered", by, expected_version) as locked:
        _require_focal_point(actor_for(by), organization, "contribute")
        if ("organization", organization.pk) in locked.owners():
            raise ValidationError({"organization": _("Your organization leads this project already.")})
        if locked.status not in OPEN_TO_CONTRIBUTIONS:
            raise _not_now(locked)
        row = locked.contributions.filter(organization=organization).first()
        row = row or ProjectContribution(project=locked, organization=organization)
        row.what, row.is_confirmed = text, False
        _clean_row(row, "what")
        row.save()
    _tell(
        locked, "project.contribution_offered", _leads_people(locked), by=by, organization=str(organization), what=text
    )
    return locked


@transaction.atomic
def project_confirm_contribution(
    *, by: Any, project: Project, contribution: ProjectContribution, expected_version: int | None = None
) -> Project:
    """Accept what another organization offers to bring (the lead)."""
    with _changed(project, "update", "project.contribution_confirmed", by, expected_version) as locked:
        if locked.status not in OPEN:
            raise _not_now(locked)
        row = locked.contributions.filter(pk=contribution.pk).first()
        if row is None:
            raise ValidationError(_("This contribution is no longer there. Reload the page."))
        row.is_confirmed = True
        row.save(update_fields=["is_confirmed"])
    people = User.objects.acting_for({("organization", row.organization_id)}, Role.FOCAL_POINT)
    _tell(
        locked,
        "project.contribution_confirmed",
        people,
        by=by,
        organization=str(row.organization),
        what=row.what,
    )
    return locked


def feedback_parties(who: Any, project: Project) -> list[Party]:
    """The parties for which `who` may give feedback."""
    actor, parties = actor_for(who), project.parties()
    led = actor.organizations.get(Role.FOCAL_POINT, frozenset())
    organizations = [key for key in led if ("organization", key) in parties]
    states = [key for key in actor.state_ids if ("state", key) in parties]
    return [*State.objects.filter(pk__in=states), *Organization.objects.filter(pk__in=organizations)]


@transaction.atomic
def project_give_feedback(
    *,
    by: Any,
    project: Project,
    party: Party,
    was_need_met: bool,
    text: str,
    expected_version: int | None = None,
) -> Project:
    """Say for a party whether the need was met, what was achieved and what could be better (resolution 2663, OP 20)."""
    words = said(text, "text", _("Say what was achieved, and what could be better."))
    with _changed(project, "give_feedback", "project.feedback_given", by, expected_version) as locked:
        if party not in feedback_parties(by, locked):
            raise NotAllowed("give_feedback", "project")
        if locked.status not in OPEN_TO_FEEDBACK:
            raise _not_now(locked)
        row = ProjectFeedback(
            project=locked,
            organization=party if isinstance(party, Organization) else None,
            state=party if isinstance(party, State) else None,
            was_need_met=was_need_met,
            text=words,
            given_by_label=actor_for(by).label[:200],
        )
        _clean_row(row, "text")
        row.save()
    _tell(locked, "project.feedback_given", [*_experts(), *_leads_people(locked)], by=by, party=str(party))
    return locked


# What the services share


@contextmanager
def _changed(
    project: Project, permission: str, told_as: str, by: Any, version: int | None, reason: str = ""
) -> Iterator[Project]:
    actor = require(by, permission, project)
    with recorded(project, by=actor, action=told_as, expected_version=version, reason=reason, clean=False) as locked:
        if not actor.is_system and not Project.objects.visible_to(actor).filter(pk=locked.pk).exists():
            raise NotAllowed(permission, "project")
        yield locked


def _move(
    project: Project, action: str, told_as: str, by: Any, version: int | None, *, reason: str = "", outcome: str = ""
) -> Project:
    with _changed(project, action, told_as, by, version, reason) as locked:
        PROJECT_LIFE_CYCLE.move(locked, action)
        if outcome:
            locked.outcome = outcome
    return locked


def _not_now(project: Project) -> IllegalTransition:
    return IllegalTransition(
        _("This is not possible while the status is “%(status)s”.") % {"status": project.get_status_display()},
        code="not_possible_now",
    )


def _require_focal_point(actor: Actor, organization: Organization, action: str) -> None:
    if not actor.is_system and organization.pk not in actor.organizations.get(Role.FOCAL_POINT, ()):
        raise NotAllowed(action, "project")


def _clean_row(row: ProjectContribution | ProjectFeedback, name: str) -> None:
    try:
        row.full_clean()
    except ValidationError as problem:
        raise ValidationError({name: problem.messages}) from problem


def _new(lead: Party, status: Project.Status) -> Project:
    return Project(
        reference=next_reference("PRJ", timezone.localdate().year),
        organization=lead if isinstance(lead, Organization) else None,
        state=lead if isinstance(lead, State) else None,
        status=status,
    )


def _experts() -> Iterable[User]:
    return User.objects.with_committee_role(Role.EXPERT)


def _leads_people(project: Project) -> Iterable[User]:
    return User.objects.acting_for(project.owners(), *PARTIES_ROLES)


def _parties_people(project: Project) -> Iterable[User]:
    return User.objects.acting_for(project.parties(), *PARTIES_ROLES)


def _tell(project: Project, action: str, users: Iterable[User], *, by: Any, **params: str) -> None:
    """Leave notices for `users`, whoever acted aside."""
    actor = actor_for(by)
    notify(
        action=action,
        obj=project,
        users=[user for user in users if user.pk != actor.user_id],
        path=project.get_absolute_url(),
        params={"project": project.reference, "title": project.title, "lead": str(project.lead), **params},
    )
