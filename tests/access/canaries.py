"""A world whose confidential texts are canaries: words that stand nowhere else, each with those who may read it.

Readers are named as in the `people` fixture; `own_key` and `stranger_key` are keys of CICTE and of an organization that
has nothing to do with any record. Whoever is not named must never get the word, on whatever surface.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone

from assistance.matching.policy import DEFAULT_WEIGHTS
from assistance.models import Area, MatchingRun
from assistance.services.offer_values import OfferValues
from assistance.services.offers import offer_create
from assistance.services.projects import project_cancel
from assistance.services.requests import RequestValues, request_create, request_object
from cooperation_portal import audit
from cooperation_portal.notices.models import Notice
from cooperation_portal.records.models import Record, ReferenceCounter
from organizations.services.information import sheet_save
from tests import factories as make

PREFIX = "canary"
WORD = re.compile(PREFIX + r"[0-9a-f]{12}")

COMMITTEE = frozenset({"expert", "observer", "secretariat"})
WRITERS = frozenset({"expert", "secretariat"})
CICTE = frozenset({"editor", "focal_point", "own_key"})
PERU = frozenset({"state_focal_point"})
MEMBERS = COMMITTEE | CICTE | PERU | {"outsider", "stranger_key"}
EVERYONE = MEMBERS | {"visitor", "newcomer"}


@dataclass(frozen=True)
class Canary:
    """A word, where it stands, and who may read it.

    `row` and `listed` are given where others read the row and not this text: no search for the word may find the row.
    `within` limits the look-out to addresses that match: for names that are public elsewhere.
    """

    word: str
    place: str
    readers: frozenset[str]
    row: str = ""
    listed: tuple[str, ...] = ()
    within: str = ""

    def is_watched_at(self, path: str) -> bool:
        return not self.within or re.search(self.within, path) is not None


@dataclass
class CanaryWorld:
    canaries: dict[str, Canary] = field(default_factory=dict)
    records: list[Any] = field(default_factory=list)

    def word(self, place: str, *readers: Iterable[str], **more: Any) -> str:
        """A new word for a text, read by the sets of `readers` together."""
        made = PREFIX + secrets.token_hex(6)
        self.canaries[made] = Canary(made, place, frozenset().union(*readers), **more)
        return made

    def add(self, record: Any) -> Any:
        self.records.append(record)
        return record

    def of(self, model_name: str) -> list[Any]:
        return [row for row in self.records if row._meta.model_name == model_name]


def build_canaries(cicte: Any, peru: Any, people: dict[str, Any]) -> CanaryWorld:
    world = CanaryWorld()
    for kind in ("OFF", "REQ"):  # services count on where the factories never get
        ReferenceCounter.objects.create(prefix=kind, year=timezone.localdate().year, last=7000)
    network = world.add(
        make.OfferFactory(
            organization=cicte,
            title=world.word("title of an offer to the network", MEMBERS),
            summary=world.word("summary of an offer to the network", MEMBERS),
        )
    )
    submitted = _requests(world, cicte, peru, people)
    _offers(world, cicte, peru, people)
    _matches(world, submitted, network)
    _projects(world, cicte, peru, people)
    _meetings(world, cicte, peru)
    _conference(world, cicte, peru)
    _bodies(world, cicte, peru, people)
    world.records += [cicte, peru, Area.objects.get(code="BIO.LAB"), *audit.models.AuditEntry.objects.all()]
    return world


def _request(world: CanaryWorld, name: str, readers: frozenset[str], inside: frozenset[str], **values: Any) -> Record:
    """A request with a canary in every text: `readers` get the full text, `inside` also what stays inside."""
    row = values.get("reference", "")
    listed = ("/requests/?historical=on&q=", "/search/?q=", "/api/v1/requests/?q=") if row else ()
    hidden = {"row": row, "listed": listed}
    given = {
        "title": values.get("title") or world.word(f"title, {name}", readers),
        "description": world.word(f"description, {name}", readers, **hidden),
        "document_reference": world.word(f"document reference, {name}", inside, **hidden),
        "requester_feedback": world.word(f"feedback, {name}", inside, **hidden),
    }
    request = world.add(make.RequestFactory(**given | values))
    request.needs.update(detail=world.word(f"need, {name}", readers, **hidden))
    request.steps.create(kind="acknowledged", note=world.word(f"note of a step, {name}", inside, **hidden))
    within = rf"^/requests/{request.reference}/|^/offers/[^/]+/requests/|^/api/v1/requests/|^/matches/"
    for relation in ("preferred_providers", "declined_providers"):
        word = world.word(f"{relation}, {name}", inside, within=within)
        getattr(request, relation).add(make.OrganizationFactory(acronym=word, name=f"Example {word}"))
    return request


def _requests(world: CanaryWorld, cicte: Any, peru: Any, people: dict[str, Any]) -> Record:
    """One of each stage; gives back the submitted one of Peru."""
    for name, owner, body in (("Peru's", PERU, {"state": peru}), ("CICTE's", CICTE, {"organization": cicte})):
        _request(world, f"{name} draft request", owner, owner, status="draft", **body)
        _request(world, f"{name} withdrawn request", owner | COMMITTEE, owner | COMMITTEE, status="withdrawn", **body)
    inside = PERU | COMMITTEE
    _request(world, "circulated request", MEMBERS, inside, state=peru, status="circulated", reference="REQ-2031-0001")
    summary = {"summary_consent_on": date(2026, 1, 1), "summary_published_on": date(2026, 1, 8)}
    _request(
        world,
        "request with a public summary",
        inside,
        inside,
        state=peru,
        status="authenticated",
        reference="REQ-2031-0002",
        title=world.word("title that the public may read", EVERYONE),
        public_summary=world.word("public summary", EVERYONE),
        **summary,
    )
    consented = {
        "public_summary": world.word("summary not yet published", inside),
        "summary_consent_on": timezone.localdate(),
    }
    submitted = _request(world, "submitted request", inside, inside, state=peru, status="authenticated", **consented)
    request_object(by=people["observer"], request=submitted, reason=world.word("reason of an objection", COMMITTEE))
    submitted.refresh_from_db()
    values = RequestValues(
        title=world.word("title of a draft, also in the audit", PERU),
        description=world.word("description of a draft, also in the audit", PERU),
    )
    world.add(request_create(by=people["state_focal_point"], requester=peru, values=values))
    return submitted


def _offers(world: CanaryWorld, cicte: Any, peru: Any, people: dict[str, Any]) -> None:
    def texts(name: str, *readers: frozenset[str]) -> dict[str, str]:
        return {part: world.word(f"{part} of {name}", *readers) for part in ("title", "summary")}

    for name, owner, body in (("CICTE", CICTE, {"organization": cicte}), ("Peru", PERU, {"state": peru})):
        draft = texts(f"a draft of {name}", owner)
        world.add(make.OfferFactory(status="draft", visibility="public", published_at=None, **draft, **body))
        held = texts(f"an offer of {name} to the Committee", owner, COMMITTEE)
        world.add(make.OfferFactory(visibility="committee", **held, **body))
    over = texts("a withdrawn offer", MEMBERS)
    world.add(make.OfferFactory(organization=cicte, status="withdrawn", visibility="network", **over))
    values = OfferValues(**texts("a draft, also in the audit", CICTE))
    world.add(offer_create(by=people["editor"], provider=cicte, values=values))


def _matches(world: CanaryWorld, request: Any, offer: Any) -> None:
    """The request is not circulated: what an expert has not proposed is the Committee's."""
    said = explanation(world.word("explanation of a suggestion", COMMITTEE))
    world.add(make.MatchFactory(request=request, offer=offer, status="suggested", explanation=said))
    for status in ("shortlisted", "dismissed"):
        reason = world.word(f"reason, {status} match", COMMITTEE)
        other = make.OfferFactory(organization=offer.organization)
        world.add(make.MatchFactory(request=request, offer=other, status=status, decision_reason=reason))
    own = make.OfferFactory(organization=offer.organization)
    circulated = world.of("assistancerequest")[4]
    proposed = make.MatchFactory(
        request=circulated,
        offer=own,
        status="proposed",
        proposed_at=timezone.now(),
        explanation=explanation(world.word("explanation of a proposal", CICTE, PERU, COMMITTEE)),
        decision_reason=world.word("reason of a proposal", COMMITTEE),
    )
    reason = world.word("answer to a proposal", CICTE, PERU, COMMITTEE)
    proposed.answers.create(side="requester", answer="accepted", reason=reason, answered_by_label="Example Person")
    world.add(proposed)
    who = world.word("who asked for a plan", COMMITTEE)
    world.add(make.PortfolioPlanFactory(pairs=[(request, offer)], left=[circulated], asked_by_label=who))
    world.add(MatchingRun.objects.create(cause="demand", status="failed", problem=world.word("problem", COMMITTEE)))
    weights = {"weights": dict(DEFAULT_WEIGHTS), "threshold": 1}
    world.add(make.PolicyFactory(note=world.word("note of a policy", COMMITTEE), **weights))


