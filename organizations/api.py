"""States, organizations, points of contact and information sheets in the partner API."""

from __future__ import annotations

from django.db.models import CharField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Concat

from cooperation_portal.access.actors import Actor
from cooperation_portal.access.contacts import readable_in_full_q
from cooperation_portal.access.levels import Level
from cooperation_portal.api.fields import EXACT, OPTIONAL, REQUIRED, Field, Rule, Write
from cooperation_portal.api.kinds import Boolean, Choice, Codes, Day, Key, Names, Text, Texts
from cooperation_portal.api.relations import Keys, Link, Parts
from cooperation_portal.api.resources import REASON, Action, Dependence, Resource, Writes, search_in
from cooperation_portal.records.languages import WorkingLanguage

from .models import InformationItem, InformationSheet, Membership, Organization, PointOfContact, State
from .models.states import RegionalGroup
from .serializers import (
    create_contact,
    end_contact,
    replace_contact,
    update_contact,
    verify_contact,
)

STATES = Resource(
    name="states",
    model=State,
    ref="iso3",
    help="States Members of the United Nations, by ISO 3166 alpha-3 code.",
    fields=(
        Text(name="iso2", help="ISO 3166 alpha-2 code.", lookups=EXACT),
        Text(name="m49", help="Code of the United Nations Statistics Division.", lookups=EXACT),
        Text(name="name", help="Short name in English.", source="name_en"),
        Names(
            name="names",
            help="Short names in the official languages of the United Nations.",
            members=tuple((code, f"name_{code}") for code in State.NAME_LANGUAGES),
        ),
        Text(name="formal_name", help="Formal name in English.", source="formal_name_en"),
        Choice(
            name="regional_group", help="Regional group of the United Nations.", choices=RegionalGroup, lookups=EXACT
        ),
        Text(name="region", help="M49 region.", source="m49_region", lookups=EXACT),
        Text(name="subregion", help="M49 subregion.", source="m49_subregion", lookups=EXACT),
        Text(name="intermediate_region", help="M49 intermediate region.", source="m49_intermediate_region"),
        Boolean(name="is_ldc", help="Least developed country."),
        Boolean(name="is_lldc", help="Landlocked developing country."),
        Boolean(name="is_sids", help="Small island developing State."),
        Text(name="note", help="Remark on the entry."),
    ),
    search=search_in("iso3", *(f"name_{code}" for code in State.NAME_LANGUAGES), "formal_name_en"),
)

ORGANIZATIONS = Resource(
    name="organizations",
    model=Organization,
    ref="acronym",
    help="International, regional and subregional organizations and other bodies of the network, by acronym.",
    fields=(
        Text(name="name", help="Full name."),
        Choice(name="category", help="What kind of body it is.", choices=Organization.Category, lookups=EXACT),
        Key(
            name="parent",
            help="Body it is part of.",
            source="parent__acronym",
            nullable=True,
            lookups=(*EXACT, "isnull"),
            to="organizations",
        ),
        Text(name="parent_name", help="Body it is part of, where that is not in the list."),
        Texts(name="mandate_areas", help="What its mandate is about."),
        Text(name="coverage", help="Whose States it serves, in words."),
        Keys(
            name="members",
            help="Full members among the States Members of the United Nations.",
            link=Link(Membership, "organization_id", "state__iso3", where=Q(status="member", state__isnull=False)),
            to="states",
        ),
        Parts(
            name="memberships",
            help="All members by ISO code, with those that are suspended, former or not a United Nations member.",
            model=Membership,
            parent="organization_id",
            order=("iso3",),
            items=(
                Text(name="iso3", help="ISO 3166 alpha-3 code."),
                Choice(name="status", choices=Membership.Status),
                Text(name="note"),
            ),
        ),
        Text(name="website", help="Address of its website."),
        Text(name="iati_identifier", help="Its IATI organization identifier, if it is registered.", lookups=EXACT),
        Text(name="description", help="What it does."),
        Text(name="note", help="Remark on the entry."),
    ),
    search=search_in("acronym", "name", "description"),
)

PERSONAL = Rule(
    readable_in_full_q, "Null of a contact whose term has ended, except for its owner and the Committee's experts."
)


def _replaced(actor: Actor) -> Subquery:
    """The contact that this one succeeded, if the actor may read that one too."""
    before = PointOfContact.objects.visible_to(actor).filter(pk=OuterRef("replaces_id"))
    return Subquery(before.values_list(Concat(Value("contact-"), Cast("pk", CharField()))))


