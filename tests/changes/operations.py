"""Writes of every kind that the portal knows, each on records taken at random: the drills of the change feed."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from assistance.iati import identifiers
from assistance.iati.reading import Activity
from assistance.models import Area, AssistanceRequest, AssistanceType, Match, Offer, Project
from assistance.services import offers as offer_services
from assistance.services.iati_import import ImportRefused, iati_import
from assistance.services.matches import match_answer, match_propose
from assistance.services.offer_values import OfferValues
from assistance.services.projects import project_begin, project_from_match
from cooperation_portal import changes
from cooperation_portal.access.actors import SYSTEM, Actor, actor_for_api_key
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.access.roles import Role
from cooperation_portal.api import etags
from cooperation_portal.api.batches import read_items as read_items_sent
from cooperation_portal.api.batches import write_items
from cooperation_portal.api.catalogue import resources_by_type
from cooperation_portal.api.models import ApiKey
from cooperation_portal.api.problems import Problem
from cooperation_portal.api.rows import represent
from cooperation_portal.records.write import StaleVersion, created, lock, recorded
from meetings.models import ActionItem, Document, Meeting, Note, Participation
from meetings.services.documents import document_post, document_remove
from meetings.services.meeting_values import PartValues
from meetings.services.meetings import meeting_update
from organizations.models import Affiliation, InformationSheet, Organization, PointOfContact, State, User
from organizations.services.affiliations import affiliation_approve, affiliation_request
from organizations.services.contacts import contact_create, contact_end, contact_replace, contact_update
from tests.factories import AreaFactory, OrganizationFactory, UserFactory

LEVELS = ("public", "network", "committee")
MEETING_LEVELS = ("public", "network", "participants", "committee")
#: What a service says to a write that is not possible now; the next one is tried.
REFUSALS = (ValidationError, NotAllowed, ObjectDoesNotExist, StaleVersion, Problem, ImportRefused)


def some(model: Any, chance: random.Random, **conditions: Any) -> Any:
    keys = list(model._base_manager.filter(**conditions).values_list("pk", flat=True))
    if not keys:
        raise ObjectDoesNotExist
    return model._base_manager.get(pk=chance.choice(keys))


def change(record: Any, action: str, **values: Any) -> None:
    """Set fields of a record as a service without conditions of its own would."""
    with recorded(record, by=SYSTEM, action=action, clean=False) as locked:
        for name, value in values.items():
            setattr(locked, name, value)


def words(chance: random.Random) -> str:
    return f"Example {chance.randrange(10**6)}"


# Offers


def post_offer(chance: random.Random) -> None:
    area = some(Area, chance)
    values = OfferValues(
        title=words(chance),
        summary=words(chance),
        coverage="global",
        areas=[area],
        types=[some(AssistanceType, chance)],
        languages=["en"],
        visibility=chance.choice(LEVELS),
    )
    provider = some(Organization, chance)
    offer_services.offer_create(by=SYSTEM, provider=provider, values=values, publish=chance.random() < 0.7)


def edit_offer(chance: random.Random) -> None:
    offer = some(Offer, chance)
    values = replace(
        OfferValues.of(offer),
        title=words(chance),
        areas=[some(Area, chance)],
        visibility=chance.choice(LEVELS),
        states=[some(State, chance)] if offer.coverage == "selected" else (),
    )
    offer_services.offer_update(by=SYSTEM, offer=offer, values=values)


def step_offer(chance: random.Random) -> None:
    steps = ("publish", "suspend", "resume", "complete", "withdraw", "confirm", "discard")
    getattr(offer_services, f"offer_{chance.choice(steps)}")(by=SYSTEM, offer=some(Offer, chance), reason="Drill")


# Contacts, sheets, organizations, areas


def name_contact(chance: random.Random) -> None:
    values = {"name": words(chance), "email": "drill@tests.example", "visibility": chance.choice(LEVELS)}
    contact_create(by=SYSTEM, body=some(Organization, chance), values=values)


def edit_contact(chance: random.Random) -> None:
    values = {"phone": f"+00 {chance.randrange(9999)}", "visibility": chance.choice(LEVELS)}
    contact_update(by=SYSTEM, contact=some(PointOfContact, chance), values=values)


def replace_contact(chance: random.Random) -> None:
    values = {"name": words(chance), "email": "drill@tests.example", "visibility": chance.choice(LEVELS)}
    contact_replace(by=SYSTEM, contact=some(PointOfContact, chance), values=values)


def end_contact(chance: random.Random) -> None:
    last_day = timezone.localdate() - timedelta(days=chance.randrange(3))
    contact_end(by=SYSTEM, contact=some(PointOfContact, chance), last_day=last_day)


def erase_contact(chance: random.Random) -> None:
    with transaction.atomic(), changes.together():
        contact = lock(some(PointOfContact, chance, replaced_by=None))
        if PointOfContact.objects.filter(replaces=contact).exists():
            raise ObjectDoesNotExist
        changes.record(contact, op="remove")
        contact.delete()


def write_sheet(chance: random.Random) -> None:
    sheet = some(InformationSheet, chance)
    status = chance.choice(("draft", "published"))
    change(sheet, "information_sheet.updated", summary=words(chance), status=status, visibility=chance.choice(LEVELS))


def rename_organization(chance: random.Random) -> None:
    acronym = f"R{chance.randrange(10**9)}"
    change(some(Organization, chance), "organization.updated", acronym=acronym)


def give_parent(chance: random.Random) -> None:
    """A parent that is made only now: older changes of the child are told before the parent's own."""
    with transaction.atomic():
        child = lock(some(Organization, chance))
        parent = OrganizationFactory.build(acronym=f"P{chance.randrange(10**9)}")
        with created(parent, by=SYSTEM, action="organization.created"):
            pass
        change(child, "organization.updated", parent=parent)