def explanation(word: str) -> dict[str, Any]:
    """One as the matching library gives it, with a word in place of a provider, which is then shown as it is."""
    empty: dict[str, Any] = {part: [] for part in ("gates", "needs", "missing", "paragraphs")}
    part = {"code": "example", "value": 0, "weight": 0, "points": 0, "params": {}}
    return {
        **empty,
        "score": 70,
        "policy": 1,
        "parts": [part],
        "readings": [{"of": "request", "code": "text_declines", "params": {"providers": [word]}}],
    }


def _projects(world: CanaryWorld, cicte: Any, peru: Any, people: dict[str, Any]) -> None:
    def project(name: str, *readers: frozenset[str], **values: Any) -> Any:
        texts = {part: world.word(f"{part} of {name}", *readers) for part in ("title", "summary")}
        made = world.add(make.ProjectFactory(organization=cicte, **texts, **values))
        made.milestones.create(title=world.word(f"milestone of {name}", *readers))
        contributor = make.OrganizationFactory(acronym="GIVER")
        made.contributions.create(organization=contributor, what=world.word(f"contribution to {name}", *readers))
        return made

    project("a concept", CICTE, COMMITTEE, status="concept", visibility="public")
    held = project("a project for the Committee", CICTE, PERU, COMMITTEE, visibility="committee")
    held.states.add(peru)
    project("a project", MEMBERS)
    given_up = project("a concept given up", CICTE, COMMITTEE, status="concept")
    project_cancel(by=people["editor"], project=given_up, reason=world.word("why it was given up", CICTE, COMMITTEE))