def body_fields(help_text: str) -> tuple[Field, ...]:
    """The organization or State that a record belongs to: one of the two is null."""
    return (
        Key(
            name="organization",
            help=f"{help_text}; null if it is a State. New ones belong to the key's own; others cannot be named.",
            source="organization__acronym",
            nullable=True,
            lookups=(*EXACT, "isnull"),
            to="organizations",
            write=Write(once=True),
        ),
        Key(
            name="state",
            help=f"{help_text}, if it is a State.",
            source="state__iso3",
            nullable=True,
            lookups=(*EXACT, "isnull"),
            to="states",
        ),
    )


#: What is said of a contact, when it is named and when its successor is.
CONTACT_DATA = (
    Choice(
        name="kind",
        help="A person or a functional mailbox.",
        choices=PointOfContact.Kind,
        lookups=EXACT,
        write=OPTIONAL,
    ),
    Choice(
        name="role",
        help="What the contact is for.",
        choices=PointOfContact.ContactRole,
        lookups=EXACT,
        write=OPTIONAL,
    ),
    Text(name="name", help="Name of the person or mailbox.", max_length=150, rule=PERSONAL, write=REQUIRED),
    Text(name="job_title", help="Job title.", max_length=150, rule=PERSONAL, write=OPTIONAL),
    Text(name="agency", help="Agency or ministry.", max_length=200, write=OPTIONAL),
    Text(
        name="email",
        help="E-mail address; it or a telephone number is needed.",
        max_length=254,
        rule=PERSONAL,
        write=OPTIONAL,
    ),
    Text(name="phone", help="Telephone number.", max_length=40, rule=PERSONAL, write=OPTIONAL),
    Codes(name="languages", help="Languages, by ISO 639-1 code.", choices=WorkingLanguage, write=OPTIONAL),
    Day(name="valid_from", help="First day in office.", write=OPTIONAL),
    Choice(
        name="visibility",
        help="Who reads it: everybody, the network, or the Committee; its owner always does.",
        choices=Level,
        without=(Level.PARTICIPANTS,),
        lookups=EXACT,
        write=OPTIONAL,
    ),
    Text(name="source", help="Where this is known from.", max_length=1000, write=OPTIONAL),
)

CONTACTS = Resource(
    name="contacts",
    model=PointOfContact,
    ref=Concat(Value("contact-"), Cast("pk", CharField())),
    help="Points of contact of organizations and States (resolution 2325 (2016), operative paragraph 24).",
    fields=(
        *body_fields("Whose contact it is"),
        *CONTACT_DATA,
        Day(name="valid_until", help="Last day in office.", nullable=True),
        Day(name="verified_on", help="When somebody last checked that the contact is right.", nullable=True),
        Key(
            name="replaces",
            help="Contact that this one succeeded.",
            source=_replaced,
            nullable=True,
            lookups=(),
            to="contacts",
        ),
    ),
    search=search_in("organization__acronym", "organization__name", "state__name_en", "agency"),
    writes=Writes(
        create=create_contact,
        update=update_contact,
        example={
            "name": "Example Coordinator",
            "job_title": "Programme officer",
            "email": "coordinator@cicte.example",
            "languages": ["en", "es"],
            "visibility": "network",
        },
        change_example={"phone": "+1 555 0100"},
        actions=(
            Action(
                "replace",
                "Name a successor: this contact ends the day before, the new one points back to it",
                replace_contact,
                fields=CONTACT_DATA,
                makes_new=True,
            ),
            Action(
                "end",
                "End a contact: afterwards only its owner and the experts read who it was",
                end_contact,
                fields=(Day(name="last_day", help="Last day in office.", write=REQUIRED), REASON),
            ),
            Action("verify", "Say that a contact is still the right one", verify_contact),
        ),
    ),
    depends=(Dependence("contact", "replaces"),),
)

SHEETS = Resource(
    name="information-sheets",
    model=InformationSheet,
    ref="organization__acronym",
    help="What information of use to resolution 1540 an organization holds and can share.",
    fields=(
        Key(name="organization", help="Whose sheet it is.", source="organization__acronym", to="organizations"),
        Choice(name="status", help="A draft is its owner's alone.", choices=InformationSheet.Status, lookups=EXACT),
        Text(name="summary", help="What the organization does that matters for resolution 1540."),
        Parts(
            name="items",
            help="Kinds of information held, and the terms on which they are shared.",
            model=InformationItem,
            parent="sheet_id",
            order=("kind", "pk"),
            items=(
                Choice(name="kind", choices=InformationItem.Kind),
                Text(name="description"),
                Choice(name="terms", choices=InformationItem.Terms),
            ),
        ),
    ),
    search=search_in("organization__acronym", "organization__name", "summary"),
)

RESOURCES = (STATES, ORGANIZATIONS, CONTACTS, SHEETS)
