"""Many writes in one request: all or none, mistakes by index, in whatever order batches cross."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
from django.db import connections

from assistance.models import Offer
from assistance.services import offers as offer_services
from cooperation_portal.api import batches
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from organizations.models import PointOfContact
from tests.factories import AreaFactory, ContactFactory, DocumentFactory, OfferFactory

from .conftest import Caller

OFFERS = "/api/v1/offers/"
BATCH = f"{OFFERS}batch/"


def send(caller, *items, path=BATCH, **headers):
    return caller.send("POST", path, {"items": list(items)}, **headers)


def tag_of(caller, record, path=OFFERS) -> str:
    return caller.get(f"{path}{record.pk}/").headers["ETag"]


def change(caller, record, path=OFFERS, **data):
    return {"id": record.pk, "if_match": tag_of(caller, record, path), "data": data}


def told(answer, status=400):
    assert answer.status_code == status, answer.content
    return {(entry["pointer"], entry["code"]) for entry in answer.json()["errors"]}


@pytest.fixture
def own(cicte) -> list[Offer]:
    return [OfferFactory(organization=cicte, title=f"Old {n}", reference=f"OFF-2020-000{n}") for n in range(3)]


@pytest.mark.django_db
def test_new_records_and_changes_come_back_in_the_order_they_were_sent(writer, own):
    last, first = change(writer, own[2], title="Third"), change(writer, own[0], capacity=4)
    answer = send(writer, last, {"data": {"title": "New one"}}, first, {"data": {"title": "New two"}})
    assert answer.status_code == 200
    made = answer.json()["data"]
    assert [row["title"] for row in made] == ["Third", "New one", "Old 0", "New two"]
    assert (made[0]["id"], made[2]["id"], made[2]["capacity"]) == (own[2].pk, own[0].pk, 4)
    for row, tag in zip(made, answer.json()["etags"], strict=True):
        again = writer.get(row["url"])
        assert (again.json(), again.headers["ETag"]) == (row, tag)


@pytest.mark.django_db
def test_each_record_is_audited_and_noted_once(writer, own):
    before = Change.objects.count()
    answer = send(writer, {"data": {"title": "New"}}, *(change(writer, offer, title="Changed") for offer in own))
    ids = [row["id"] for row in answer.json()["data"]]
    noted = Change.objects.order_by("pk")[before:]
    assert [(row.object_type, row.object_id, row.op) for row in noted] == [("offer", pk, "upsert") for pk in ids]
    assert sorted(AuditEntry.objects.values_list("action", flat=True)) == ["offer.created"] + ["offer.updated"] * 3


@pytest.mark.django_db
def test_one_refused_item_keeps_all_others_from_being_written(writer, own):
    good = change(writer, own[0], title="Changed")
    wrong = {"data": {"title": "New", "areas": ["NO.SUCH"]}}
    changes_before = Change.objects.count()
    assert told(send(writer, {"data": {"title": "New"}}, good, wrong)) == {("/items/2/data/areas/0", "unknown_key")}
    assert Offer.objects.count() == 3
    assert (Change.objects.count(), AuditEntry.objects.count()) == (changes_before, 0)
    own[0].refresh_from_db()
    assert (own[0].title, own[0].version) == ("Old 0", 1)


@pytest.mark.django_db
def test_mistakes_of_all_items_are_told_at_once(writer, own):
    answer = send(
        writer,
        {"data": {"title": 7}},
        {"data": {"title": "New"}},
        {"id": own[0].pk, "if_match": "*", "data": {"status": "ongoing", "nonsense": 1}},
        {"id": own[1].pk, "if_match": "*", "data": {}},
        "nothing",
        {"id": "1", "if_match": 5, "data": []},
        {"if_match": "*", "data": {"title": "New"}, "more": 1},
        {"id": True, "if_match": "*", "data": {"title": "x"}},
        {},
    )
    assert told(answer) == {
        ("/items/0/data/title", "wrong_type"),
        ("/items/2/data/status", "read_only"),
        ("/items/2/data/nonsense", "unknown_field"),
        ("/items/3/data", "empty"),
        ("/items/4", "wrong_type"),
        ("/items/5/id", "wrong_type"),
        ("/items/5/if_match", "wrong_type"),
        ("/items/5/data", "wrong_type"),
        ("/items/6/if_match", "without_id"),
        ("/items/6/more", "unknown_field"),
        ("/items/7/id", "wrong_type"),
        ("/items/8/data", "wrong_type"),
    }


@pytest.mark.django_db
def test_what_services_refuse_is_told_for_every_item(writer, own):
    lacking = {"data": {"title": "New", "publish": True}}
    answer = send(writer, lacking, {"data": {"title": "Draft"}}, {"data": {"title": "x", "states": ["XXX"]}})
    pointers = {pointer for pointer, _code in told(answer)}
    assert {"/items/0/data/summary", "/items/0/data/areas", "/items/2/data/states/0"} <= pointers
    assert not any(pointer.startswith("/items/1") for pointer in pointers)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {("/items", "wrong_type")}),
        ({"items": {}}, {("/items", "wrong_type")}),
        ({"items": []}, {("/items", "wrong_number")}),
        ({"items": [{"data": {"title": "x"}}] * 101}, {("/items", "wrong_number")}),
        ({"items": [], "atomic": False}, {("/atomic", "unknown_field")}),
    ],
)
def test_a_batch_is_a_list_of_one_to_a_hundred_items(body, expected, writer):
    assert told(writer.send("POST", BATCH, body)) == expected
    assert not Offer.objects.exists()


@pytest.mark.django_db
def test_a_hundred_items_are_written(writer):
    AreaFactory(code="BIO.LAB")
    items = [{"data": {"title": f"Course {n}", "areas": ["BIO.LAB"]}} for n in range(100)]
    answer = send(writer, *items)
    assert [row["title"] for row in answer.json()["data"]] == [f"Course {n}" for n in range(100)]


@pytest.mark.django_db
def test_a_record_is_changed_once_in_a_batch(writer, own):
    one = change(writer, own[0], title="First")
    assert told(send(writer, one, {**one, "data": {"title": "Second"}})) == {("/items/1/id", "repeated")}


@pytest.mark.django_db
def test_a_change_needs_the_present_etag_of_its_record(writer, own):
    stale = change(writer, own[1], title="Late")
    missing = {"id": own[0].pk, "data": {"title": "x"}}
    assert told(send(writer, stale, missing), 428) == {("/items/1/if_match", "required")}
    assert send(writer, change(writer, own[1], title="Early")).status_code == 200
    answer = send(writer, change(writer, own[0], title="x"), stale)
    assert told(answer, 412) == {("/items/1/if_match", "stale")}
    assert answer.json()["type"] == "/api/v1/problems/stale/"
    assert {offer.title for offer in Offer.objects.all()} == {"Old 0", "Early", "Old 2"}


@pytest.mark.django_db
def test_records_of_others_are_403_if_visible_and_404_if_not(writer, stranger, own):
    theirs = {"organization": stranger.key.organization}
    visible, hidden = OfferFactory(visibility="network", **theirs), OfferFactory(status="draft", **theirs)
    good = change(writer, own[0], title="x")

    def item(pk):
        return {"id": pk, "if_match": "*", "data": {"title": "Mine"}}

    assert told(send(writer, good, item(visible.pk)), 403) == {("/items/1/id", "forbidden")}
    invisible, gone = (send(writer, good, item(pk)) for pk in (hidden.pk, 999999))
    assert told(invisible, 404) == {("/items/1/id", "not_found")}
    assert invisible.content == gone.content
    assert told(send(writer, {"data": {"title": "x", "organization": "STRANGER"}}), 403) == {("/items/0", "forbidden")}
    assert set(Offer.objects.values_list("version", flat=True)) == {1}


@pytest.mark.django_db
def test_a_status_that_does_not_allow_a_change_is_409(writer, own, cicte):
    withdrawn = OfferFactory(organization=cicte, status="withdrawn")
    answer = send(writer, change(writer, own[0], title="x"), change(writer, withdrawn, title="x"))
    assert told(answer, 409) == {("/items/1", "conflict")}


@pytest.mark.django_db
def test_a_repeat_under_the_same_key_gets_the_same_answer_and_happens_once(writer):
    first, again = (send(writer, {"data": {"title": "New"}}, Idempotency_Key="b-1") for _turn in range(2))
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert send(writer, {"data": {"title": "Other"}}, Idempotency_Key="b-1").status_code == 422
    assert Offer.objects.count() == 1


@pytest.mark.django_db
def test_contacts_are_written_in_batches_and_documents_only_changed(writer, cicte):
    contact, document = ContactFactory(organization=cicte), DocumentFactory(organization=cicte)
    new = {"data": {"name": "New", "email": "new@cicte.example"}}
    path = "/api/v1/contacts/"
    answer = send(writer, new, change(writer, contact, path, phone="1"), path=f"{path}batch/")
    assert [row["name"] for row in answer.json()["data"]] == ["New", contact.name]
    assert PointOfContact.objects.count() == 2
    path = "/api/v1/documents/"
    assert told(send(writer, new, path=f"{path}batch/")) == {("/items/0/id", "required")}
    changed = send(writer, change(writer, document, path, title="New title"), path=f"{path}batch/")
    assert changed.json()["data"][0]["title"] == "New title"


@pytest.mark.django_db
def test_a_batch_needs_a_key_that_writes(visitor, reader):
    assert send(visitor, {"data": {"title": "x"}}).status_code == 401
    assert send(reader, {"data": {"title": "x"}}).status_code == 403
    assert reader.get(BATCH).status_code == 405


def at_once(calls):
    """Send all calls in threads that start together; give their answers."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        barrier.wait(10)
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def crossing(writer, own, turns):
    """Two batches over the same records in opposite orders, with a new one each; the statuses of both, turn by turn."""
    statuses = []
    for turn in range(turns):
        items = [change(writer, offer, title=f"Turn {turn}") for offer in own]
        both = ([*items, {"data": {"title": "New"}}], [{"data": {"title": "New"}}, *reversed(items)])
        answers = at_once([lambda sent=sent: send(Caller(writer.key), *sent) for sent in both])
        statuses.append(sorted(answer.status_code for answer in answers))
    return statuses


