"""Building snapshots, in the worker.

All is read in one transaction that sees one moment of the database, and so is the newest change: whoever takes the file
and then reads the change feed from its cursor has what there is now, without a gap and without a doubt.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from datetime import datetime, timedelta
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cooperation_portal.access.actors import actor_for_keys_of
from cooperation_portal.api.catalogue import resources_by_type
from cooperation_portal.api.reading_log import note_contacts_read
from cooperation_portal.api.whole_lists import one_moment
from cooperation_portal.audit import context
from cooperation_portal.changes.feed import make_cursor, newest_id
from cooperation_portal.queueing import only_worker
from cooperation_portal.records.moments import rfc3339
from organizations.models import Organization

from ..models import Snapshot
from . import places
from .parents_first import records_in_order
from .removing import remove_surplus
from .writers import writer_of

logger = logging.getLogger(__name__)

#: First key of the advisory locks that mark a snapshot as being built.
SNAPSHOT_LOCKS = 2331
MOST_ATTEMPTS = 3
KEPT_FOR = timedelta(hours=24)
#: Seconds between two notes of how far a build is.
PROGRESS_EVERY = 1.0


class NotPossible(Exception):
    """The snapshot cannot be built, now or later; the text says why."""


def build_waiting() -> int:
    """Build every snapshot that waits, and those that a stopped worker left; give back how many."""
    waiting = Snapshot.objects.waiting().order_by("pk").values_list("pk", flat=True)
    return sum(build(pk) for pk in list(waiting))


def build(snapshot_id: int) -> bool:
    """Build one snapshot. False if another worker has it, it is done already, or it could not be built."""
    with only_worker(SNAPSHOT_LOCKS, snapshot_id) as is_ours:
        snapshot = _begun(snapshot_id) if is_ours else None
        if snapshot is None:
            return False
        try:
            _carry_out(snapshot)
        except NotPossible as problem:
            _fail(snapshot, str(problem))
        except Exception:
            logger.exception("Snapshot %s could not be built, attempt %d", snapshot.pk, snapshot.attempts)
            if snapshot.attempts < MOST_ATTEMPTS:
                Snapshot.objects.filter(pk=snapshot.pk).update(status=Snapshot.Status.QUEUED)
            else:
                _fail(snapshot, _stopped())
    return snapshot.status == Snapshot.Status.READY


@transaction.atomic
def _begun(snapshot_id: int) -> Snapshot | None:
    """Take the snapshot up. An attempt counts when it begins: a worker that is killed can no longer count it."""
    snapshot = Snapshot.objects.select_for_update(of=("self",)).filter(pk=snapshot_id).first()
    if snapshot is None or not snapshot.is_waiting:
        return None
    if snapshot.attempts >= MOST_ATTEMPTS:
        _fail(snapshot, _stopped())
        return None
    snapshot.attempts += 1
    snapshot.status = Snapshot.Status.RUNNING
    snapshot.started_at = timezone.now()
    snapshot.done, snapshot.total = 0, None
    snapshot.save(update_fields=["attempts", "status", "started_at", "done", "total"])
    return snapshot


def _stopped() -> str:
    return _(
        "The portal stopped building this snapshot %(attempts)d times. Ask for a new one; if that fails too, tell the "
        "secretariat."
    ) % {"attempts": MOST_ATTEMPTS}


def _fail(snapshot: Snapshot, problem: str) -> None:
    places.remove(snapshot)
    snapshot.status, snapshot.problem, snapshot.finished_at = Snapshot.Status.FAILED, problem, timezone.now()
    snapshot.save(update_fields=["status", "problem", "finished_at"])


def _carry_out(snapshot: Snapshot) -> None:
    part = places.part_of(snapshot)
    progress = Progress(snapshot.pk)
    try:
        with open(part, "wb", opener=_private) as file:
            with one_moment():
                _write(snapshot, file, progress)
            file.flush()
            os.fsync(file.fileno())
        with open(part, "rb") as file:
            snapshot.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        snapshot.size = part.stat().st_size
        places.finish(snapshot)
    finally:
        progress.close()
        part.unlink(missing_ok=True)
    snapshot.status, snapshot.finished_at = Snapshot.Status.READY, timezone.now()
    snapshot.expires_at = snapshot.finished_at + KEPT_FOR
    snapshot.save()
    note_contacts_read(snapshot.asked_by_label, snapshot.counts.get("contact", 0), context.current().request_id)
    remove_surplus(snapshot.organization_id)


def _write(snapshot: Snapshot, file: IO[bytes], progress: Progress) -> None:
    """Write everything; fill in what is known of it. Inside the one moment."""
    if Organization.objects.get(pk=snapshot.organization_id).suspended_on is not None:
        raise NotPossible(_("The organization is suspended, so its keys read nothing."))
    actor = actor_for_keys_of(snapshot.organization_id, key_id=snapshot.api_key_id or 0, label=snapshot.asked_by_label)
    snapshot.generated_at = _moment()
    snapshot.cursor = make_cursor(change_id=newest_id(), actor=actor, types=snapshot.contents)
    contents = [resources_by_type()[name] for name in snapshot.contents]
    snapshot.total = sum(resource.rows(actor).order_by().count() for resource in contents)
    snapshot.counts, snapshot.done = {}, 0
    writer = writer_of(snapshot, file, _meta(snapshot), snapshot.generated_at)
    for resource in contents:
        writer.begin(resource)
        count = 0
        for objects in records_in_order(resource, actor):
            writer.add(objects)
            count += len(objects)
            progress.tell(snapshot.done + count, snapshot.total)
        snapshot.counts[resource.type] = count
        snapshot.done += count
    writer.end(snapshot.counts)


def _moment() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        (moment,) = cursor.fetchone()
    return moment


def _meta(snapshot: Snapshot) -> dict[str, Any]:
    if snapshot.generated_at is None:
        raise ValueError("A snapshot that is being written has its moment.")
    return {
        "cursor": snapshot.cursor,
        "generated_at": rfc3339(snapshot.generated_at),
        "format": snapshot.format,
        "types": snapshot.contents,
        "source": f"{settings.SITE_URL}/api/v1/",
    }


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class Progress:
    """Tells how far a build is, over a connection of its own: what the build's transaction writes, nobody sees yet."""

    def __init__(self, snapshot_id: int) -> None:
        self.snapshot_id = snapshot_id
        self.connection: Any = connection.copy()
        self.next = time.monotonic() + PROGRESS_EVERY

    def tell(self, done: int, total: int) -> None:
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + PROGRESS_EVERY
        with self.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE snapshots_snapshot SET done = %s, total = %s WHERE id = %s", [done, total, self.snapshot_id]
            )

    def close(self) -> None:
        self.connection.close()
