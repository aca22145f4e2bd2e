"""Projects: agreed matches carried out together."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from cooperation_portal.access.actors import Actor
from cooperation_portal.api.fields import EXACT, RANGE
from cooperation_portal.api.kinds import Boolean, Choice, Day, Key, Text
from cooperation_portal.api.relations import Keys, Link, Parts, many
from cooperation_portal.api.resources import Dependence, Resource

from ..models import Match, Milestone, Project, ProjectContribution
from .matches import match_key


def _visible_matches(actor: Actor) -> Q:
    return Q(match__in=Match.objects.visible_to(actor))


def _containing(rows: QuerySet, text: str, actor: Actor) -> QuerySet:
    narrowed: QuerySet = rows.containing(text)  # type: ignore[attr-defined]
    return narrowed


PROJECTS = Resource(
    name="projects",
    model=Project,
    ref="reference",
    help="Assistance projects of one or more States with a lead (resolution 2325 (2016), operative paragraph 22).",
    fields=(
        Text(name="title", help="What it is called."),
        Text(name="summary", help="What it does."),
        Choice(name="status", help="Where it stands.", choices=Project.Status, lookups=EXACT),
        Key(
            name="organization",
            help="Who leads, if it is an organization.",
            source="organization__acronym",
            nullable=True,
            lookups=(*EXACT, "isnull"),
            to="organizations",
        ),
        Key(
            name="state",
            help="Who leads, if it is a State.",
            source="state__iso3",
            nullable=True,
            lookups=(*EXACT, "isnull"),
            to="states",
        ),
        Keys(name="states", help="States helped, by ISO code.", link=many(Project, "states", "iso3"), to="states"),
        Keys(name="areas", help="Areas, by code.", link=many(Project, "areas", "code"), to="areas"),
        Keys(
            name="matches",
            help="Matches it came from, as far as you may read them.",
            link=Link(Project.matches.through, "project_id", match_key("match__"), seen_by=_visible_matches),
            to="matches",
        ),
        Day(name="starts_on", help="First day.", nullable=True, lookups=RANGE),
        Day(name="ends_on", help="Last day.", nullable=True, lookups=RANGE),
        Text(name="outcome", help="What came of it."),
        Parts(
            name="contributions",
            help="What organizations beside the lead bring, or say they would.",
            model=ProjectContribution,
            parent="project_id",
            items=(
                Key(name="organization", help="Acronym.", source="organization__acronym"),
                Text(name="what"),
                Boolean(name="is_confirmed", help="Confirmed by the lead."),
            ),
        ),
        Parts(
            name="milestones",
            help="Milestones by due date.",
            model=Milestone,
            parent="project_id",
            order=("due_on", "pk"),
            items=(Text(name="title"), Day(name="due_on", nullable=True), Day(name="done_on", nullable=True)),
        ),
    ),
    search=_containing,
    depends=(Dependence("match", "matches"),),
)