def _meetings(world: CanaryWorld, cicte: Any, peru: Any) -> None:
    inside, parts = CICTE | COMMITTEE, CICTE | PERU | COMMITTEE
    public = make.MeetingFactory(organization=cicte, visibility="public")
    make.ParticipationFactory(meeting=public, state=peru)
    levels = {"committee": (COMMITTEE, CICTE), "participants": (parts,)}
    for level, readers in levels.items():
        texts = {name: world.word(f"{name} of a meeting, {level}", *readers) for name in ("title", "summary", "place")}
        meeting = world.add(make.MeetingFactory(organization=cicte, visibility=level, **texts))
        if level == "participants":
            make.ParticipationFactory(meeting=meeting, state=peru)
        world.add(make.NoteFactory(meeting=meeting, background=world.word(f"note, {level}", *readers)))
    for level, readers in {"committee": inside - CICTE, "participants": parts}.items():
        word = world.word(f"document, {level}", readers)
        name = world.word(f"file name, {level}", readers)
        content = world.word(f"content, {level}", readers).encode()
        values = {"title": word, "file_name": f"{name}.txt", "content_type": "text/plain", "content": content}
        world.add(make.DocumentFactory(meeting=public, organization=None, visibility=level, **values))
        asked = readers | CICTE
        what = {name: world.word(f"{name} of an action, {level}", asked) for name in ("what", "follow_up")}
        world.add(make.ActionItemFactory(meeting=public, organization=None, visibility=level, **what))
    parts_of_note = ("background", "highlights", "recommendations", "additional_comments")
    draft = {name: world.word(f"{name} of a note not published", WRITERS) for name in parts_of_note}
    world.add(make.NoteFactory(meeting=public, status="draft", visibility="public", **draft))
    world.add(public)


