"""Mirrors kept by several readers while several writers write whatever the portal knows how to write.

Each writer takes an operation and a record at random, again and again; each reader follows the feed by its cursor. A
writer stays in its transaction for a moment after the change was noted, as a slow server would: that is when a reader
passes a row that is not there yet, unless commits follow the numbers.
"""

from __future__ import annotations

import json
import random
import string
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone

from assistance.models import Area, AssistanceRequest, AssistanceType, Match, Offer, Project
from assistance.services import offers as offer_services
from assistance.services.matches import match_answer, match_propose
from assistance.services.offer_values import OfferValues
from assistance.services.projects import project_from_match
from cooperation_portal import changes
from cooperation_portal.access.actors import SYSTEM, VISITOR, Actor, actor_for_keys_of
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.access.roles import Role
from cooperation_portal.api.catalogue import resources, resources_by_type
from cooperation_portal.api.renderers import to_json
from cooperation_portal.api.rows import represent
from cooperation_portal.changes.feed import read_items, read_slice
from cooperation_portal.changes.parents import named_by
from cooperation_portal.records.write import StaleVersion, created, lock, recorded
from meetings.models import ActionItem, Document, Meeting, Note, Participation
from meetings.services.documents import document_post, document_remove
from meetings.services.meeting_values import PartValues
from meetings.services.meetings import meeting_update
from organizations.models import InformationSheet, Organization, PointOfContact, State
from organizations.services.contacts import contact_create, contact_end, contact_replace, contact_update
from tests.factories import AreaFactory, OrganizationFactory

LEVELS = ("public", "network", "committee")
MEETING_LEVELS = ("public", "network", "participants", "committee")
#: What a service says to a write that is not possible now; the next one is tried.
REFUSALS = (ValidationError, NotAllowed, ObjectDoesNotExist, StaleVersion)
#: Longest time, in seconds, that a writer stays in its transaction once the change is noted.
SLOWEST_COMMIT = 0.03
#: So many seconds more the writers go on until each operation got through once, on a busy machine.
LONGEST_EXTRA = 120


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
)


@dataclass
class Replica:
    """A mirror: what the feed told one reader, by type and id, and what it told in the wrong order."""

    actor: Actor
    limit: int = 50
    cursor: str = ""
    records: dict[tuple[str, int], bytes] = field(default_factory=dict)
    refs: set[tuple[str, str]] = field(default_factory=set)
    orphans: list[tuple[str, str, str]] = field(default_factory=list)
    pages: int = 0
    #: Only while nobody writes: what is seen changes between one look and the next.
    checks_parents: bool = False

    def pull(self) -> bool:
        """One page; whether more waits."""
        found = read_slice(actor=self.actor, cursor=self.cursor, types=sorted(resources_by_type()), limit=self.limit)
        for item in json.loads(to_json(read_items(found, self.actor))):
            self.take(item)
        self.cursor, self.pages = found.cursor, self.pages + 1
        return found.has_more

    def take(self, item: dict[str, Any]) -> None:
        key = (item["type"], item["id"])
        if item["op"] == "remove":
            assert (item["ref"], item["object"]) == (None, None), "a removal tells no content"
            self.records.pop(key, None)
            return
        self.records[key] = to_json(item["object"])
        if self.checks_parents:
            self.orphans += [(item["ref"], *ref) for ref in named_by(item["object"]) if self.is_untold(*ref)]
        self.refs.add((item["type"], item["ref"]))

    def is_untold(self, record_type: str, ref: str) -> bool:
        """Whether a record that the reader sees was named before it was told."""
        one = resources_by_type()[record_type]
        visible = one.rows(self.actor).alias(_ref=one.ref_expression()).filter(_ref=ref)
        return (record_type, ref) not in self.refs and visible.exists()

    def live(self) -> dict[tuple[str, int], bytes]:
        """What its reader may see."""
        return {
            (one.type, made["id"]): to_json(json.loads(to_json(made)))
            for one in resources().values()
            for made in represent(one, one.rows(self.actor), actor=self.actor)
        }

    def differences(self) -> list[str]:
        live = self.live()
        return sorted(
            f"{kind} {pk}: "
            + ("missed" if (kind, pk) not in self.records else "kept" if (kind, pk) not in live else "old")
            for kind, pk in live.keys() | self.records.keys()
            if live.get((kind, pk)) != self.records.get((kind, pk))
        )


class Drill:
    """Writers that write for so long while every replica follows and, at the end, catches up."""

    def __init__(
        self, replicas: list[Replica], *, seconds: float, seed: int = 1540, longest: float | None = None
    ) -> None:
        self.replicas = replicas
        self.seed = seed
        self.ends = time.monotonic() + seconds
        self.ends_at_last = time.monotonic() + (longest or seconds + LONGEST_EXTRA)
        self.done: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.failures: list[str] = []
        self._writing_is_over = threading.Event()

    def run(self, *, writers: int = 4) -> None:
        followers = [self._thread(self._follow, replica) for replica in self.replicas]
        pens = [self._thread(self._write, random.Random(self.seed + number)) for number in range(writers)]
        for thread in pens:
            thread.join()
        self._writing_is_over.set()
        for thread in followers:
            thread.join()

    def _thread(self, job: Callable[[Any], None], argument: Any) -> threading.Thread:
        def guarded() -> None:
            try:
                job(argument)
            except Exception as failure:
                # The test tells it: a thread that only dies would leave the drill looking well.
                self.failures.append(f"{type(failure).__name__}: {failure}")
            finally:
                connection.close()

        thread = threading.Thread(target=guarded)
        thread.start()
        return thread

    def _write(self, chance: random.Random) -> None:
        while time.monotonic() < self.ends or (self.missing() and time.monotonic() < self.ends_at_last):
            operation = chance.choice(OPERATIONS)
            try:
                with transaction.atomic():
                    operation(chance)
                    time.sleep(chance.random() * SLOWEST_COMMIT)
            except REFUSALS as refusal:
                self.reasons[f"{operation.__name__}: {refusal}"] += 1
            else:
                self.done[operation.__name__] += 1

    def missing(self) -> set[str]:
        """Operations that never got through so far."""
        return {operation.__name__ for operation in OPERATIONS} - self.done.keys()

    def _follow(self, replica: Replica) -> None:
        while not self._writing_is_over.is_set():
            if not replica.pull():
                time.sleep(0.05)
        while replica.pull():
            pass


def identities(organizations: Iterable[Organization], *, checks_parents: bool = False) -> list[Replica]:
    """A visitor, and a key of each of four organizations; pages of different lengths."""
    actors = [VISITOR, *(actor_for_keys_of(one.pk) for one in organizations)]
    lengths = (20, 3, 7, 50, 200)
    return [
        Replica(actor, limit=limit, checks_parents=checks_parents) for actor, limit in zip(actors, lengths, strict=True)
    ]
