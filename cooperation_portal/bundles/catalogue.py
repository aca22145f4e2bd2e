"""All files of a bundle, parents first, and what is left out of it with the reason."""

from __future__ import annotations

from functools import cache

from django.db.models import Case, CharField, F, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat

from assistance.api.matches import MATCHES
from assistance.api.offers import OFFERS
from assistance.api.projects import PROJECTS
from assistance.api.requests import REQUESTS
from assistance.api.vocabulary import AREAS, PARAGRAPHS, TYPES
from assistance.matching.glossary import LANGUAGES
from assistance.models import (
    AssistanceRequest,
    GlossaryConcept,
    MatchingPolicy,
    OfferPartner,
    ProjectFeedback,
    WeaponType,
)
from assistance.models.matches import Misfit
from assistance.models.vocabulary import MatrixField
from cooperation_portal.api.fields import Field
from cooperation_portal.api.kinds import (
    Boolean,
    Choice,
    Codes,
    Day,
    Integer,
    Json,
    Key,
    Moment,
    Number,
    Text,
    Texts,
)
from cooperation_portal.api.relations import Parts
from cooperation_portal.api.resources import Resource
from cooperation_portal.records.models import ReferenceCounter
from meetings.api import DOCUMENTS, MEETINGS, NOTES
from meetings.models import ActionItem, Appointment, AppointmentSubject, ConferencePlan
from organizations.api import CONTACTS, ORGANIZATIONS, SHEETS, STATES

from .recordfiles import RecordFile, Rows, complete, edited, with_items

OBJECT = {"type": "object"}
POSITION = Integer(name="position")
STATE = Key(name="state", source="state__iso3", nullable=True)
MISFIT = Choice(name="misfit", help="What did not fit.", choices=Misfit, may_be_blank=True)


def _or_null(key: str, expression: Combinable) -> Case:
    return Case(When(**{f"{key}__isnull": False}, then=expression), default=Value(None), output_field=CharField())


def _id_key(prefix: str, path: str = "pk") -> Concat:
    return Concat(Value(f"{prefix}-"), Cast(path, CharField()), output_field=CharField())


def _body(prefix: str = "") -> tuple[Field, Field]:
    """An organization or a State; one of the two is null."""
    return (
        Key(name=f"{prefix}organization", source=f"{prefix}organization__acronym", nullable=True),
        Key(name=f"{prefix}state", source=f"{prefix}state__iso3", nullable=True),
    )


@cache
def record_files() -> tuple[RecordFile, ...]:
    """Parents before what belongs to them."""
    return (*_who(), *_words(), *_what(), *_where(), _counters())


def _who() -> tuple[RecordFile, ...]:
    return (
        RecordFile(resource=complete(STATES, without=("name",), own=(edited("state"),))),
        RecordFile(
            resource=complete(
                ORGANIZATIONS,
                own=(
                    Text(name="slug", help="Its part of addresses."),
                    with_items(ORGANIZATIONS, "memberships", STATE, Text(name="source")),
                    Day(name="suspended_on", nullable=True),
                    edited("organization"),
                ),
            )
        ),
        RecordFile(
            key="contact-{id}",
            resource=complete(
                CONTACTS,
                own=(
                    Key(
                        name="replaces",
                        help="Contact that this one succeeded.",
                        source=_or_null("replaces", _id_key("contact", "replaces_id")),
                        nullable=True,
                    ),
                ),
            ),
        ),
        RecordFile(key="{organization}", resource=complete(SHEETS)),
    )


def _words() -> tuple[RecordFile, ...]:
    glossary = Resource(
        name="glossary-concepts",
        model=GlossaryConcept,
        ref=Concat("kind", Value("/"), "concept", output_field=CharField()),
        help="Words by which texts are understood.",
        fields=(
            Choice(name="kind", choices=GlossaryConcept.Kind),
            Text(name="concept"),
            Texts(name="areas"),
            Texts(name="types"),
            Text(name="code"),
            *(Texts(name=language) for language in LANGUAGES),
            Boolean(name="is_retired"),
            edited("glossary_concept"),
        ),
    )
    matrix = Rows(
        name="matrix-fields",
        type_name="matrix_field",
        model=MatrixField,
        ref=Concat("section", Value("/"), Cast("row_number", CharField()), output_field=CharField()),
        help="Rows of the matrix in which the Committee records what a State has done.",
        fields=(
            Text(name="section"),
            Text(name="op_reference"),
            Integer(name="row_number"),
            Text(name="label"),
            Codes(name="weapon_types", choices=WeaponType),
            Text(name="answer_columns"),
            Text(name="source"),
        ),
    )
    policies = Rows(
        name="matching-policies",
        type_name="policy",
        model=MatchingPolicy,
        ref=Cast("version", CharField()),
        help="Weights and threshold of the matching service; the newest is in force.",
        fields=(
            Integer(name="version"),
            *(Json(name=name, value=OBJECT) for name in ("weights", "lowering", "priorities")),
            *(Number(name=name) for name in ("threshold", "reach", "breadth")),
            Text(name="note"),
            Moment(name="created_at"),
            Text(name="created_by_label"),
        ),
    )
    return (
        RecordFile(resource=complete(AREAS, own=(edited("area"),))),
        RecordFile(resource=complete(TYPES, own=(edited("assistance_type"),))),
        RecordFile(
            key="{resolution}/{paragraph}", resource=complete(PARAGRAPHS, own=(edited("resolution_paragraph"),))
        ),
        RecordFile(key="{kind}/{concept}", resource=glossary),
        RecordFile(key="{section}/{row_number}", resource=matrix),
        RecordFile(key="{version}", resource=policies),
    )