def _conference(world: CanaryWorld, cicte: Any, peru: Any) -> None:
    """Peru and CICTE meet; who else each of them meets, and what is not circulated, is nobody's else.

    A body met is known by its acronym, which is public, so it is watched where appointments are shown.
    """
    where = r"/appointments|^/planning/conference/"
    meeting = make.MeetingFactory(kind="assistance_conference", status="confirmed", visibility="public")
    plan = world.add(make.ConferencePlanFactory(meeting=meeting))
    circulated, submitted = world.of("assistancerequest")[4], world.of("assistancerequest")[6]
    known = make.OfferFactory(organization=cicte, title=world.word("offer talked about", MEMBERS))
    given = {"plan": plan, "requester_state": peru}
    make.AppointmentFactory(**given, provider_organization=cicte, subjects=[(circulated, known), (submitted, known)])
    met = make.OrganizationFactory(acronym=world.word("whom Peru meets", PERU, COMMITTEE, within=where))
    later = datetime(2027, 3, 1, 15, tzinfo=UTC)
    subjects = [(submitted, make.OfferFactory(organization=met))]
    make.AppointmentFactory(**given, provider_organization=met, starts_at=later, subjects=subjects)
    asking = make.OrganizationFactory(acronym=world.word("who asks CICTE in confidence", COMMITTEE, within=where))
    asked = make.RequestFactory(organization=asking, status="authenticated")
    make.AppointmentFactory(
        plan=plan,
        requester_organization=asking,
        provider_organization=cicte,
        starts_at=later,
        subjects=[(asked, known)],
    )
    world.add(meeting)


def _bodies(world: CanaryWorld, cicte: Any, peru: Any, people: dict[str, Any]) -> None:
    """Contacts, people who ask to join, information sheets, keys and notices."""
    yesterday = timezone.localdate() - timedelta(days=1)

    def contact(name: str, readers: frozenset[str], *, agency: str = "", **values: Any) -> None:
        listed = ("/contacts/?q=", "/contacts/?verified=ended&q=", "/api/v1/contacts/?q=") if agency else ()
        texts = {
            part: world.word(f"{part} of {name}", readers, row=agency, listed=listed)
            for part in ("name", "job_title", "phone")
        }
        email = world.word(f"e-mail of {name}", readers, row=agency, listed=listed)
        world.add(make.ContactFactory(email=f"{email}@tests.example", agency=agency, **texts, **values))

    contact("CICTE's contact for the Committee", CICTE | COMMITTEE, organization=cicte, visibility="committee")
    contact("Peru's contact for the Committee", PERU | COMMITTEE, state=peru, visibility="committee")
    ended = {"valid_until": yesterday}
    contact("CICTE's ended contact", CICTE | WRITERS, organization=cicte, agency="Office one", **ended)
    contact("Peru's ended contact", PERU | WRITERS, state=peru, visibility="public", agency="Office two", **ended)

    deciders = frozenset({"focal_point", "secretariat"})
    asker = make.UserFactory(
        name=world.word("name of who asks", deciders),
        email=f"{world.word('e-mail of who asks', deciders)}@tests.example",
    )
    message = world.word("message of who asks", deciders)
    make_row = make.AffiliationFactory
    world.add(make_row(user=asker, organization=cicte, status="requested", message=message))
    reason = world.word("reason of a refusal", deciders)
    world.add(make_row(user=asker, organization=cicte, status="refused", reason=reason, role="focal_point"))
    world.add(asker)

    summary = world.word("information sheet not published, also in the audit", CICTE)
    items = [{"kind": "standards", "description": world.word("item of it", CICTE), "terms": "open"}]
    said = {"summary": summary, "visibility": "public", "items": items}
    world.add(sheet_save(by=people["editor"], organization=cicte, **said))
    other = make.OrganizationFactory(acronym="SHEET")
    level = {"visibility": "committee", "summary": world.word("information sheet for the Committee", COMMITTEE)}
    sheet = world.add(make.InformationSheetFactory(organization=other, **level))
    sheet.items.create(kind="standards", description=world.word("item of a sheet for the Committee", COMMITTEE))
    world.records += [other]

    world.add(make.ApiKeyFactory(organization=cicte, name=world.word("name of a key", deciders)))

    params = dict.fromkeys(("offer", "requester", "provider", "request"), world.word("notice", {"editor"}))
    told = {"action": "match.proposed", "object_type": "match", "object_id": 1, "path": "/", "params": params}
    Notice.objects.create(user=people["editor"], **told)
