"""Snapshots: a file that is whole, exact and as of one moment, for its own organization, for a day."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import logging
import random
import threading
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from assistance.models import Offer
from cooperation_portal.access.actors import actor_for_keys_of
from cooperation_portal.api import whole_lists
from cooperation_portal.api.catalogue import resources, resources_by_type
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.snapshots.models import Snapshot
from cooperation_portal.snapshots.services import building, parents_first, places, removing, writers
from cooperation_portal.snapshots.views import SnapshotFileView
from organizations.services.organizations import organization_update
from tests.factories import (
    ApiKeyFactory,
    AreaFactory,
    ContactFactory,
    MeetingFactory,
    OfferFactory,
    OrganizationFactory,
    StateFactory,
)

from .conftest import Caller
from .samples import HIDDEN, PUBLIC

pytestmark = pytest.mark.django_db(transaction=True)

SNAPSHOTS = "/api/v1/snapshots/"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    settings.SNAPSHOT_ROOT = tmp_path / "snapshots"
    return settings.SNAPSHOT_ROOT


@pytest.fixture
def later(monkeypatch):
    """Nobody builds until the test does."""
    monkeypatch.setattr("cooperation_portal.snapshots.services.asking.hurry", lambda task: None)


@pytest.fixture
def some_of_everything(cicte):
    for make in (*PUBLIC.values(), *HIDDEN.values()):
        make()
    OfferFactory(organization=cicte, status="draft", title="Our draft")


def asked(caller: Caller, **body: Any) -> dict[str, Any]:
    """Ask, and give the state afterwards; tasks run at once in tests."""
    answer = caller.send("POST", SNAPSHOTS, body)
    assert answer.status_code == 202, answer.content
    assert answer.headers["Location"] == answer.json()["url"]
    return caller.get(path_of(answer.json())).json()


def path_of(state: dict[str, Any], end: str = "") -> str:
    return f"{SNAPSHOTS}{state['id']}/{end}"


def downloaded(caller: Caller, state: dict[str, Any], **headers: str) -> bytes:
    answer = caller.get(path_of(state, "file/"), headers=headers)
    content = b"".join(answer.streaming_content)
    assert len(content) == int(answer.headers["Content-Length"])
    return content


def lines_of(caller: Caller, state: dict[str, Any]) -> tuple[dict, list[dict], dict]:
    first, *lines, last = gzip.decompress(downloaded(caller, state)).splitlines()
    return json.loads(first)["_meta"], [json.loads(line) for line in lines], json.loads(last)["_end"]


def live(caller: Caller, names: Any = None) -> dict[tuple[str, int], dict]:
    """Everything that the caller reads by lists."""
    rows = [row for name in names or resources() for row in caller.crawl(f"/api/v1/{name}/?limit=200")]
    return {(row["type"], row["id"]): row for row in rows}


def test_a_snapshot_holds_what_the_lists_show_and_nothing_else(reader, some_of_everything):
    state = asked(reader)
    assert (state["status"], state["attempts"], state["problem"]) == ("ready", 1, None)
    meta, objects, end = lines_of(reader, state)
    assert {(row["type"], row["id"]): row for row in objects} == live(reader)
    assert len(objects) == end["count"] == state["count"] == sum(end["counts"].values())
    assert end["counts"] == state["counts"]
    assert list(end["counts"]) == [one.type for one in resources().values()]
    assert meta["cursor"] == state["cursor"]
    assert meta["generated_at"] == state["generated_at"]
    assert any(row.get("title") == "Our draft" for row in objects)


def test_each_line_is_byte_for_byte_what_the_detail_answers(reader, some_of_everything):
    state = asked(reader)
    for line in gzip.decompress(downloaded(reader, state)).splitlines()[1:-1]:
        row = json.loads(line)
        name = resources_by_type()[row["type"]].name
        assert reader.get(f"/api/v1/{name}/{row['id']}/").content == line


def test_the_digests_are_of_the_file_and_of_the_lines_between(reader, some_of_everything):
    state = asked(reader)
    content = downloaded(reader, state)
    assert (len(content), hashlib.sha256(content).hexdigest()) == (state["size"], state["sha256"])
    lines = gzip.decompress(content).splitlines(keepends=True)
    assert hashlib.sha256(b"".join(lines[1:-1])).hexdigest() == json.loads(lines[-1])["_end"]["sha256"]


def test_another_organization_gets_its_own_view_and_not_ours(reader, stranger, some_of_everything):
    ours = asked(reader)
    theirs = asked(stranger)
    _, objects, _ = lines_of(stranger, theirs)
    assert {(row["type"], row["id"]): row for row in objects} == live(stranger)
    assert "Our draft" not in json.dumps(objects)
    for path in (path_of(ours), path_of(ours, "file/")):
        answer, missing = stranger.get(path), stranger.get(path.replace(f"/{ours['id']}/", "/999999/"))
        assert answer.status_code == missing.status_code == 404
        assert {**answer.json(), "instance": ""} == {**missing.json(), "instance": ""}


def test_visitors_ask_and_read_nothing(visitor, reader):
    state = asked(reader)
    assert visitor.send("POST", SNAPSHOTS, {}).status_code == 401
    assert visitor.get(path_of(state)).status_code == 404
    assert visitor.get(path_of(state, "file/")).status_code == 404


def test_a_snapshot_of_some_types_holds_those(reader, some_of_everything):
    state = asked(reader, types=["meeting", "offer"])
    meta, objects, _ = lines_of(reader, state)
    assert meta["types"] == ["offer", "meeting"]
    assert {(row["type"], row["id"]): row for row in objects} == live(reader, ["offers", "meetings"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"format": "xml"}, "/format"),
        ({"types": ["offers"]}, "/types/0"),
        ({"types": []}, "/types"),
        ({"types": "offer"}, "/types"),
        ({"types": ["offer", "offer"]}, "/types"),
        ({"since": "2026"}, "/since"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_nothing_is_queued(body, pointer, reader):
    answer = reader.send("POST", SNAPSHOTS, body)
    assert answer.status_code == 400
    assert [entry["pointer"] for entry in answer.json()["errors"]] == [pointer]
    assert not Snapshot.objects.exists()


# Order


def test_parents_come_before_children(reader):
    child, middle, top = (OrganizationFactory() for _ in range(3))
    child.parent, middle.parent = middle, top
    child.save()
    middle.save()
    contact = ContactFactory(visibility="public")
    ContactFactory(visibility="public", replaces=contact, organization=contact.organization)
    early = MeetingFactory()
    early.follows_up = MeetingFactory()
    early.save()
    _, objects, _ = lines_of(reader, asked(reader))
    told: set[tuple[str, str]] = set()
    names = {(row["type"], row["ref"]) for row in objects}
    for row in objects:
        resource = resources_by_type()[row["type"]]
        for name, field in resource.expandable.items():
            value = row[name] or []
            for ref in [value] if isinstance(value, str) else value:
                parent = (resources()[field.to].type, ref)
                assert parent in told or parent not in names, f"{row['type']} {row['ref']} before {parent}"
        told.add((row["type"], row["ref"]))
    order = [row["ref"] for row in objects if row["type"] == "organization"]
    assert order.index(top.acronym) < order.index(middle.acronym) < order.index(child.acronym)


def test_a_circle_of_parents_ends_and_leaves_nobody_out():
    children = {1: ("A", {"B"}), 2: ("B", {"A"}), 3: ("C", {"A"})}
    assert sorted(parents_first._sorted(children)) == [1, 2, 3]


def test_chunks_and_deferred_records_together_are_complete(reader, monkeypatch):
    parents = OrganizationFactory.create_batch(5)
    for number, one in enumerate(parents[:4]):
        one.parent = parents[number + 1]
        one.save()
    monkeypatch.setattr(whole_lists.in_chunks, "__kwdefaults__", {"size": 2})
    monkeypatch.setattr(whole_lists.of_ids, "__kwdefaults__", {"size": 2})
    _, objects, end = lines_of(reader, asked(reader, types=["organization"]))
    assert {row["id"] for row in objects} == {row["id"] for row in reader.crawl("/api/v1/organizations/")}
    assert end["count"] == len(objects)


# CSV


def test_csv_is_an_archive_with_one_table_a_type(reader, some_of_everything):
    state = asked(reader, format="csv")
    archive = zipfile.ZipFile(io.BytesIO(downloaded(reader, state)))
    first, *tables, last = archive.namelist()
    assert (first, last) == ("_meta.json", "_end.json")
    assert tables == [f"{one.name}.csv" for one in resources().values()]
    meta, end = (json.loads(archive.read(name))[name[:-5]] for name in (first, last))
    assert meta["cursor"] == state["cursor"]
    assert hashlib.sha256(b"".join(archive.read(name) for name in tables)).hexdigest() == end["sha256"]
    rows = 0
    for name in tables:
        text = archive.read(name).decode("utf-8-sig")
        found = list(csv.DictReader(io.StringIO(text, newline="")))
        rows += len(found)
        assert {int(row["id"]) for row in found} == {
            row["id"] for row in reader.crawl(f"/api/v1/{name[:-4]}/?limit=200")
        }
    assert rows == end["count"] == state["count"]


def test_formulas_in_the_csv_are_harmless(reader):
    OfferFactory(visibility="public", title="=1+1")
    state = asked(reader, format="csv", types=["offer"])
    text = zipfile.ZipFile(io.BytesIO(downloaded(reader, state))).read("offers.csv").decode("utf-8-sig")
    assert next(csv.DictReader(io.StringIO(text)))["title"] == "'=1+1"


# Snapshot and changes


def test_snapshot_and_changes_together_are_what_is_live(reader, secretariat, some_of_everything):
    state = asked(reader)
    _, objects, _ = lines_of(reader, state)
    mirror = {(row["type"], row["id"]): row for row in objects}
    organization = OrganizationFactory(description="Before")
    organization_update(by=secretariat, organization=organization, values={"description": "After"})
    following = f"/api/v1/changes/?cursor={state['cursor']}"
    while following:
        page = reader.get(following).json()
        for change in page["data"]:
            if change["op"] == "upsert":
                mirror[change["type"], change["id"]] = change["object"]
            else:
                mirror.pop((change["type"], change["id"]), None)
        following = page["next"]
    assert mirror["organization", organization.pk]["description"] == "After"
    assert mirror == live(reader)


@pytest.fixture
def written_meanwhile(monkeypatch, secretariat):
    """Two organizations, the second of which somebody changes while the States are written to the file."""
    first, second = OrganizationFactory(description="First"), OrganizationFactory(description="Second")
    StateFactory()
    written: list[bool] = []
    plain = parents_first.in_chunks

    def write() -> None:
        organization_update(by=secretariat, organization=second, values={"description": "Written meanwhile"})
        connections.close_all()

    def writing(*args, **kwargs):
        for objects in plain(*args, **kwargs):
            if not written and objects[0]["type"] == "state":
                written.append(True)
                worker = threading.Thread(target=write)
                worker.start()
                worker.join()
            yield objects

    monkeypatch.setattr(parents_first, "in_chunks", writing)
    return first, second


def texts_in(caller: Caller, state: dict[str, Any]) -> dict[int, str]:
    return {row["id"]: row["description"] for row in lines_of(caller, state)[1] if row["type"] == "organization"}


def test_what_is_written_while_it_is_built_is_in_the_changes_and_not_in_the_file(reader, written_meanwhile):
    """The file stays at its moment, and the cursor stands before the write."""
    first, second = written_meanwhile
    state = asked(reader)
    texts = texts_in(reader, state)
    assert (texts[first.pk], texts[second.pk]) == ("First", "Second")
    page = reader.get(f"/api/v1/changes/?cursor={state['cursor']}").json()
    assert [(one["id"], one["object"]["description"]) for one in page["data"]] == [(second.pk, "Written meanwhile")]


def test_without_one_moment_the_file_would_be_a_mixture(reader, written_meanwhile, monkeypatch):
    """Shows that the test above can fail."""
    _, second = written_meanwhile
    monkeypatch.setattr(building, "one_moment", transaction.atomic)
    assert texts_in(reader, asked(reader))[second.pk] == "Written meanwhile"


# One at a time, three attempts


def test_asking_again_gives_the_one_on_its_way(reader, cicte, later):
    first = reader.send("POST", SNAPSHOTS, {}).json()
    assert first["status"] == "queued"
    sibling = Caller(ApiKeyFactory(organization=cicte))
    again = sibling.send("POST", SNAPSHOTS, {"format": "ndjson"})
    assert (again.status_code, again.json()["id"]) == (202, first["id"])
    assert Snapshot.objects.count() == 1
    assert AuditEntry.objects.filter(action="snapshot.asked").count() == 1


def test_another_kind_has_to_wait_and_is_told_for_what(reader, later):
    first = reader.send("POST", SNAPSHOTS, {}).json()
    for body in ({"format": "csv"}, {"types": ["offer"]}):
        answer = reader.send("POST", SNAPSHOTS, body)
        assert answer.status_code == 409
        assert first["url"] in answer.json()["detail"]
        assert int(answer.headers["Retry-After"]) > 0


def test_the_database_allows_one_at_a_time(cicte):
    values = {"organization": cicte, "asked_by_label": "Example", "format": "ndjson", "contents": ["state"]}
    Snapshot.objects.create(**values, status="running")
    with pytest.raises(IntegrityError):
        Snapshot.objects.create(**values)


def test_many_who_ask_at_once_get_the_same_one(cicte, later):
    keys = [ApiKeyFactory(organization=cicte) for _ in range(6)]
    numbers: list[int] = []

    def ask(key) -> None:
        numbers.append(Caller(key).send("POST", SNAPSHOTS, {}).json()["id"])
        connections.close_all()

    threads = [threading.Thread(target=ask, args=[key]) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 6
    assert set(numbers) == {Snapshot.objects.get().pk}


def test_an_idempotency_key_gives_the_first_answer_again(reader):
    first = reader.send("POST", SNAPSHOTS, {}, Idempotency_Key="one")
    again = reader.send("POST", SNAPSHOTS, {}, Idempotency_Key="one")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    assert Snapshot.objects.count() == 1


def test_a_build_that_fails_is_tried_three_times_and_then_says_so(reader, later, folder, monkeypatch, caplog):
    caplog.set_level(logging.CRITICAL)
    state = reader.send("POST", SNAPSHOTS, {}).json()
    monkeypatch.setattr(writers.NdjsonWriter, "end", lambda *args: 1 / 0)
    for attempt in (1, 2):
        assert building.build_waiting() == 0
        now = reader.get(path_of(state)).json()
        assert (now["status"], now["attempts"], now["problem"]) == ("queued", attempt, None)
    building.build_waiting()
    now = reader.get(path_of(state)).json()
    assert (now["status"], now["attempts"]) == ("failed", 3)
    assert "3 times" in now["problem"]
    assert list(folder.iterdir()) == []
    refused = reader.get(path_of(state, "file/"))
    assert refused.status_code == 409
    assert refused.json()["detail"] == now["problem"]
    monkeypatch.undo()
    assert reader.send("POST", SNAPSHOTS, {}).json()["id"] != state["id"], "a failed one does not stand in the way"


def test_three_killed_workers_are_enough(reader, later):
    """A killed worker writes nothing down: what it leaves is `running`, its lock gone, and its attempt counted."""
    state = reader.send("POST", SNAPSHOTS, {}).json()
    Snapshot.objects.update(status="running", attempts=2)
    assert building.build_waiting() == 1
    Snapshot.objects.update(status="running", attempts=3)
    assert building.build_waiting() == 0
    assert reader.get(path_of(state)).json()["status"] == "failed"


def test_a_snapshot_that_another_worker_has_is_left_to_it(reader, later):
    state = reader.send("POST", SNAPSHOTS, {}).json()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [building.SNAPSHOT_LOCKS, state["id"]])
        assert building.build_waiting() == 0
        assert Snapshot.objects.get().attempts == 0
    finally:
        other.close()
    assert building.build_waiting() == 1


def test_progress_is_seen_from_outside_while_it_is_built(reader, later, monkeypatch):
    OfferFactory.create_batch(3, visibility="public")
    state = reader.send("POST", SNAPSHOTS, {"types": ["offer"]}).json()
    monkeypatch.setattr(building, "PROGRESS_EVERY", 0)
    seen: list[dict] = []
    plain = writers.NdjsonWriter.end

    def end(self, counts) -> None:
        def look() -> None:
            seen.append(reader.get(path_of(state)).json())
            refused = reader.get(path_of(state, "file/"))
            seen.append({"status": refused.status_code, "retry": refused.headers.get("Retry-After")})
            connections.close_all()

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        plain(self, counts)

    monkeypatch.setattr(writers.NdjsonWriter, "end", end)
    building.build_waiting()
    told, refused = seen
    assert (told["status"], told["progress"]) == ("running", {"written": 3, "total": 3})
    assert (refused["status"], refused["retry"]) == (409, "5")
    assert told["file"] is None


# Rights


def test_a_suspended_organization_gets_401_and_no_build(reader, cicte, later):
    state = reader.send("POST", SNAPSHOTS, {}).json()
    type(cicte).objects.filter(pk=cicte.pk).update(suspended_on=date(2026, 1, 1))
    assert building.build_waiting() == 0
    assert Snapshot.objects.get().status == "failed"
    assert "suspended" in Snapshot.objects.get().problem
    for answer in (
        reader.send("POST", SNAPSHOTS, {}),
        reader.get(path_of(state)),
        reader.get(path_of(state, "file/")),
    ):
        assert answer.status_code == 401


def test_a_file_that_is_ready_is_kept_from_a_suspended_organization(reader, cicte):
    state = asked(reader)
    type(cicte).objects.filter(pk=cicte.pk).update(suspended_on=date(2026, 1, 1))
    assert reader.get(path_of(state, "file/")).status_code == 401


def test_a_rotated_key_goes_on_with_the_snapshot_of_the_old_one(reader, cicte, later):
    state = reader.send("POST", SNAPSHOTS, {}).json()
    reader.key.revoked_at = timezone.now()
    reader.key.save()
    assert building.build_waiting() == 1
    successor = Caller(ApiKeyFactory(organization=cicte))
    assert lines_of(successor, state)[2]["count"] > 0
    assert successor.get(f"/api/v1/changes/?cursor={lines_of(successor, state)[0]['cursor']}").status_code == 200


def test_a_key_of_one_app_gets_that_app_and_not_the_whole_file_of_another_key(reader, cicte, some_of_everything):
    narrow = Caller(ApiKeyFactory(organization=cicte, scopes=["meetings:read"]))
    state = asked(narrow)
    assert state["types"] == ["meeting", "note", "document"]
    assert {row["type"] for row in lines_of(narrow, state)[1]} <= set(state["types"])
    refused = narrow.send("POST", SNAPSHOTS, {"types": ["meeting", "contact"]})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/types/1"
    whole = asked(reader)
    assert narrow.get(path_of(whole, "file/")).status_code == 403


def test_contact_data_in_a_file_is_logged_when_built_and_when_taken(reader, caplog):
    caplog.set_level(logging.INFO)
    ContactFactory(visibility="public", name="Example Person")
    state = asked(reader)
    downloaded(reader, state)
    lines = [record.getMessage() for record in caplog.records if "Contact data read" in record.getMessage()]
    assert len(lines) == 2
    assert all("1 records by" in line and "Example Person" not in line for line in lines)


# Download


def test_a_download_that_broke_off_goes_on_where_it_stopped(reader, some_of_everything):
    state = asked(reader)
    whole = downloaded(reader, state)
    address, tag = path_of(state, "file/"), f'"{state["sha256"]}"'
    for cut in random.Random(1540).sample(range(1, len(whole)), 12):
        answer = reader.get(address, headers={"Range": f"bytes={cut}-", "If-Range": tag})
        rest = b"".join(answer.streaming_content)
        assert answer.status_code == 206
        assert answer.headers["Content-Range"] == f"bytes {cut}-{len(whole) - 1}/{len(whole)}"
        assert whole[:cut] + rest == whole
    assert downloaded(reader, state, Range="bytes=-10") == whole[-10:]
    assert downloaded(reader, state, Range="bytes=5-9") == whole[5:10]
    assert downloaded(reader, state, Range=f"bytes=0-{10**12}") == whole


@pytest.mark.parametrize(
    "header",
    [
        "bytes=5-2",
        "bytes=a-b",
        "lines=1-2",
        "bytes=0-1,3-4",
        "bytes=-",
        "nonsense",
        pytest.param(f"bytes={'9' * 5000}-", id="more-digits-than-a-number-has"),
        pytest.param(f"bytes=-{'9' * 5000}", id="more-digits-from-the-end"),
    ],
)
def test_a_range_that_is_none_gives_the_whole_file(header, reader):
    state = asked(reader)
    answer = reader.get(path_of(state, "file/"), headers={"Range": header})
    assert (answer.status_code, len(answer.getvalue())) == (200, state["size"])


def test_a_range_of_another_file_gives_the_whole_one(reader):
    state = asked(reader)
    headers = {"Range": "bytes=5-", "If-Range": '"another"'}
    answer = reader.get(path_of(state, "file/"), headers=headers)
    assert (answer.status_code, len(answer.getvalue())) == (200, state["size"])


@pytest.mark.parametrize("after_end", [0, 1, 10**17])
def test_a_range_behind_the_end_is_416_with_the_size(after_end, reader):
    state = asked(reader)
    answer = reader.get(path_of(state, "file/"), headers={"Range": f"bytes={state['size'] + after_end}-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{state['size']}"


def test_a_file_that_one_has_is_304(reader):
    state = asked(reader)
    answer = reader.get(path_of(state, "file/"), headers={"If-None-Match": f'"{state["sha256"]}"'})
    assert (answer.status_code, answer.content) == (304, b"")


def test_a_cut_file_is_never_taken_for_a_whole_one(reader, some_of_everything):
    """Wherever it is cut: either gzip says so, or the last line is missing or does not fit."""
    state = asked(reader)
    whole = downloaded(reader, state)
    assert is_whole(whole)
    for cut in [*random.Random(2325).sample(range(len(whole)), 60), len(whole) - 1]:
        assert not is_whole(whole[:cut])


def is_whole(content: bytes) -> bool:
    """What a partner does with a file."""
    try:
        lines = gzip.decompress(content).splitlines(keepends=True)
    except (EOFError, gzip.BadGzipFile):
        return False
    end = json.loads(lines[-1]).get("_end") if lines else None
    between = lines[1:-1]
    return end == {
        **(end or {}),
        "count": len(between),
        "sha256": hashlib.sha256(b"".join(between)).hexdigest(),
    }


# The end of a file


def test_a_file_goes_after_a_day_and_says_so(reader, folder):
    state = asked(reader)
    assert len(list(folder.iterdir())) == 1
    Snapshot.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert reader.get(path_of(state, "file/")).status_code == 410, "also before the sweep"
    assert removing.remove_expired() == 1
    assert list(folder.iterdir()) == []
    now = reader.get(path_of(state)).json()
    assert (now["status"], now["file"]) == ("expired", None)
    gone = reader.get(path_of(state, "file/"))
    assert gone.json()["type"] == "/api/v1/problems/snapshot-expired/"
    Snapshot.objects.update(created_at=timezone.now() - timedelta(days=31))
    removing.remove_expired()
    assert reader.get(path_of(state)).status_code == 404


def test_a_file_that_goes_between_the_look_and_the_reading_is_told_as_gone(reader, folder, monkeypatch):
    state = asked(reader)
    look = SnapshotFileView._refuse_without_file

    def swept_after_the_look(view, snapshot):
        look(view, snapshot)
        places.remove(snapshot)

    monkeypatch.setattr(SnapshotFileView, "_refuse_without_file", swept_after_the_look)
    answer = reader.get(path_of(state, "file/"))
    assert (answer.status_code, answer.json()["type"]) == (410, "/api/v1/problems/snapshot-expired/")


def test_what_killed_workers_left_is_removed_and_what_is_wanted_stays(reader, folder, monkeypatch):
    state = asked(reader)
    kept = places.file_of(Snapshot.objects.get(pk=state["id"]))
    (folder / f"{'0' * 32}.part").write_bytes(b"left")
    (folder / f"{'1' * 32}.ndjson.gz").write_bytes(b"left")
    removing.remove_expired()
    assert len(list(folder.iterdir())) == 3, "it may be a file in the making"
    monkeypatch.setattr(places, "LEFT_ALONE", -1)
    removing.remove_expired()
    assert list(folder.iterdir()) == [kept]


def test_an_organization_keeps_its_newest_three(reader, folder):
    states = [asked(reader, types=["state"]) for _ in range(5)]
    assert [reader.get(path_of(state)).json()["status"] for state in states] == ["expired"] * 2 + ["ready"] * 3
    assert len(list(folder.iterdir())) == 3


def test_files_are_for_the_portal_alone(reader, folder):
    asked(reader)
    (path,) = folder.iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0


def test_a_moment_inside_another_transaction_is_refused(db):
    with transaction.atomic(), pytest.raises(RuntimeError), whole_lists.one_moment():
        pass


def test_the_actor_of_a_build_reads_what_the_keys_read(reader, cicte):
    AreaFactory()
    actor = actor_for_keys_of(cicte.pk)
    OfferFactory(organization=cicte, status="draft")
    assert Offer.objects.visible_to(actor).count() == Offer.objects.visible_to(reader.key).count() == 1
