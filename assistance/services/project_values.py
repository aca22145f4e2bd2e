"""What people write into a project, checked and stored."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.levels import Level
from organizations.models import State

from ..models import Area, Milestone, Project

MAX_MILESTONES = 40
#: A project has no participants' level: that is for the documents of a meeting.
PROJECT_LEVELS = (Level.PUBLIC, Level.NETWORK, Level.COMMITTEE)


@dataclass(frozen=True, slots=True)
class MilestoneValues:
    title: str
    due_on: date | None = None
    done_on: date | None = None


@dataclass(frozen=True, slots=True)
class ProjectValues:
    """All that a form or a client writes."""

    title: str
    summary: str
    visibility: str = Level.NETWORK
    states: Collection[State] = ()
    areas: Collection[Area] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    milestones: Sequence[MilestoneValues] = ()


PLAIN_FIELDS = ("title", "summary", "visibility", "starts_on", "ends_on")


def project_values_of(project: Project) -> ProjectValues:
    """What a stored project says, in the form in which it is written."""
    return ProjectValues(
        **{name: getattr(project, name) for name in PLAIN_FIELDS},
        states=tuple(project.states.all()),
        areas=tuple(project.areas.all()),
        milestones=tuple(MilestoneValues(row.title, row.due_on, row.done_on) for row in project.milestones.all()),
    )


def check_values(values: ProjectValues) -> None:
    """Raise `ValidationError` with sentences by field."""
    problems: dict[str, list[Any]] = {}
    for name, sentence in _problems(values):
        problems.setdefault(name, []).append(sentence)
    if problems:
        raise ValidationError(problems)


def _problems(values: ProjectValues) -> Iterator[tuple[str, Any]]:
    if not values.title.strip():
        yield "title", _("Give the project a title.")
    if not values.summary.strip():
        yield "summary", _("Say in a few sentences what the project does.")
    for name in ("title", "summary"):
        limit = getattr(Project._meta.get_field(name), "max_length", None)
        if limit is not None and len(getattr(values, name)) > limit:
            yield name, _("Shorten this to %(limit)d characters.") % {"limit": limit}
    if values.visibility not in PROJECT_LEVELS:
        yield "visibility", _("Choose who may read this.")
    if values.starts_on and values.ends_on and values.ends_on < values.starts_on:
        yield "ends_on", _("The end is before the start. Check both dates.")
    yield from _milestone_problems(values.milestones)


def _milestone_problems(rows: Sequence[MilestoneValues]) -> Iterator[tuple[str, Any]]:
    if len(rows) > MAX_MILESTONES:
        yield "milestones", _("List at most %(limit)d milestones.") % {"limit": MAX_MILESTONES}
    for row in rows:
        if row.done_on and row.done_on > timezone.localdate():
            yield (
                "milestones",
                _("“%(title)s” is said to be done in the future. Check the date.") % {"title": row.title},
            )


def write_fields(project: Project, values: ProjectValues) -> None:
    """Put the plain fields on the instance; the caller saves."""
    for name in PLAIN_FIELDS:
        value = getattr(values, name)
        setattr(project, name, value.strip() if isinstance(value, str) else value)


def write_relations(project: Project, values: ProjectValues) -> None:
    """Store States, areas and milestones."""
    project.states.set(values.states)
    project.areas.set(values.areas)
    project.milestones.all().delete()
    for row in values.milestones:
        milestone = Milestone(project=project, title=row.title.strip(), due_on=row.due_on, done_on=row.done_on)
        try:
            milestone.full_clean()
        except ValidationError as problem:
            raise ValidationError({"milestones": problem.messages}) from problem
        milestone.save()
