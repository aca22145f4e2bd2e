"""Requests: the full text for whoever may read it; title, areas and the published summary for everyone else."""

from __future__ import annotations

from django.db.models import BooleanField, Case, CharField, F, Q, QuerySet, Value, When

from cooperation_portal.access.actors import Actor
from cooperation_portal.access.levels import Level
from cooperation_portal.api.fields import EXACT, RANGE, Rule
from cooperation_portal.api.kinds import Boolean, Choice, Codes, Day, Key, Moment, Text, Texts
from cooperation_portal.api.relations import Keys, Link, Parts, keys_of_part, many
from cooperation_portal.api.resources import Resource
from cooperation_portal.records.languages import WorkingLanguage
from cooperation_portal.records.models import Provenance

from ..disclosure import OPEN, PUBLIC_STATUSES
from ..models import AssistanceRequest, ExistingAssistance, Need, RequestStep, WeaponType
from ..querysets import CIRCULATED_REQUEST_STATUSES, RequestQuerySet

FULL_TEXT = Rule(RequestQuerySet.full_text_q, "Null where only the public summary is read.")
INSIDE = Rule(RequestQuerySet.inside_q, "Null except to the requester and the Committee.")


def _is_full_text(actor: Actor) -> Case:
    """The same condition as `RequestQuerySet.with_full_text_for`."""
    return Case(
        When(RequestQuerySet.full_text_q(actor), then=Value(True)), default=Value(False), output_field=BooleanField()
    )


def _status(actor: Actor) -> Case:
    """The status as the reader is told it: the steps of the procedure stay inside."""
    return Case(
        When(RequestQuerySet.full_text_q(actor) | Q(status__in=PUBLIC_STATUSES), then=F("status")),
        default=Value(OPEN),
        output_field=CharField(),
    )


def _level(actor: Actor) -> Case:
    """Whom the full text is open to, as far as the reader is told: who reads the summary alone learns of no step."""
    circulated = Q(status__in=CIRCULATED_REQUEST_STATUSES) & RequestQuerySet.full_text_q(actor)
    return Case(
        When(provenance=Provenance.PUBLIC_SOURCE, then=Value(Level.PUBLIC.value)),
        When(circulated, then=Value(Level.NETWORK.value)),
        default=Value(Level.COMMITTEE.value),
        output_field=CharField(),
    )


def _containing(rows: QuerySet, text: str, actor: Actor) -> QuerySet:
    narrowed: QuerySet = rows.containing(text, actor)  # type: ignore[attr-defined]
    return narrowed


REQUESTS = Resource(
    name="requests",
    model=AssistanceRequest,
    ref="reference",
    help="Requests for assistance. The public reads title, areas and summary, once published with consent.",
    fields=(
        Key(
            name="state",
            help="Who asks, if it is a State.",
            source="state__iso3",
            nullable=True,
            lookups=(*EXACT, "isnull"),
            to="states",
        ),
        Key(
            name="organization",
            help="Who asks, if it is an organization.",
            source="organization__acronym",
            nullable=True,
            lookups=(*EXACT, "isnull"),
            to="organizations",
        ),
        Text(name="title", help="What is asked for, in a few words."),
        Keys(
            name="areas", help="Areas of all needs, by code.", link=Link(Need, "request_id", "area__code"), to="areas"
        ),
        Text(name="public_summary", help="What the public may read."),
        Choice(
            name="status",
            help="Where it stands. Readers of the summary are told being_assisted, fulfilled, closed, or else open.",
            source=_status,
            choices=AssistanceRequest.Status,
            also=(OPEN,),
            lookups=EXACT,
        ),
        Day(name="received_on", help="When the Committee received it.", nullable=True),
        Day(name="summary_published_on", help="When the summary was published.", nullable=True),
        Boolean(
            name="is_full_text",
            help="Whether you read the full text here, or the public summary only.",
            source=_is_full_text,
            lookups=(),
        ),
        Text(name="description", help="What is needed, for whom, and what exists already.", rule=FULL_TEXT),
        Parts(
            name="needs",
            help="What is needed, one entry an area.",
            rule=FULL_TEXT,
            model=Need,
            parent="request_id",
            order=("position", "pk"),
            items=(
                Key(name="area", help="Code of the area.", source="area__code"),
                Texts(
                    name="types",
                    help="Codes of the types of assistance wanted.",
                    source=keys_of_part(many(Need, "types", "code")),
                ),
                Choice(name="priority", choices=Need.Priority),
                Text(name="detail"),
            ),
        ),
        Codes(name="weapon_types", help="Nuclear, chemical, biological.", choices=WeaponType, rule=FULL_TEXT),
        Codes(
            name="languages",
            help="Languages in which help is wanted, by ISO 639-1 code.",
            choices=WorkingLanguage,
            rule=FULL_TEXT,
        ),
        Day(name="needed_from", help="First day of the wanted period.", nullable=True, rule=FULL_TEXT),
        Day(name="needed_by", help="Last day of the wanted period.", nullable=True, rule=FULL_TEXT),
        Text(name="received_as_stated", help="A period, where the source gives no day.", rule=FULL_TEXT),
        Choice(
            name="origin",
            help="How it came.",
            choices=AssistanceRequest.Origin,
            lookups=EXACT,
            rule=FULL_TEXT,
        ),
        Parts(
            name="existing_assistance",
            help="Help that is running already.",
            rule=FULL_TEXT,
            model=ExistingAssistance,
            parent="request_id",
            items=(
                Key(name="organization", help="Who helps, by acronym.", source="organization__acronym"),
                Key(name="area", help="Code of the area.", source="area__code"),
                Day(name="until", nullable=True),
            ),
        ),
        Moment(name="submitted_at", help="When it was submitted.", nullable=True, lookups=RANGE, rule=FULL_TEXT),
        Text(name="document_reference", help="Reference of the note verbale or report.", rule=INSIDE),
        Keys(
            name="preferred_providers",
            help="Whose help is preferred, by acronym.",
            link=many(AssistanceRequest, "preferred_providers", "acronym"),
            rule=INSIDE,
            to="organizations",
        ),
        Keys(
            name="declined_providers",
            help="Whose help is not wanted, by acronym.",
            link=many(AssistanceRequest, "declined_providers", "acronym"),
            rule=INSIDE,
            to="organizations",
        ),
        Day(name="summary_consent_on", help="When consent to the summary was recorded.", nullable=True, rule=INSIDE),
        Parts(
            name="steps",
            help="Steps of the procedure with their clocks.",
            rule=INSIDE,
            model=RequestStep,
            parent="request_id",
            items=(
                Choice(name="kind", choices=RequestStep.Kind),
                Day(name="due_on", nullable=True),
                Day(name="done_on", nullable=True),
                Text(name="note"),
            ),
        ),
        Choice(
            name="visibility",
            help="Who reads the full text: all what is from public sources, the network what is circulated.",
            source=_level,
            choices=Level,
            without=(Level.PARTICIPANTS,),
            lookups=EXACT,
        ),
        Text(name="requester_feedback", help="Whether the need was met, in the requester's words.", rule=INSIDE),
    ),
    search=_containing,
)
