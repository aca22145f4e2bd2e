"""A real worker builds snapshots; one that is killed at work leaves nothing to see, and the next one finishes."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import time

import pytest

from cooperation_portal.snapshots.models import Snapshot
from cooperation_portal.snapshots.services import places
from cooperation_portal.snapshots.services.asking import snapshot_ask
from cooperation_portal.snapshots.tasks import build_waiting_snapshots
from tests.factories import ApiKeyFactory, OfferFactory

from .test_real_worker import broker, start_worker, wait_for  # noqa: F401 (fixtures)

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def folder(settings, tmp_path, monkeypatch):
    """One folder for this process and the workers, as in production."""
    settings.SNAPSHOT_ROOT = tmp_path / "snapshots"
    monkeypatch.setenv("SNAPSHOT_ROOT", str(settings.SNAPSHOT_ROOT))
    return settings.SNAPSHOT_ROOT


@pytest.fixture
def key(cicte):
    OfferFactory.create_batch(20, visibility="public")
    return ApiKeyFactory(organization=cicte)


def ask(key) -> Snapshot:
    return snapshot_ask(by=key, format="ndjson", types=["offer"], contents=["offer"])


def is_ready(snapshot: Snapshot) -> bool:
    return Snapshot.objects.get(pk=snapshot.pk).status == "ready"


def is_taken_up(snapshot: Snapshot) -> bool:
    build_waiting_snapshots.delay()
    time.sleep(2)
    return Snapshot.objects.get(pk=snapshot.pk).attempts == 2


def end_of(snapshot: Snapshot) -> dict:
    """What the file says of itself, held against what is in it."""
    lines = gzip.decompress(places.file_of(snapshot).read_bytes()).splitlines(keepends=True)
    end = json.loads(lines[-1])["_end"]
    assert end["sha256"] == hashlib.sha256(b"".join(lines[1:-1])).hexdigest()
    return end


def test_a_snapshot_is_built_by_the_worker(start_worker, folder, key):  # noqa: F811
    start_worker()
    snapshot = ask(key)
    assert wait_for(lambda: is_ready(snapshot))
    assert end_of(snapshot)["count"] == 20


@pytest.fixture
def slowly(db):
    """Reading offers takes a while, so that a worker can be met at work."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE assistance_offer RENAME TO assistance_offer_plain")
        cursor.execute(
            "CREATE VIEW assistance_offer AS SELECT plain.* FROM assistance_offer_plain AS plain, "
            "LATERAL (SELECT pg_sleep(0.2 + 0 * plain.id)) AS dawdle"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP VIEW assistance_offer")
        cursor.execute("ALTER TABLE assistance_offer_plain RENAME TO assistance_offer")


def test_a_worker_killed_at_work_leaves_no_file_and_the_next_finishes(start_worker, folder, key, request):  # noqa: F811
    request.getfixturevalue("slowly")  # once the offers are there: nothing is written through it
    first = start_worker()
    snapshot = ask(key)
    assert wait_for(lambda: places.part_of(snapshot).exists())
    os.kill(first.pid, signal.SIGKILL)
    first.wait(10)
    snapshot.refresh_from_db()
    assert (snapshot.status, snapshot.attempts) == ("running", 1)
    assert not places.file_of(snapshot).exists()
    assert [path.suffix for path in folder.iterdir()] == [".part"]
    start_worker()
    # As the schedule does: the database lets go of the dead worker's lock when it has finished that worker's statement.
    assert wait_for(lambda: is_taken_up(snapshot))
    assert wait_for(lambda: is_ready(snapshot))
    snapshot.refresh_from_db()
    assert snapshot.attempts == 2
    assert end_of(snapshot)["count"] == 20
    assert list(folder.iterdir()) == [places.file_of(snapshot)]
