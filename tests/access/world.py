"""One record of every kind, so that every route has something to show or refuse."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from assistance.matching import DEFAULT_POLICY
from assistance.models import Area, MatchingRun, PolicyPreview
from cooperation_portal import audit
from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.access.models import ReadOnlyMode
from cooperation_portal.notices.models import Notice
from cooperation_portal.snapshots.models import Snapshot
from tests.factories import (
    ActionItemFactory,
    AffiliationFactory,
    ApiKeyFactory,
    AppointmentFactory,
    AssistanceTypeFactory,
    ConferencePlanFactory,
    ContactFactory,
    DocumentFactory,
    GlossaryConceptFactory,
    InformationSheetFactory,
    MatchFactory,
    MeetingFactory,
    NoteFactory,
    OfferFactory,
    ParagraphFactory,
    ParticipationFactory,
    PolicyFactory,
    PortfolioPlanFactory,
    ProjectFactory,
    RequestFactory,
    WebhookFactory,
)


@dataclass
class World:
    """Records by the name that the route table uses for them."""

    records: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return self.records[name]


def build_world(cicte: Any, peru: Any, people: dict[str, Any]) -> World:
    """CICTE offers to the network, Peru asks; the pair is proposed to both; CICTE takes part in a public meeting
    and meets Peru at a conference."""
    meeting = MeetingFactory(organization=cicte, visibility="public")
    ParticipationFactory(meeting=meeting, organization=cicte)
    request = RequestFactory(state=peru, status="circulated")
    offer = OfferFactory(organization=cicte, visibility="network")
    match = MatchFactory(request=request, offer=offer, status="proposed", proposed_at=offer.published_at)
    audit.record(action="match.proposed", obj=match, by=SYSTEM)
    conference = MeetingFactory(kind="assistance_conference", status="confirmed", visibility="public")
    plan = ConferencePlanFactory(meeting=conference)
    AppointmentFactory(plan=plan, requester_state=peru, provider_organization=cicte, subjects=[(request, offer)])
    policy = PolicyFactory()
    webhook = WebhookFactory(organization=cicte)
    notice = Notice.objects.create(
        user=people["editor"],
        action="match.proposed",
        object_type="match",
        object_id=match.pk,
        path=match.get_absolute_url(),
        params={"offer": "O", "requester": "R", "provider": "P", "request": "REQ"},
    )
    records = {
        "organization": cicte,
        "state": peru,
        "offer": offer,
        "draft_offer": OfferFactory(organization=cicte, status="draft", visibility="public"),
        "request": request,
        "match": match,
        "project": ProjectFactory(organization=cicte, status="committed"),
        "meeting": meeting,
        "conference": plan,
        "note": NoteFactory(meeting=meeting, visibility="public"),
        "document": DocumentFactory(meeting=meeting, organization=cicte),
        "action_item": ActionItemFactory(meeting=meeting, organization=cicte),
        "contact": ContactFactory(organization=cicte, visibility="network"),
        "information_sheet": InformationSheetFactory(organization=cicte, visibility="network"),
        "affiliation": AffiliationFactory(organization=cicte, status="requested"),
        "area": Area.objects.get(code="BIO.LAB"),
        "assistance_type": AssistanceTypeFactory(code="TRNG"),
        "glossary_concept": GlossaryConceptFactory(),
        "paragraph": ParagraphFactory(paragraph=20),
        "policy": policy,
        "policy_preview": PolicyPreview.objects.create(draft=DEFAULT_POLICY.as_dict(), based_on=policy.version),
        "portfolio_plan": PortfolioPlanFactory(pairs=[(request, offer)]),
        "run": MatchingRun.objects.create(cause="demand", status="done"),
        "notice": notice,
        "api_key": ApiKeyFactory(organization=cicte),
        "snapshot": Snapshot.objects.create(
            organization=cicte, asked_by_label="Example", format="ndjson", contents=["state"], status="failed"
        ),
        "webhook": webhook,
        "delivery": webhook.deliveries.create(type="ping", body='{"data": {}}', state="failed"),
        "read_only_mode": ReadOnlyMode.objects.get_or_create(pk=1)[0],
        "user": people["editor"],
        "membership": cicte.memberships.create(state=peru, iso3=peru.iso3),
    }
    return World(records)


def routes(resolver: URLResolver | None = None, prefix: str = "", namespace: str = "") -> list[tuple[str, str]]:
    """Every route that the resolver knows, as (name with namespace, path pattern)."""
    found = []
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            found.append((f"{namespace}{entry.name or path}", path))
        else:
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            found += routes(entry, path, inner)
    return found