def add_area(chance: random.Random) -> None:
    with transaction.atomic():
        code = "".join(chance.choice(string.ascii_uppercase) for _ in range(3))
        area = AreaFactory.build(code=code, label=words(chance), parent=None)
        with created(area, by=SYSTEM, action="vocabulary.created"):
            pass


# Requests, matches, projects


def step_request(chance: random.Random) -> None:
    status = chance.choice(("draft", "submitted", "authenticated", "circulated", "withdrawn", "fulfilled"))
    change(some(AssistanceRequest, chance), "request.updated", status=status, title=words(chance))


def publish_summary(chance: random.Random) -> None:
    day = chance.choice((None, timezone.localdate()))
    change(
        some(AssistanceRequest, chance),
        "request.updated",
        summary_consent_on=day,
        summary_published_on=day,
        public_summary=words(chance) if day else "",
    )


def propose_match(chance: random.Random) -> None:
    match = some(Match, chance, status__in=("suggested", "superseded"))
    request, offer = lock(match.request), lock(match.offer)
    match = lock(match)
    with changes.together():
        change(request, "request.updated", status="circulated")
        change(offer, "offer.updated", status="ongoing")
        change(match, "match.suggested", status="suggested")
        match_propose(by=SYSTEM, match=match)


def reset_match(chance: random.Random) -> None:
    status = chance.choice(("suggested", "superseded"))
    change(some(Match, chance), "match.superseded", status=status, proposed_at=None)


def answer_match(chance: random.Random) -> None:
    match = some(Match, chance, status="proposed")
    side = chance.choice((match.request, match.offer))
    if side.organization_id is None:
        party = Actor(user_id=0, label="Drill", states=frozenset({side.state_id}))
    else:
        party = Actor(user_id=0, label="Drill", organizations={Role.FOCAL_POINT: frozenset({side.organization_id})})
    match_answer(by=party, match=match, accept=chance.random() < 0.8, reason="Drill")


def start_project(chance: random.Random) -> None:
    match = some(Match, chance, status__in=("proposed", "agreed"))
    lock(match.request)
    lock(match.offer)
    match = lock(match)
    change(match, "match.agreed", status="agreed")
    project_from_match(by=SYSTEM, match=match)


def edit_project(chance: random.Random) -> None:
    status = chance.choice(("concept", "consultation", "committed"))
    change(
        some(Project, chance),
        "project.updated",
        status=status,
        title=words(chance),
        visibility=chance.choice(LEVELS),
        organization=some(Organization, chance),
    )


# Meetings


def edit_meeting(chance: random.Random) -> None:
    parts = [
        PartValues(party=one, role="participant")
        for one in {some(Organization, chance), some(Organization, chance), some(State, chance)}
    ]
    meeting_update(
        by=SYSTEM,
        meeting=some(Meeting, chance),
        values={"title": words(chance), "visibility": chance.choice(MEETING_LEVELS)},
        participations=parts,
    )


