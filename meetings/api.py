"""Meetings, notes and documents in the partner API."""

from __future__ import annotations

from django.conf import settings
from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat

from assistance.models.offers import DatePrecision
from cooperation_portal.access.actors import Actor
from cooperation_portal.access.levels import Level
from cooperation_portal.api.fields import EXACT, OPTIONAL, REQUIRED, Write
from cooperation_portal.api.kinds import Choice, Clock, Day, File, Integer, Key, Moment, Text, Texts
from cooperation_portal.api.relations import Keys, Link, Parts, keys_of_part, many
from cooperation_portal.api.resources import Dependence, Removal, Resource, Writes, search_in
from organizations.models.states import RegionalGroup

from .models import ActionItem, AgendaItem, Document, FutureIssue, Meeting, Note, Participation
from .serializers import post_document, remove_document, update_document


def _followed(actor: Actor) -> Subquery:
    """Reference of the meeting that this one follows up, if the actor may read it."""
    return Subquery(Meeting.objects.visible_to(actor).filter(pk=OuterRef("follows_up_id")).values("reference"))


def _file_url(actor: Actor) -> Concat:
    return Concat(Value(f"{settings.SITE_URL}/api/v1/documents/"), Cast("pk", CharField()), Value("/file/"))


def _action_items(actor: Actor) -> QuerySet:
    return ActionItem.objects.visible_to(actor)


_BODY = (
    Key(name="organization", help="Acronym; null if it is a State.", source="organization__acronym", nullable=True),
    Key(name="state", help="ISO code; null if it is an organization.", source="state__iso3", nullable=True),
)

MEETINGS = Resource(
    name="meetings",
    model=Meeting,
    ref="reference",
    help="Meetings of the network, past and planned.",
    fields=(
        Text(name="title", help="What it is called."),
        Choice(name="kind", help="What kind of event it is.", choices=Meeting.Kind, lookups=EXACT),
        Choice(name="format", help="In person or virtual.", choices=Meeting.Format, lookups=EXACT),
        Choice(name="status", help="Where it stands.", choices=Meeting.Status, lookups=EXACT),
        Day(name="starts_on", help="First day.", nullable=True),
        Day(name="ends_on", help="Last day.", nullable=True),
        Choice(name="date_precision", help="How exactly the dates are known.", choices=DatePrecision),
        Text(name="place", help="City or venue."),
        Key(
            name="country",
            help="State where it takes place, by ISO code.",
            source="country__iso3",
            nullable=True,
            lookups=(*EXACT, "isnull"),
            to="states",
        ),
        Choice(
            name="regional_group",
            help="Region it is about; empty if it is about no single one.",
            choices=RegionalGroup,
            may_be_blank=True,
            lookups=EXACT,
        ),
        Key(
            name="organization",
            help="Organization in charge of the entry.",
            source="organization__acronym",
            nullable=True,
            lookups=(*EXACT, "isnull"),
            to="organizations",
        ),
        Key(
            name="follows_up",
            help="Meeting that it follows up.",
            source=_followed,
            nullable=True,
            lookups=EXACT,
            to="meetings",
        ),
        Text(name="summary", help="What it was about."),
        Text(name="organizers_as_stated", help="Organizers in the words of the source."),
        Text(name="participants_as_stated", help="Participants in the words of the source."),
        Text(name="note_on_source", help="Remark on the source."),
        Keys(
            name="participating_organizations",
            help="Organizations that take part in whatever role, by acronym.",
            link=Link(
                Participation,
                "meeting_id",
                "organization__acronym",
                where=Q(organization__isnull=False),
                distinct=True,
            ),
            to="organizations",
        ),
        Keys(
            name="participating_states",
            help="States that take part in whatever role, by ISO code.",
            link=Link(Participation, "meeting_id", "state__iso3", where=Q(state__isnull=False), distinct=True),
            to="states",
        ),
        Parts(
            name="participations",
            help="Who takes part as what. Persons are not named.",
            model=Participation,
            parent="meeting_id",
            order=("role", "pk"),
            items=(
                *_BODY,
                Choice(name="role", choices=Participation.PartRole),
                Integer(name="head_count", help="How many people.", nullable=True),
            ),
        ),
        Parts(
            name="agenda",
            help="Agenda in order.",
            model=AgendaItem,
            parent="meeting_id",
            order=("day", "position", "pk"),
            items=(
                Integer(name="day", help="Day of the meeting, from 1."),
                Clock(name="starts_at", nullable=True),
                Text(name="title"),
            ),
        ),
        Parts(
            name="action_items",
            help="What the meeting asked to be done, as far as you may read it.",
            model=ActionItem,
            parent="meeting_id",
            order=("due_on", "pk"),
            seen_by=_action_items,
            items=(
                Text(name="what"),
                *_BODY,
                Day(name="due_on", nullable=True),
                Choice(name="status", choices=ActionItem.Status),
                Text(name="follow_up"),
            ),
        ),
    ),
    search=search_in("title", "place", "summary", "organizers_as_stated", "reference"),
    depends=(
        Dependence("action_item", "action_items", shows_content=True),
        Dependence("meeting", "follows_up"),
    ),
)