def _what() -> tuple[RecordFile, ...]:
    partners = Parts(
        name="partners",
        help="Who pays and who carries it out, in order: an organization, a State or somebody by name.",
        model=OfferPartner,
        parent="offer_id",
        order=("role", "pk"),
        items=(Choice(name="role", choices=OfferPartner.PartnerRole), *_body(), Text(name="other_name")),
    )
    feedback = Parts(
        name="feedback",
        help="What parties say of it.",
        model=ProjectFeedback,
        parent="project_id",
        items=(
            *_body(),
            Boolean(name="was_need_met"),
            Text(name="text"),
            Moment(name="given_at"),
            Text(name="given_by_label"),
        ),
    )
    answers = (Text(name="reason"), MISFIT, Text(name="answered_by_label"))
    return (
        RecordFile(
            resource=complete(OFFERS, own=(partners, edited("offer"))),
        ),
        RecordFile(
            resource=complete(
                REQUESTS,
                own=(
                    Choice(name="status", choices=AssistanceRequest.Status),
                    Choice(name="status_before_referral", choices=AssistanceRequest.Status, may_be_blank=True),
                    with_items(REQUESTS, "needs", POSITION),
                    with_items(REQUESTS, "steps", Text(name="done_by_label")),
                    edited("request"),
                ),
            )
        ),
        RecordFile(
            key="{request}/{offer}",
            resource=complete(
                MATCHES,
                own=(
                    with_items(MATCHES, "answers", *answers),
                    Text(name="inputs", help="Of what it was computed; the same inputs are not computed again."),
                    Text(name="decided_by_label"),
                    MISFIT,
                ),
            ),
        ),
        RecordFile(resource=complete(PROJECTS, own=(feedback,))),
    )


def _where() -> tuple[RecordFile, ...]:
    followed = Key(
        name="follows_up",
        help="Meeting that it follows up.",
        source=_or_null("follows_up", F("follows_up__reference")),
        nullable=True,
    )
    items = Resource(
        name="action-items",
        model=ActionItem,
        ref=_id_key("action"),
        help="What a meeting asked to be done.",
        fields=(
            Key(name="meeting", source="meeting__reference"),
            Text(name="what"),
            *_body(),
            Day(name="due_on", nullable=True),
            Choice(name="status", choices=ActionItem.Status),
            Text(name="follow_up"),
            edited("action_item"),
        ),
    )
    return (
        RecordFile(
            resource=complete(
                MEETINGS,
                without=("action_items",),
                own=(followed, with_items(MEETINGS, "agenda", POSITION), edited("meeting")),
            )
        ),
        RecordFile(key="action-{id}", resource=items),
        RecordFile(
            key="{meeting}",
            resource=complete(NOTES, own=(with_items(NOTES, "future_issues", POSITION), edited("note"))),
        ),
        RecordFile(key="document-{id}", resource=complete(DOCUMENTS), extra=("file",)),
        *_conferences(),
    )


def _conferences() -> tuple[RecordFile, ...]:
    plans = Resource(
        name="conferences",
        model=ConferencePlan,
        ref="meeting__reference",
        help="What the bilateral meetings of an assistance conference were computed from.",
        fields=(
            Key(name="meeting", source="meeting__reference"),
            Text(name="key"),
            Text(name="region"),
            Text(name="time_zone"),
            Day(name="first_day"),
            Day(name="last_day"),
            Json(name="options", value=OBJECT),
            Text(name="policy_version"),
            Integer(name="value"),
            Integer(name="bound"),
        ),
    )
    appointments = Rows(
        name="appointments",
        type_name="appointment",
        model=Appointment,
        ref=_id_key("appointment"),
        help="Bilateral meetings of conferences.",
        fields=(
            Key(name="conference", source="plan__meeting__reference"),
            *_body("requester_"),
            *_body("provider_"),
            Moment(name="starts_at"),
            Moment(name="ends_at"),
            Integer(name="table"),
            Integer(name="value"),
            Integer(name="revision"),
            Boolean(name="is_cancelled"),
            Parts(
                name="subjects",
                model=AppointmentSubject,
                parent="appointment_id",
                order=("-score", "pk"),
                items=(
                    Key(name="request", source="request__reference"),
                    Key(name="offer", source="offer__reference"),
                    Integer(name="score"),
                ),
            ),
        ),
    )
    return (RecordFile(key="{meeting}", resource=plans), RecordFile(key="appointment-{id}", resource=appointments))


def _counters() -> RecordFile:
    counters = Rows(
        name="reference-counters",
        type_name="reference_counter",
        model=ReferenceCounter,
        ref=Concat("prefix", Value("-"), Cast("year", CharField()), output_field=CharField()),
        help="The last number given for each prefix and year, so that no reference is given twice.",
        fields=(Text(name="prefix"), Integer(name="year"), Integer(name="last")),
    )
    return RecordFile(key="{prefix}-{year}", resource=counters)
