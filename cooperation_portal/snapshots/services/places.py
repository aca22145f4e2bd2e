"""Where the files of snapshots are: in one folder that web processes and workers share."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from django.conf import settings

from ..models import Snapshot

ENDINGS = {Snapshot.Format.NDJSON: "ndjson.gz", Snapshot.Format.CSV: "csv.zip"}
MEDIA_TYPES = {Snapshot.Format.NDJSON: "application/gzip", Snapshot.Format.CSV: "application/zip"}
#: What belongs to no snapshot is removed after so many seconds; until then it may be a file that is being moved.
LEFT_ALONE = 3600


def folder() -> Path:
    """The folder, readable by the portal alone."""
    place = Path(settings.SNAPSHOT_ROOT)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def file_of(snapshot: Snapshot) -> Path:
    return folder() / f"{snapshot.token.hex}.{ENDINGS[Snapshot.Format(snapshot.format)]}"


def part_of(snapshot: Snapshot) -> Path:
    """The file while it is being written. Nothing ever serves it."""
    return folder() / f"{snapshot.token.hex}.part"


def finish(snapshot: Snapshot) -> None:
    """Give the written part its name: until then there is no file, afterwards the whole one."""
    os.replace(part_of(snapshot), file_of(snapshot))
    descriptor = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(snapshot: Snapshot) -> None:
    for path in (file_of(snapshot), part_of(snapshot)):
        path.unlink(missing_ok=True)


def remove_strangers(known: Collection[str]) -> int:
    """Remove files whose token is not `known` and that nobody has written to for a while; give back how many."""
    removed = 0
    for path in _files():
        if path.name.partition(".")[0] not in known and time.time() - path.stat().st_mtime > LEFT_ALONE:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _files() -> Iterator[Path]:
    for ending in (*ENDINGS.values(), "part"):
        yield from folder().glob(f"*.{ending}")