NOTES = Resource(
    name="notes",
    model=Note,
    ref="meeting__reference",
    help="Information notes and summary reports; the reference is the meeting's.",
    fields=(
        Key(name="meeting", help="Meeting it records.", source="meeting__reference", to="meetings"),
        Choice(name="kind", help="Kind of note.", choices=Note.Kind, lookups=EXACT),
        Choice(name="status", help="Drafts are read by their authors alone.", choices=Note.Status, lookups=EXACT),
        Text(name="prepared_by", help="Office or function that prepared it."),
        Text(name="background", help="Why the meeting took place."),
        Keys(
            name="paragraphs",
            help="Operative paragraphs it is about, such as 2325/20.",
            link=Link(
                Note.paragraphs.through,
                "note_id",
                Concat(
                    Cast("resolutionparagraph__resolution", CharField()),
                    Value("/"),
                    Cast("resolutionparagraph__paragraph", CharField()),
                ),
            ),
            to="resolution-paragraphs",
        ),
        Text(name="highlights", help="What was said."),
        Parts(
            name="future_issues",
            help="Assistance that the meeting saw a need for.",
            model=FutureIssue,
            parent="note_id",
            order=("position", "pk"),
            items=(
                Text(name="text"),
                Texts(name="areas", help="Codes.", source=keys_of_part(many(FutureIssue, "areas", "code"))),
            ),
        ),
        Text(name="recommendations", help="What the meeting recommends."),
        Text(name="additional_comments", help="Additional comments."),
        Text(name="disclaimer", help="Disclaimer."),
        Moment(name="published_at", help="When it was published.", nullable=True, lookups=("gte", "lt", "isnull")),
    ),
    search=search_in("meeting__reference", "meeting__title", "background", "highlights", "recommendations"),
    depends=(Dependence("area"), Dependence("meeting", "meeting")),
)

DOCUMENTS = Resource(
    name="documents",
    model=Document,
    ref=Concat(Value("document-"), Cast("pk", CharField())),
    help="Files that participants posted for a meeting; the file itself is at `file_url`.",
    fields=(
        Key(
            name="meeting",
            help="Meeting it was posted for.",
            source="meeting__reference",
            to="meetings",
            write=Write(required=True, once=True),
        ),
        Key(
            name="organization",
            help="Who posted it, if it is an organization. A key posts for its own; others cannot be named.",
            source="organization__acronym",
            nullable=True,
            lookups=(*EXACT, "isnull"),
            to="organizations",
            write=Write(once=True),
        ),
        Key(
            name="state",
            help="Who posted it, if it is a State.",
            source="state__iso3",
            nullable=True,
            lookups=(*EXACT, "isnull"),
            to="states",
        ),
        Text(name="title", help="What it is called.", max_length=200, write=REQUIRED),
        Choice(
            name="visibility",
            help="Who reads it; the participants of the meeting if nothing else is said.",
            choices=Level,
            lookups=EXACT,
            write=OPTIONAL,
        ),
        Text(name="file_url", help="Where the file is, for whoever reads this.", source=_file_url),
        Text(name="file_name", help="Name of the file."),
        Text(name="content_type", help="Media type of the file.", lookups=EXACT),
        Integer(name="size", help="Size in bytes."),
        Text(name="sha256", help="SHA-256 of the file, in hexadecimal digits.", lookups=EXACT),
    ),
    search=search_in("title", "file_name", "meeting__reference", "meeting__title"),
    writes=Writes(
        create=post_document,
        update=update_document,
        remove=Removal("remove", "Take a document away for good, for everybody", remove_document),
        extra=(
            File(
                name="file",
                help="The file: at most 20 MB; PDF, Office Open XML, OpenDocument, text, CSV, PNG or JPEG.",
                write=Write(required=True, once=True),
            ),
        ),
        change_example={"title": "Example paper, second edition"},
    ),
    depends=(Dependence("meeting", "meeting"),),
)

RESOURCES = (MEETINGS, NOTES, DOCUMENTS)