@pytest.mark.django_db(transaction=True)
def test_batches_that_cross_wait_for_one_another(writer, own):
    assert crossing(writer, own, turns=3) == [[200, 412]] * 3
    assert Offer.objects.filter(title="New").count() == 3


@pytest.mark.django_db(transaction=True)
def test_without_the_order_of_locks_they_block_each_other_and_one_is_told_so(writer, own, monkeypatch):
    """The drill above can fail: what keeps batches from a deadlock is that they lock in the order of ids."""
    meeting = threading.Barrier(2, timeout=10)

    def lock_as_sent(resource, ids):
        first, *others = ids if threading.current_thread().name.endswith("_0") else reversed(list(ids))
        list(resource.model._base_manager.select_for_update(no_key=True).filter(pk=first))
        meeting.wait()
        for pk in others:
            list(resource.model._base_manager.select_for_update(no_key=True).filter(pk=pk))

    monkeypatch.setattr(batches, "_lock", lock_as_sent)
    items = [change(writer, offer, title="Crossed") for offer in own[:2]]
    answers = at_once([lambda: send(Caller(writer.key), *items)] * 2)
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 409]
    (refused,) = (answer for answer in answers if answer.status_code == 409)
    assert refused.json()["type"] == "/api/v1/problems/conflict/"
    assert refused.headers["Retry-After"] == "1"


