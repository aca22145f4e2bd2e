"""The mirror of the one-file client, against a portal and a network that misbehave."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from clients import portal_client
from clients.portal_client import BrokenAnswer, KeyRefused, MirrorError, PortalClient, Unavailable

from .conftest import ask, mirrored
from .fake import cuts, offer, passes, refuses, resets

FILE = Path(portal_client.__file__)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "mirror.sqlite"


def test_the_first_run_reads_everything_and_the_next_only_what_is_new(portal, client, path):
    portal.write(*(offer(n) for n in range(1, 8)))
    portal.remove("offer", 3)
    first = client.sync(path)
    assert (first.records, first.changes, first.filled_anew) == (6, 8, True)
    portal.write(offer(2, version=2))
    again = client.sync(path)
    assert (again.records, again.changes, again.filled_anew) == (6, 1, False)
    assert mirrored(path) == portal.records()


def test_records_have_columns_and_views(portal, client, path):
    portal.write(offer(1), {"type": "meeting", "id": 1, "ref": "M-1", "version": 4, "title": "Example meeting"})
    client.sync(path)
    assert ask(path, "SELECT type, id, ref, version FROM records ORDER BY type") == [
        ("meeting", 1, "M-1", 4),
        ("offer", 1, "OF-1", 1),
    ]
    assert ask(path, "SELECT ref, title, status FROM meetings") == [("M-1", "Example meeting", None)]
    assert ask(path, "SELECT title FROM offers") == [("Example 1",)]


def test_nothing_new_is_asked_for_by_etag(portal, client, path):
    portal.write(offer(1))
    for _ in range(3):
        client.sync(path)
    asked = [headers.get("if-none-match") for _, _, headers in portal.paths("changes/")]
    assert asked[-1] is not None
    portal.write(offer(2))
    assert client.sync(path).changes == 1


def test_a_snapshot_comes_first_where_there_is_one(portal, client, path, pauses):
    portal.write(*(offer(n) for n in range(1, 30)))
    portal.make_snapshot()
    portal.write(offer(30), offer(1, version=2))
    done = client.sync(path)
    assert (done.records, done.changes) == (30, 2)
    assert mirrored(path) == portal.records()
    assert pauses[0] == 2.0, "the portal said when to ask again"
    assert not list(path.parent.glob("*.snapshot"))


def test_without_a_key_there_is_no_snapshot_to_ask_for(portal, path):
    portal.write(offer(1))
    portal.make_snapshot()
    PortalClient(portal.url).sync(path)
    assert portal.paths("snapshots/") == []
    assert mirrored(path) == portal.records()


@pytest.mark.parametrize("seed", range(8))
def test_a_download_cut_at_any_byte_is_resumed(portal, client, path, seed):
    chance = random.Random(seed)
    portal.write(*(offer(n) for n in range(1, 400)))
    portal.make_snapshot()
    size = len(portal.snapshot) + 200
    portal.befalls("snapshots/1/file/", *(cuts(chance.randrange(size)) for _ in range(4)))
    client.sync(path)
    assert mirrored(path) == portal.records()
    ranges = [headers["range"] for _, _, headers in portal.paths("snapshots/1/file/") if "range" in headers]
    assert all(one != "bytes=0-" for one in ranges)
    assert len(portal.paths("snapshots/")) == 1, "one snapshot was enough"


def test_a_download_is_resumed_by_the_next_run(portal, path):
    portal.write(*(offer(n) for n in range(1, 400)))
    portal.make_snapshot()
    portal.befalls("snapshots/1/file/", cuts(1000))
    with pytest.raises(Unavailable):
        PortalClient(portal.url, "n1540_abc_secret", attempts=1, sleep=lambda _: None).sync(path)
    (half,) = path.parent.glob("*.snapshot")
    assert stat.S_IMODE(half.stat().st_mode) == 0o600
    have = half.stat().st_size
    assert have > 0
    PortalClient(portal.url, "n1540_abc_secret", sleep=lambda _: None).sync(path)
    assert portal.paths("snapshots/1/file/")[-1][2]["range"] == f"bytes={have}-"
    assert len(portal.paths("snapshots/")) == 1
    assert mirrored(path) == portal.records()


@pytest.mark.parametrize("damage", [{"leave_out_end": True}, {"count": 7}])
def test_a_damaged_snapshot_is_refused_and_changes_nothing(portal, client, path, damage):
    portal.write(offer(1))
    client.sync(path)
    before = mirrored(path)
    portal.write(offer(2))
    portal.make_snapshot(**damage)
    portal.polls_until_ready = 0
    with pytest.raises(BrokenAnswer):
        client.sync(path, start_over=True)
    assert mirrored(path) == before
    assert len(portal.paths("snapshots/")) == 3, "one before there were any, and two tries"


def test_a_snapshot_with_one_byte_changed_is_refused(portal, client, path):
    portal.write(*(offer(n) for n in range(1, 50)))
    portal.make_snapshot()
    good = portal.snapshot
    portal.snapshot = good[:60] + bytes([good[60] ^ 1]) + good[61:]
    with pytest.raises(BrokenAnswer):
        client.sync(path)
    assert mirrored(path) == {}


def test_a_cursor_too_old_fills_anew_and_loses_what_went_meanwhile(portal, client, path):
    portal.write(offer(1), offer(2))
    client.sync(path)
    portal.changes = [{"op": "remove", "type": "x", "id": 0, "ref": None, "version": 1, "object": None}] * 5
    portal.write(offer(2, version=3), offer(4))
    portal.oldest, portal.page_size = 5, 10
    done = client.sync(path)
    assert done.filled_anew
    assert mirrored(path) == portal.records() == {("offer", 2): offer(2, version=3), ("offer", 4): offer(4)}
    assert ask(path, "SELECT ref FROM offers ORDER BY ref") == [("OF-2",), ("OF-4",)]


def test_a_cursor_too_old_fills_anew_by_snapshot(portal, client, path):
    portal.write(offer(1), offer(2))
    client.sync(path)
    portal.remove("offer", 1)
    portal.write(offer(3))
    portal.make_snapshot()
    portal.oldest = 4
    portal.write(offer(5))
    assert client.sync(path).filled_anew
    assert mirrored(path) == portal.records()


def test_readers_see_the_old_mirror_until_the_new_one_is_complete(portal, client, path):
    portal.write(*(offer(n) for n in range(1, 10)))
    client.sync(path)
    before = mirrored(path)
    seen = []
    watch = lambda handler: seen.append(mirrored(path)) or False  # noqa: E731
    portal.write(offer(99))
    portal.befalls("changes/", *[watch] * 4)
    client.sync(path, start_over=True)
    assert len(seen) == 4
    assert all(one == before for one in seen)
    assert mirrored(path) == portal.records()


@pytest.mark.parametrize("at", range(1, 6))
def test_a_run_that_fails_on_any_page_is_taken_up_there(portal, client, path, at):
    portal.write(*(offer(n) for n in range(1, 14)))
    portal.befalls("changes/", *[passes] * (at - 1), refuses(401, "not-authenticated"))
    with pytest.raises(KeyRefused):
        client.sync(path)
    asked = len(portal.paths("changes/"))
    client.sync(path)
    first = portal.paths("changes/")[asked][1]
    assert (f"cursor=c{(at - 1) * 3}" in first) == (at > 1)
    assert mirrored(path) == portal.records()


def test_a_page_that_cannot_be_written_whole_is_not_written_at_all(portal, client, path):
    portal.write(offer(1))
    client.sync(path)
    portal.write(offer(2))
    portal.changes.append({"op": "turn", "type": "offer", "id": 3, "ref": None, "version": 1, "object": None})
    with pytest.raises(BrokenAnswer, match="newer client"):
        client.sync(path)
    assert set(mirrored(path)) == {("offer", 1)}
    portal.changes[-1]["op"] = "remove"
    client.sync(path)
    assert set(mirrored(path)) == {("offer", 1), ("offer", 2)}


def test_a_killed_program_is_taken_up_where_it_was(portal, client, path):
    portal.write(*(offer(n) for n in range(1, 40)))
    command = [sys.executable, str(FILE), "sync", portal.url, str(path)]
    program = subprocess.Popen(command, stderr=subprocess.PIPE)  # noqa: S603  (this very file)

    def kill(handler):
        os.kill(program.pid, signal.SIGKILL)
        return False

    portal.befalls("changes/", passes, passes, passes, passes, kill)
    assert program.wait(30) == -signal.SIGKILL
    program.stderr.close()
    asked = len(portal.paths("changes/"))
    client.sync(path)
    assert "cursor=c12" in portal.paths("changes/")[asked][1]
    assert mirrored(path) == portal.records()


def test_refusals_and_broken_connections_on_the_way_change_nothing(portal, client, path, pauses):
    portal.write(*(offer(n) for n in range(1, 31)))
    chance = random.Random(1540)
    for _ in range(60):
        what = [
            refuses(503),
            refuses(500),
            refuses(429, Retry_After="3"),
            resets,
            cuts(chance.randrange(900)),
            passes,
            passes,
            passes,
        ]
        portal.befalls("changes/", chance.choice(what))
    client.sync(path)
    assert mirrored(path) == portal.records()
    assert pauses


def test_a_page_that_comes_twice_does_no_harm(portal, client, path):
    portal.write(offer(1), offer(2), offer(3))
    portal.changes += portal.changes
    client.sync(path)
    assert mirrored(path) == portal.records()


def test_two_programs_on_one_mirror_do_not_set_each_other_back(portal, client, path):
    portal.write(*(offer(n) for n in range(1, 8)))

    def other_program(handler):
        PortalClient(portal.url, "n1540_abc_secret").sync(path)
        return False

    portal.befalls("changes/", passes, other_program)
    with pytest.raises(MirrorError, match="Another program"):
        client.sync(path)
    assert mirrored(path) == portal.records()


def test_a_mirror_stays_with_its_portal_types_and_organization(portal, client, path, tmp_path):
    portal.write(offer(1))
    client.sync(path)
    with pytest.raises(MirrorError, match="Take another file"):
        client.sync(path, types=["offer"])
    portal.befalls("changes/", refuses(400, "invalid-cursor"))
    with pytest.raises(MirrorError, match="another organization"):
        client.sync(path)
    assert mirrored(path) == portal.records()
    other = tmp_path / "notes.txt"
    other.write_text("Not a database, but longer than its header would be." * 20)
    with pytest.raises(MirrorError, match="cannot be used"):
        client.sync(other)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE mirror_state SET value = 'https://other.example/api/v1' WHERE name = 'portal'")
        db.commit()
    with pytest.raises(MirrorError, match=r"other\.example"):
        client.sync(path)


def test_only_the_owner_reads_a_mirror_and_what_is_removed_leaves_no_trace(portal, client, path):
    secret = "someone@tests.example"
    portal.write({**offer(1), "title": secret * 50}, offer(2))
    client.sync(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret.encode() in path.read_bytes()
    portal.remove("offer", 1)
    client.sync(path)
    assert not [file for file in path.parent.iterdir() if secret.encode() in file.read_bytes()]


def test_the_chosen_types_are_asked_for(portal, client, path):
    portal.write(offer(1))
    portal.make_snapshot()
    client.sync(path, types=["offer", "meeting"])
    assert "type=offer%2Cmeeting" in portal.paths("changes/")[0][1]
    assert portal.bodies[0] == {"types": ["offer", "meeting"]}


def test_a_snapshot_waits_for_another_that_is_being_made(portal, client, path, pauses):
    portal.write(offer(1))
    portal.make_snapshot()
    portal.befalls("snapshots/", refuses(409, "conflict", Retry_After="5"))
    client.sync(path)
    assert 5 <= pauses[0] <= 6
    assert len({headers["idempotency-key"] for _, _, headers in portal.paths("snapshots/")}) == 1


def test_a_snapshot_that_is_gone_is_asked_for_again(portal, client, path):
    portal.write(offer(1))
    portal.make_snapshot()
    portal.befalls("snapshots/1/file/", refuses(410, "snapshot-expired"))
    client.sync(path)
    assert len(portal.paths("snapshots/")) == 2
    assert mirrored(path) == portal.records()