def follow_up_meeting(chance: random.Random) -> None:
    first, second = some(Meeting, chance), some(Meeting, chance)
    meeting_update(by=SYSTEM, meeting=first, values={"follows_up": None if first == second else second})


def ask_at_meeting(chance: random.Random) -> None:
    item = ActionItem(
        meeting=some(Meeting, chance),
        organization=some(Organization, chance),
        what=words(chance),
        visibility=chance.choice(MEETING_LEVELS),
    )
    with transaction.atomic(), created(item, by=SYSTEM, action="action_item.created"):
        pass


def write_note(chance: random.Random) -> None:
    status = chance.choice(("draft", "published"))
    change(
        some(Note, chance),
        "note.updated",
        highlights=words(chance),
        status=status,
        visibility=chance.choice(MEETING_LEVELS),
    )


def post_document(chance: random.Random) -> None:
    part = some(Participation, chance, organization__isnull=False)
    document_post(
        by=SYSTEM,
        meeting=part.meeting,
        poster=part.organization,
        title=words(chance),
        visibility=chance.choice(MEETING_LEVELS),
        file=SimpleUploadedFile("drill.txt", words(chance).encode()),
    )


def remove_document(chance: random.Random) -> None:
    document_remove(by=SYSTEM, document=some(Document, chance))


# Several records in one transaction


def send_batch(chance: random.Random) -> None:
    """Two offers of a key's organization in any order, and a new one."""
    key = some(ApiKey, chance)
    actor, resource = actor_for_api_key(key), resources_by_type()["offer"]
    own = list(resource.rows(actor).filter(organization=key.organization_id).values_list("pk", flat=True))
    rows = resource.rows(actor).filter(pk__in=chance.sample(own, k=min(2, len(own))))
    made = list(represent(resource, rows, actor=actor))
    chance.shuffle(made)
    tags = [etags.quoted(etags.record_tag(one, actor)) for one in made]
    items: list[dict[str, Any]] = [
        {"id": one["id"], "if_match": tag, "data": {"title": words(chance)}}
        for one, tag in zip(made, tags, strict=True)
    ]
    items.append({"data": {"title": words(chance)}})
    with changes.together():
        write_items(resource, read_items_sent(resource, {"items": items}), by=key, actor=actor)


def import_activities(chance: random.Random) -> None:
    """Two offers of an organization in any order, and a new one."""
    organization = some(Organization, chance, offers__isnull=False)
    own = list(Offer.objects.filter(organization=organization, status__in=("draft", "ongoing")))
    known = [identifiers.of_offer(offer) for offer in chance.sample(own, k=min(2, len(own)))]
    names = [*known, f"XM-X-1-{chance.randrange(10**9)}"]
    activities = [Activity(line=line, identifier=name, title=words(chance)) for line, name in enumerate(names)]
    iati_import(by=SYSTEM, organization=organization, activities=activities)


def begin_project(chance: random.Random) -> None:
    project = lock(some(Project, chance, matches__isnull=False))
    with changes.together():
        for match in project.matches.order_by("request_id"):
            change(match.request, "request.updated", status="circulated")
        change(project, "project.updated", status="committed")
        project_begin(by=SYSTEM, project=project)


def ask_for_role(chance: random.Random) -> None:
    person = UserFactory() if chance.random() < 0.3 else some(User, chance)
    affiliation_request(by=person, body=some(Organization, chance), role="editor", message="Drill")


def give_role(chance: random.Random) -> None:
    affiliation_approve(by=SYSTEM, affiliation=some(Affiliation, chance, status="requested"))


OPERATIONS: tuple[Callable[[random.Random], None], ...] = (
    post_offer,
    edit_offer,
    step_offer,
    name_contact,
    edit_contact,
    replace_contact,
    end_contact,
    erase_contact,
    write_sheet,
    rename_organization,
    give_parent,
    add_area,
    step_request,
    publish_summary,
    propose_match,
    reset_match,
    answer_match,
    start_project,
    edit_project,
    edit_meeting,
    follow_up_meeting,
    ask_at_meeting,
    write_note,
    post_document,
    remove_document,
    send_batch,
    import_activities,
    begin_project,
    ask_for_role,
    give_role,
)