def batch_beside_a_single_write(writer, own, monkeypatch):
    """The statuses of a batch that changes and adds, and of a new offer that has its number before the batch."""
    meeting, number = threading.Barrier(2, timeout=10), offer_services.next_reference

    def next_reference(*args):
        is_batch = threading.current_thread().name.endswith("_0")
        if is_batch:
            meeting.wait()
        given = number(*args)
        if not is_batch:
            meeting.wait()
        return given

    monkeypatch.setattr(offer_services, "next_reference", next_reference)
    items = [change(writer, own[0], title="Batch"), {"data": {"title": "New in a batch"}}]
    calls = [
        lambda: send(Caller(writer.key), *items),
        lambda: Caller(writer.key).send("POST", OFFERS, {"title": "New alone"}),
    ]
    return {answer.status_code for answer in at_once(calls)}


@pytest.mark.django_db(transaction=True)
def test_a_batch_and_a_single_write_do_not_block_each_other(writer, own, monkeypatch):
    assert batch_beside_a_single_write(writer, own, monkeypatch) == {200, 201}


@pytest.mark.django_db(transaction=True)
def test_with_changes_noted_one_by_one_they_would(writer, own, monkeypatch):
    """A new offer holds the counter of references while it waits for the lock of changes: a batch asks for it last."""
    monkeypatch.setattr(batches.changes, "together", nullcontext)
    assert 409 in batch_beside_a_single_write(writer, own, monkeypatch)
