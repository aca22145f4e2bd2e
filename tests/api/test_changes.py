"""The change feed: what each caller is told, in which order, and from which cursors one can go on."""

import logging
from base64 import urlsafe_b64decode
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistance.services.offers import offer_suspend
from cooperation_portal import changes
from cooperation_portal.api.catalogue import resources_by_type
from cooperation_portal.api.models import ApiKey
from cooperation_portal.changes import feed
from cooperation_portal.changes.models import Change
from tests.api.conftest import Caller
from tests.factories import (
    ActionItemFactory,
    ApiKeyFactory,
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

pytestmark = pytest.mark.django_db
FEED = "/api/v1/changes/"


def told(record, *, op="upsert", **values):
    """Write a record as a service would, and note it."""
    for name, value in values.items():
        setattr(record, name, value)
    with transaction.atomic(), changes.together():
        if values:
            record.version += 1
            record.save()
        changes.record(record, op=op)
        if op == "remove":
            pk = record.pk
            record.delete()
            record.pk = pk
    return record


def page(caller, cursor="", **parameters):
    query = {"limit": 200, **parameters}
    if cursor:
        query["cursor"] = cursor
    answer = caller.get(FEED, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def start(caller):
    """The cursor after everything so far."""
    return page(caller)["meta"]["cursor"]


def news(caller, cursor):
    return [(item["op"], item["type"], item["id"]) for item in page(caller, cursor)["data"]]


def test_a_new_offer_is_told_with_what_it_says(reader, cicte):
    cursor = start(reader)
    offer = told(OfferFactory(organization=cicte, areas=["BIO.LAB"]))
    (item,) = page(reader, cursor)["data"]
    assert item == {
        "op": "upsert",
        "type": "offer",
        "id": offer.pk,
        "ref": offer.reference,
        "version": offer.version,
        "object": reader.get(f"/api/v1/offers/{offer.pk}/").json(),
    }


def test_from_the_beginning_everything_is_told_that_the_caller_sees(reader, visitor):
    public = told(OfferFactory(visibility="public"))
    network = told(OfferFactory(visibility="network"))
    told(OfferFactory(status="draft"))
    assert news(visitor, "") == [("upsert", "offer", public.pk)]
    assert news(reader, "") == [("upsert", "offer", public.pk), ("upsert", "offer", network.pk)]


def test_changes_come_in_the_order_of_their_writing(reader):
    offers = [told(OfferFactory()) for _ in range(3)]
    told(offers[0], title="Another title")
    everything = page(reader, type="offer")["data"]
    assert [item["ref"] for item in everything if item["type"] == "offer"] == [offer.reference for offer in offers]
    first = page(reader, limit=2)
    told_first = [item["object"]["title"] for item in first["data"] if item["type"] == "offer"]
    assert told_first == ["Another title", offers[1].title]
    second = page(reader, first["meta"]["cursor"], limit=2)
    assert [item["ref"] for item in second["data"]] == [offers[2].reference, offers[0].reference]


def test_pages_follow_each_other_and_the_last_has_no_next(reader):
    offers = [told(OfferFactory()) for _ in range(5)]
    assert [row["id"] for row in reader.crawl(f"{FEED}?limit=2")] == [offer.pk for offer in offers]
    answer = reader.get(f"{FEED}?limit=2")
    assert answer.headers["Link"] == f'<{answer.json()["next"]}>; rel="next"'
    last = page(reader, limit=5)
    assert last["next"] is None
    assert last["meta"]["lag_ms"] == 0


def test_lag_is_the_age_of_the_oldest_change_that_waits(reader):
    for _ in range(2):
        told(OfferFactory())
    Change.objects.update(at=timezone.now() - timedelta(seconds=90))
    assert 90_000 <= page(reader, limit=1)["meta"]["lag_ms"] < 120_000


def test_lost_visibility_looks_like_removal_and_gained_like_a_new_record(reader, stranger, visitor, cicte):
    offer = told(OfferFactory(organization=cicte, visibility="public"))
    cursors = {caller: start(caller) for caller in (reader, stranger, visitor)}
    told(offer, visibility="network")
    assert news(visitor, cursors[visitor]) == [("remove", "offer", offer.pk)]
    assert news(stranger, cursors[stranger]) == [("upsert", "offer", offer.pk)]
    cursors = {caller: start(caller) for caller in (reader, stranger, visitor)}
    told(offer, visibility="committee")
    (gone,) = page(stranger, cursors[stranger])["data"]
    assert gone == {"op": "remove", "type": "offer", "id": offer.pk, "ref": None, "version": 3, "object": None}
    assert news(reader, cursors[reader]) == [("upsert", "offer", offer.pk)]
    assert news(visitor, cursors[visitor]) == []
    cursors = {caller: start(caller) for caller in (reader, stranger, visitor)}
    told(offer, visibility="public")
    assert news(visitor, cursors[visitor]) == [("upsert", "offer", offer.pk)]
    assert news(stranger, cursors[stranger]) == [("upsert", "offer", offer.pk)]


def test_what_happens_to_a_hidden_record_is_told_to_nobody_else(reader, stranger, cicte):
    offer = told(OfferFactory(organization=cicte, status="draft"))
    told(offer, title="Another title")
    told(offer, op="remove")
    assert news(stranger, "") == []
    assert news(reader, "") == [("remove", "offer", offer.pk)]


def test_a_removed_record_is_told_to_those_who_saw_it(reader, visitor):
    contact = told(ContactFactory(visibility="network"))
    cursors = {caller: start(caller) for caller in (reader, visitor)}
    told(contact, op="remove")
    assert news(reader, cursors[reader]) == [("remove", "contact", contact.pk)]
    assert news(visitor, cursors[visitor]) == []


def test_a_record_that_came_and_went_between_two_visits(stranger):
    cursor = start(stranger)
    offer = told(OfferFactory(visibility="network"))
    told(offer, visibility="committee")
    told(offer, visibility="network")
    assert [one for one in news(stranger, cursor) if one[1] == "offer"] == [("upsert", "offer", offer.pk)]


def test_a_proposal_is_told_to_its_parties_alone(reader, stranger, cicte):
    match = told(MatchFactory(offer__organization=cicte, status="suggested"))
    cursors = {caller: start(caller) for caller in (reader, stranger)}
    told(match, status="proposed", proposed_at=timezone.now())
    assert news(reader, cursors[reader]) == [("upsert", "match", match.pk)]
    assert news(stranger, cursors[stranger]) == []


def test_who_joins_a_meeting_is_told_of_its_papers(reader, stranger, cicte):
    meeting = told(MeetingFactory(visibility="network"))
    document = told(DocumentFactory(meeting=meeting, visibility="participants"))
    note = told(NoteFactory(meeting=meeting, visibility="participants"))
    cursors = {caller: start(caller) for caller in (reader, stranger)}
    part = ParticipationFactory(meeting=meeting, organization=cicte)
    told(meeting)
    assert {kind for _op, kind, _pk in news(reader, cursors[reader])} == {"meeting", "document", "note"}
    assert news(stranger, cursors[stranger]) == [("upsert", "meeting", meeting.pk)]
    cursor = start(reader)
    part.delete()
    told(meeting)
    assert sorted(news(reader, cursor)) == [
        ("remove", "document", document.pk),
        ("remove", "note", note.pk),
        ("upsert", "meeting", meeting.pk),
    ]


def test_a_part_is_told_with_the_record_it_shows_in(reader):
    item = ActionItemFactory()
    told(item.meeting)
    cursor = start(reader)
    told(item)
    assert news(reader, cursor) == [("upsert", "meeting", item.meeting.pk)]


def test_a_match_that_opens_shows_in_its_project(reader, cicte):
    match = told(MatchFactory(offer__organization=cicte, status="suggested"))
    project = ProjectFactory(organization=cicte, status="consultation")
    project.matches.add(match)
    told(project)
    cursor = start(reader)
    told(match, status="proposed", proposed_at=timezone.now())
    assert news(reader, cursor) == [("upsert", "match", match.pk), ("upsert", "project", project.pk)]


def test_a_new_acronym_is_told_with_what_names_it(reader, cicte):
    offer = told(OfferFactory(organization=cicte))
    told(cicte)
    cursor = start(reader)
    told(cicte, acronym="CICTE-2")
    items = page(reader, cursor)["data"]
    assert ("organization", "CICTE-2") in [(item["type"], item["ref"]) for item in items]
    (changed,) = [item for item in items if item["type"] == "offer"]
    assert (changed["id"], changed["object"]["organization"]) == (offer.pk, "CICTE-2")


def test_a_record_named_later_comes_before_the_one_that_names_it(reader):
    offer = told(OfferFactory())
    told(offer.organization)
    later = told(OrganizationFactory())
    told(offer, organization=later)
    kinds = [(item["type"], item["ref"]) for item in page(reader, type="offer,organization")["data"]]
    assert kinds.index(("organization", later.acronym)) < kinds.index(("offer", offer.reference))


def test_a_match_that_opens_after_its_project_was_told_comes_before_it(reader):
    """The project is told with what it names now, though nobody wrote it since its first row."""
    match = MatchFactory(status="suggested", offer__organization=reader.key.organization)
    for parent in (match.request, match.offer, match):
        told(parent)
    project = ProjectFactory(organization=reader.key.organization)
    project.matches.add(match)
    told(project)
    told(match, status="proposed", proposed_at=timezone.now())
    kinds = [item["type"] for item in page(reader, type="match,project")["data"]]
    assert kinds.index("match") < kinds.index("project")


def test_a_record_whose_first_row_was_pruned_still_comes_before_those_that_name_it(reader):
    organization = told(OrganizationFactory())
    offer = told(OfferFactory(organization=organization))
    Change.objects.filter(object_type="organization").delete()
    told(organization, name="Renamed yesterday")
    Change.objects.update(at=timezone.now() - timedelta(days=100))
    told_ones = [
        (item["type"], item["id"]) for item in page(reader)["data"] if item["type"] in ("organization", "offer")
    ]
    assert told_ones[:2] == [("organization", organization.pk), ("offer", offer.pk)]


def test_a_renamed_record_comes_before_those_that_name_it(reader, cicte):
    told(cicte)
    offer = told(OfferFactory(organization=cicte))
    told(cicte, acronym="RENAMED")
    kinds = [(item["type"], item["ref"]) for item in page(reader, type="offer,organization")["data"]]
    assert kinds.index(("organization", "RENAMED")) < kinds.index(("offer", offer.reference))


def test_parents_of_other_types_are_not_told(reader, cicte):
    offer = told(OfferFactory(organization=cicte, areas=["BIO.LAB"]))
    told(offer, title="Another title")
    assert {item["type"] for item in page(reader, type="offer")["data"]} == {"offer"}
    narrow = Caller(ApiKeyFactory(organization=cicte, scopes=["assistance:read"]))
    assert {item["type"] for item in page(narrow)["data"]} <= {"offer", "area", "assistance_type"}


def test_types_narrow_the_feed(reader):
    offer = told(OfferFactory())
    told(MeetingFactory(visibility="public"))
    items = page(reader, type="offer")["data"]
    assert [(item["type"], item["id"]) for item in items] == [("offer", offer.pk)]


# Cursors


def refused(caller, cursor, **parameters):
    answer = caller.get(FEED, {"cursor": cursor, **parameters})
    return answer.status_code, answer.json()["type"].rstrip("/").rsplit("/", 1)[1]


def test_a_cursor_of_another_organization_is_refused(reader, stranger, visitor):
    cursor = start(reader)
    assert refused(stranger, cursor) == (400, "invalid-cursor")
    assert refused(visitor, cursor) == (400, "invalid-cursor")
    assert refused(reader, cursor, type="offer") == (400, "invalid-cursor")
    assert refused(reader, f"{cursor}x") == (400, "invalid-cursor")
    assert refused(reader, "x") == (400, "invalid-cursor")


def test_another_key_of_the_organization_goes_on_where_the_first_stood(reader, cicte):
    told(OfferFactory())
    cursor = start(reader)
    offer = told(OfferFactory())
    assert news(Caller(ApiKeyFactory(organization=cicte)), cursor) == [("upsert", "offer", offer.pk)]


def test_a_key_that_reads_more_does_not_go_on_where_a_narrower_one_stood(reader, cicte):
    narrow = Caller(ApiKeyFactory(organization=cicte, scopes=["assistance:read"]))
    meeting = told(MeetingFactory(visibility="public"))
    cursor = start(narrow)
    assert ("upsert", "meeting", meeting.pk) not in news(narrow, "")
    assert refused(reader, cursor) == (400, "invalid-cursor")
    assert refused(narrow, start(reader)) == (400, "invalid-cursor")
    again = Caller(ApiKeyFactory(organization=cicte, scopes=["assistance:read", "assistance:write"]))
    assert news(again, cursor) == []


def test_all_types_named_are_as_good_as_none(reader):
    told(OfferFactory())
    everything = ",".join(sorted(resources_by_type()))
    assert page(reader, start(reader), type=everything)["data"] == []


def test_types_out_of_the_keys_scope_are_refused(cicte):
    narrow = Caller(ApiKeyFactory(organization=cicte, scopes=["assistance:read"]))
    answer = narrow.get(FEED, {"type": "offer,meeting"})
    assert answer.status_code == 400
    assert [one["code"] for one in answer.json()["errors"]] == ["missing_scope"]


def test_a_cursor_older_than_ninety_days_is_gone(reader, time_machine):
    time_machine.move_to(timezone.now())
    told(OfferFactory())
    cursor = start(reader)
    time_machine.shift(timedelta(days=89))
    assert page(reader, cursor)["data"] == []
    time_machine.shift(timedelta(days=3))
    ApiKey.objects.update(expires_at=timezone.now() + timedelta(days=90))
    answer = reader.get(FEED, {"cursor": cursor})
    assert answer.status_code == 410
    assert answer.json()["snapshots"].endswith("/api/v1/snapshots/")


def test_a_mirror_that_asks_now_and_then_keeps_its_cursor_alive(reader, time_machine):
    time_machine.move_to(timezone.now())
    told(OfferFactory())
    cursor = start(reader)
    for _ in range(4):
        time_machine.shift(timedelta(days=60))
        ApiKey.objects.update(expires_at=timezone.now() + timedelta(days=90))
        cursor = page(reader, cursor)["meta"]["cursor"]


def test_after_a_restore_the_cursors_of_what_was_lost_are_gone(reader):
    told(OfferFactory())
    before = start(reader)
    lost = told(OfferFactory())
    after = start(reader)
    Change.objects.filter(object_id=lost.pk).delete()
    assert refused(reader, after) == (410, "cursor-expired")
    number = Change.objects.order_by("-id").values_list("id", flat=True).first()
    again = told(OfferFactory())
    Change.objects.filter(object_id=again.pk).update(id=number + 1)
    assert refused(reader, after) == (410, "cursor-expired")
    assert news(reader, before) == [("upsert", "offer", again.pk)]


def test_a_mirror_that_read_what_a_restore_lost_starts_over_wherever_it_stands(reader):
    first = told(OfferFactory(title="As in the copy"))
    told(OfferFactory())
    told(first, title="Written after the copy")
    behind = page(reader, limit=1, type="offer")
    assert behind["data"][0]["object"]["title"] == "Written after the copy"
    Change.objects.latest("id").delete()
    assert refused(reader, behind["meta"]["cursor"], type="offer") == (410, "cursor-expired")


def test_a_cursor_tells_nothing(reader):
    for _ in range(3):
        told(OfferFactory())
    cursor = start(reader)
    opened = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    assert str(Change.objects.latest("id").pk).encode() not in opened
    assert cursor == start(reader)


def test_a_cursor_whose_row_was_pruned_still_works(reader):
    told(OfferFactory())
    Change.objects.update(at=timezone.now() - timedelta(days=95))
    cursor = start(reader)
    told(OfferFactory())
    Change.objects.filter(at__lt=timezone.now() - timedelta(days=90)).delete()
    assert len(page(reader, cursor)["data"]) == 1


def test_the_cursor_moves_on_over_many_changes_for_others(reader, stranger, cicte, monkeypatch):
    told(OfferFactory(visibility="network"))
    cursor = start(stranger)
    offer = told(OfferFactory(organization=cicte, status="draft"))
    assert page(stranger, cursor)["meta"]["cursor"] == cursor
    monkeypatch.setattr(feed, "MOVES_AFTER", 3)
    for _ in range(4):
        told(offer)
    assert page(stranger, cursor)["meta"]["cursor"] != cursor


# Cost


def statements(caller, cursor=""):
    with CaptureQueriesContext(connection) as asked:
        page(caller, cursor)
    return len(asked)


def test_statements_do_not_grow_with_the_rows(reader):
    for _ in range(2):
        told(OfferFactory(areas=["BIO.LAB"]))
    statements(reader)
    few = statements(reader)
    for _ in range(20):
        told(OfferFactory(areas=["BIO.LAB", "LEG.BIO"]))
    assert statements(reader) == few


def test_nothing_new_costs_two_statements(reader, django_assert_num_queries):
    told(OfferFactory())
    cursor = start(reader)
    with django_assert_num_queries(2):  # the key, the feed
        page(reader, cursor)


def test_nothing_new_is_not_modified_and_news_are(reader):
    told(OfferFactory())
    cursor = start(reader)
    for query in ({}, {"cursor": cursor}):
        tag = reader.get(FEED, query).headers["ETag"]
        again = reader.get(FEED, query, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
    offer_tag = reader.get(FEED).headers["ETag"]
    told(OfferFactory())
    assert reader.get(FEED, headers={"If-None-Match": offer_tag}).status_code == 200
    assert reader.get(FEED, {"cursor": cursor}, headers={"If-None-Match": tag}).status_code == 200


def test_what_is_hidden_does_not_show_in_the_tag(reader, stranger, cicte):
    cursor = start(stranger)
    tag = stranger.get(FEED, {"cursor": cursor}).headers["ETag"]
    told(OfferFactory(organization=cicte, status="draft"))
    assert stranger.get(FEED, {"cursor": cursor}, headers={"If-None-Match": tag}).status_code == 304


def test_contacts_in_the_feed_are_logged_as_read(reader, caplog):
    told(ContactFactory(visibility="network"))
    with caplog.at_level(logging.INFO):
        page(reader)
    assert "Contact data read: 1 records" in caplog.text


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "type=nothing", "type=offer,offer", "type=", "since=1", "cursor="]
)
def test_what_the_feed_does_not_know_is_refused(reader, query):
    answer = reader.get(f"{FEED}?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_a_service_tells_what_it_writes(reader, cicte, editor):
    offer = OfferFactory(organization=cicte)
    cursor = start(reader)
    offer_suspend(by=editor, offer=offer, reason="Staff changes")
    (item,) = page(reader, cursor)["data"]
    assert (item["ref"], item["object"]["status"]) == (offer.reference, "suspended")


def test_a_circulated_request_opens_to_providers(reader, visitor, peru):
    request = told(RequestFactory(state=peru, status="authenticated"))
    cursors = {caller: start(caller) for caller in (reader, visitor)}
    told(request, status="circulated")
    assert news(reader, cursors[reader]) == [("upsert", "request", request.pk)]
    assert news(visitor, cursors[visitor]) == []
