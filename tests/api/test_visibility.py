"""Right status is not enough: what stands in an answer, what a filter finds and what a count says, for each caller."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from assistance.models import AssistanceRequest
from cooperation_portal.access.roles import Role
from tests.factories import (
    ActionItemFactory,
    ApiKeyFactory,
    AreaFactory,
    ContactFactory,
    DocumentFactory,
    MatchFactory,
    MeetingFactory,
    NoteFactory,
    OfferFactory,
    OrganizationFactory,
    ParticipationFactory,
    ProjectFactory,
    RequestFactory,
)

from .conftest import Caller
from .samples import public_request

pytestmark = pytest.mark.django_db

SECRET = "canary7f3a"
#: What a reader of the public summary never finds.
CONFIDENTIAL = (
    "description",
    "needs",
    "weapon_types",
    "languages",
    "needed_from",
    "needed_by",
    "received_as_stated",
    "origin",
    "existing_assistance",
    "submitted_at",
)
INSIDE = (
    "document_reference",
    "preferred_providers",
    "declined_providers",
    "summary_consent_on",
    "steps",
    "requester_feedback",
)


@pytest.fixture
def confidential_request(cicte) -> AssistanceRequest:
    """A request whose summary is published and whose confidential columns all hold the canary."""
    request = public_request(
        description=f"{SECRET} description",
        document_reference=f"{SECRET} reference",
        requester_feedback=f"{SECRET} feedback",
        weapon_types=["BW"],
        languages=["ar"],
        needed_from="2027-01-05",
        needed_by="2027-06-05",
        needs=[("BIO.LAB", ["TRNG"], "high")],
    )
    request.needs.update(detail=f"{SECRET} detail")
    request.preferred_providers.add(cicte)
    request.declined_providers.add(OrganizationFactory(acronym="DECLINED"))
    request.steps.create(kind="received", note=f"{SECRET} step")
    request.existing_assistance.create(organization=cicte, area=AreaFactory(code="BIO.LAB"))
    return request


def only(caller, name="requests", query=""):
    (row,) = caller.get(f"/api/v1/{name}/?{query}").json()["data"]
    return row


def test_the_public_reads_title_areas_and_summary_alone(confidential_request, visitor, stranger):
    for caller in (visitor, stranger):
        row = only(caller)
        assert row["is_full_text"] is False
        assert (row["title"], row["areas"]) == (confidential_request.title, ["BIO.LAB"])
        assert row["public_summary"] == "In short."
        assert row["status"] == "open"
        assert {name: row[name] for name in (*CONFIDENTIAL, *INSIDE)} == dict.fromkeys((*CONFIDENTIAL, *INSIDE))
        assert SECRET not in json.dumps(row)
        opened = only(caller, query="expand=state,preferred_providers,areas")
        assert opened["preferred_providers"] is None


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("submitted", "open"),
        ("clarification", "open"),
        ("authenticated", "open"),
        ("referred", "open"),
        ("circulated", "open"),
        ("being_assisted", "being_assisted"),
        ("fulfilled", "fulfilled"),
        ("closed", "closed"),
    ],
)
def test_readers_of_the_summary_are_told_no_step_of_the_procedure(status, told, confidential_request, visitor):
    AssistanceRequest.objects.update(status=status)
    assert only(visitor)["status"] == told
    assert only(visitor, query=f"status={told}")["status"] == told
    if told != status:
        assert visitor.get(f"/api/v1/requests/?status={status}&count=true").json()["meta"]["count"] == 0
        assert visitor.get("/api/v1/requests/?status__in=submitted,circulated,referred").json()["data"] == []


def test_providers_read_the_full_text_once_circulated_but_not_who_is_declined(confidential_request, stranger, visitor):
    AssistanceRequest.objects.update(status="circulated")
    row = only(stranger)
    assert row["is_full_text"] is True
    assert row["description"] == f"{SECRET} description"
    assert row["needs"] == [{"area": "BIO.LAB", "types": ["TRNG"], "priority": "high", "detail": f"{SECRET} detail"}]
    assert {name: row[name] for name in INSIDE} == dict.fromkeys(INSIDE)
    assert SECRET not in json.dumps(only(visitor))


def test_whom_a_request_is_open_to_is_said_truly_and_tells_no_step(visitor, reader):
    levels = {
        RequestFactory(provenance="public_source", status="closed").pk: ("public", "public"),
        RequestFactory(status="circulated").pk: (None, "network"),
        public_request(status="circulated").pk: ("committee", "network"),
        public_request(status="authenticated").pk: ("committee", "committee"),
        RequestFactory(organization=reader.key.organization, state=None, status="submitted").pk: (None, "committee"),
    }
    for place, caller in enumerate((visitor, reader)):
        read = {row["id"]: row["visibility"] for row in caller.crawl("/api/v1/requests/")}
        assert read == {pk: told[place] for pk, told in levels.items() if told[place]}
        for level in ("public", "network", "committee"):
            found = {row["id"] for row in caller.crawl(f"/api/v1/requests/?visibility={level}")}
            assert found == {pk for pk, told in read.items() if told == level}


def test_the_requester_reads_everything_of_its_own():
    organization = OrganizationFactory(acronym="SICA")
    request = RequestFactory(organization=organization, description=SECRET, status="draft")
    request.declined_providers.add(OrganizationFactory(acronym="DECLINED"))
    row = only(Caller(ApiKeyFactory(organization=organization)))
    assert (row["description"], row["declined_providers"]) == (SECRET, ["DECLINED"])


@pytest.mark.parametrize(
    "query",
    [
        f"q={SECRET}",
        "weapon_types=BW",
        "weapon_types__in=BW,CW",
        "languages=ar",
        "needed_from__gte=2027-01-01",
        "needed_from__lt=2028-01-01",
        "needed_from__isnull=false",
        "needed_from__isnull=true",
        "needed_by__isnull=true",
        "origin=template",
        "origin__in=template,other",
        "submitted_at__isnull=true",
        "submitted_at__isnull=false",
        "preferred_providers=CICTE",
        "preferred_providers__in=CICTE,DECLINED",
        "declined_providers=DECLINED",
        "summary_consent_on__isnull=false",
    ],
)
def test_no_filter_search_or_count_tells_what_is_hidden(query, confidential_request, visitor, stranger):
    for caller in (visitor, stranger):
        answer = caller.get(f"/api/v1/requests/?{query}&count=true").json()
        assert (answer["data"], answer["meta"]["count"]) == ([], 0)


@pytest.mark.parametrize(
    "query", ["weapon_types=BW", "needed_from__gte=2027-01-01", f"q={SECRET}", "origin=template", "areas=BIO.LAB"]
)
def test_the_same_filters_work_for_who_may_read(query, confidential_request, stranger):
    AssistanceRequest.objects.update(status="circulated")
    assert only(stranger, query=query)["id"] == confidential_request.pk


@pytest.mark.parametrize(
    "query",
    ["description=x", "description__contains=x", "needs=BIO.LAB", "document_reference=x", "requester_feedback=x"],
)
def test_hidden_texts_are_no_filters_at_all(query, visitor):
    assert visitor.get(f"/api/v1/requests/?{query}").status_code == 400


def test_personal_data_of_contacts_follow_the_one_rule(visitor, reader, stranger):
    today = timezone.localdate()
    values = {"name": f"{SECRET} name", "job_title": f"{SECRET} title", "email": f"{SECRET}@tests.example"}
    in_office = ContactFactory(visibility="public", agency="Office", **values)
    ended = ContactFactory(
        organization=reader.key.organization, visibility="public", valid_until=today - timedelta(days=1), **values
    )
    network = ContactFactory(visibility="network", **values)

    shown = {row["id"]: row for row in visitor.crawl("/api/v1/contacts/")}
    assert set(shown) == {in_office.pk, ended.pk}
    assert shown[in_office.pk]["email"] == values["email"]
    assert [shown[ended.pk][name] for name in ("name", "job_title", "email", "phone")] == [None] * 4
    assert SECRET not in json.dumps(shown[ended.pk])
    assert shown[ended.pk]["organization"] == "CICTE"

    assert {row["id"] for row in stranger.crawl("/api/v1/contacts/")} == {in_office.pk, ended.pk, network.pk}
    assert SECRET not in json.dumps(stranger.get(f"/api/v1/contacts/{ended.pk}/").json())
    assert reader.get(f"/api/v1/contacts/{ended.pk}/").json()["email"] == values["email"]


def test_contacts_are_not_searched_by_personal_data(visitor):
    contact = ContactFactory(visibility="public", name="Example Person", email="person@tests.example", agency="Customs")
    for query in ("q=Person", "q=tests.example"):
        assert visitor.get(f"/api/v1/contacts/?{query}").json()["data"] == []
    for query in ("name=Example", "email=person@tests.example", "email__contains=x", "phone__gte=1"):
        assert visitor.get(f"/api/v1/contacts/?{query}").status_code == 400
    assert only(visitor, "contacts", "q=customs")["id"] == contact.pk


def test_reads_of_contacts_are_logged_without_their_data(reader, caplog):
    ContactFactory(visibility="public", name=SECRET)
    with caplog.at_level(logging.INFO, logger="cooperation_portal.api.reading_log"):
        reader.get("/api/v1/contacts/", headers={"X-Request-Id": "request-0001"})
        reader.get("/api/v1/states/")
    (line,) = (row.getMessage() for row in caplog.records if row.name.endswith("reading_log"))
    assert line == f"Contact data read: 1 records by {reader.key}, request request-0001"


def test_the_contact_replaced_is_named_only_to_who_reads_it(visitor, reader):
    before = ContactFactory(organization=reader.key.organization, visibility="committee")
    after = ContactFactory(organization=reader.key.organization, visibility="public", replaces=before)
    assert visitor.get(f"/api/v1/contacts/{after.pk}/").json()["replaces"] is None
    assert reader.get(f"/api/v1/contacts/{after.pk}/").json()["replaces"] == f"contact-{before.pk}"


def test_parties_read_a_match_once_it_is_proposed(reader, stranger, visitor):
    offer = OfferFactory(organization=reader.key.organization)
    values = {"offer": offer, "explanation": {"total": 71.5}, "score": "71.50", "decision_reason": SECRET}
    MatchFactory(status="suggested", **values)
    match = MatchFactory(status="proposed", proposed_at=timezone.now(), **values)
    match.answers.create(side="provider", answer="accepted", answered_by_label=SECRET, reason=SECRET)
    row = only(reader, "matches")
    assert (row["id"], row["score"], row["explanation"]) == (match.pk, 71.5, {"total": 71.5})
    assert row["ref"] == f"{match.request.reference}/{offer.reference}"
    assert [(one["side"], one["answer"]) for one in row["answers"]] == [("provider", "accepted")]
    assert (row["rank"], row["decided_at"], row["decision_reason"], row["superseded_because"]) == (None,) * 4
    assert SECRET not in json.dumps(row)
    assert only(reader, "matches", "score__gte=71&score__lt=72&request=" + match.request.reference)["id"] == match.pk
    for caller in (stranger, visitor):
        assert caller.get("/api/v1/matches/").json()["data"] == []
        assert caller.get(f"/api/v1/matches/{match.pk}/").status_code == 404


def test_an_opened_relation_shows_no_more_than_its_own_address(reader):
    request = RequestFactory(description=SECRET)
    offer = OfferFactory(organization=reader.key.organization)
    MatchFactory(request=request, offer=offer, status="proposed", proposed_at=timezone.now())
    row = only(reader, "matches", "expand=request,offer")
    assert row["offer"] == reader.get(f"/api/v1/offers/{offer.pk}/").json()
    assert reader.get(f"/api/v1/requests/{request.pk}/").status_code == 404
    assert row["request"] == request.reference


def test_keys_of_records_that_the_caller_may_not_read_are_left_out(visitor, reader):
    hidden = MeetingFactory(visibility="committee")
    meeting = MeetingFactory(follows_up=hidden)
    ActionItemFactory(meeting=meeting, what=SECRET, visibility="committee")
    project = ProjectFactory(visibility="public")
    project.matches.add(MatchFactory())
    shown = visitor.get(f"/api/v1/meetings/{meeting.pk}/").json()
    assert (shown["follows_up"], shown["action_items"]) == (None, [])
    assert visitor.get(f"/api/v1/projects/{project.pk}/").json()["matches"] == []
    for name, query in (
        ("meetings", f"follows_up={hidden.reference}"),
        ("projects", f"matches={project.matches.get().ref}"),
    ):
        assert visitor.get(f"/api/v1/{name}/", dict([query.split("=")])).json()["data"] == []


def test_documents_follow_their_meeting_and_participation(reader, stranger, visitor):
    meeting = MeetingFactory(visibility="network")
    ParticipationFactory(meeting=meeting, organization=reader.key.organization)
    document = DocumentFactory(meeting=meeting, visibility="participants")
    assert only(reader, "documents")["id"] == document.pk
    for caller in (stranger, visitor):
        assert caller.get(f"/api/v1/documents/{document.pk}/").status_code == 404


def test_a_note_is_not_read_where_its_meeting_is_not(stranger):
    NoteFactory(meeting=MeetingFactory(visibility="committee"), visibility="network")
    assert stranger.get("/api/v1/notes/?count=true").json()["meta"]["count"] == 0


def test_a_key_never_reads_for_the_committee():
    """The Committee works in the portal; a key of its secretariat's office is a partner's key like any other."""
    office = OrganizationFactory(acronym="UNODA", category="un_entity")
    caller = Caller(ApiKeyFactory(organization=office))
    RequestFactory(description=SECRET)
    assert caller.get("/api/v1/requests/").json()["data"] == []
    assert Role.SECRETARIAT not in caller.key.build_actor().roles
