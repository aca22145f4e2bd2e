"""Writes a bundle: every record of one moment, in an order that depends on nothing but the records."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import orjson
from django.db import connection, transaction

from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.api.rows import represent
from meetings.models import Document

from .catalogue import record_files
from .manifest import FILE, Listed, Manifest, Unusable
from .recordfiles import RecordFile

#: Rows read and written at once.
CHUNK = 1000
_BLOCK = 1 << 20
_PLAIN_SUFFIX = re.compile(r"\.[a-z0-9]{1,7}")


def export_bundle(folder: Path) -> Manifest:
    """Write all that describes the network into a new or empty folder that only its owner may enter.

    Raises `Unusable` when the folder cannot be used or a document's file is not there; then nothing is left in it.
    """
    _prepare(folder)
    try:
        with one_moment():
            manifest = Manifest(records=dict(_write_records(folder)), documents=dict(_write_documents(folder)))
        with _new_file(folder / FILE) as target:
            target.write(manifest.text().encode())
    except BaseException as problem:
        _empty(folder)
        if isinstance(problem, OSError):
            raise Unusable(f"{folder} cannot be written: {problem.strerror}. Nothing was exported.") from problem
        raise
    return manifest


def summary() -> dict[str, Listed]:
    """What an export would list for each record file, without writing it."""
    with one_moment():
        return {one.name: _write(one, None) for one in record_files()}


@contextmanager
def one_moment() -> Iterator[None]:
    """Let everything inside see the database as it is now, whatever others write meanwhile."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def document_file(pk: int, file_name: str) -> str:
    """Where a document's file is in a bundle: under a name that every file system takes."""
    suffix = PurePosixPath(file_name).suffix.lower()
    return f"files/document-{pk}{suffix if _PLAIN_SUFFIX.fullmatch(suffix) else ''}"


def _write_records(folder: Path) -> Iterator[tuple[str, Listed]]:
    for one in record_files():
        with _new_file(folder / one.name) as target:
            yield one.name, _write(one, target)


def _write(one: RecordFile, target: BinaryIO | None) -> Listed:
    count, size, digest = 0, 0, hashlib.sha256()
    for line in lines_of(one):
        if target is not None:
            target.write(line)
        digest.update(line)
        size += len(line)
        count += 1
    return Listed(bytes=size, sha256=digest.hexdigest(), records=count, last_id=last_id(one.model))


def lines_of(one: RecordFile) -> Iterator[bytes]:
    """The lines of a record file."""
    last = 0
    while True:
        objects = represent(one.resource, one.rows().filter(pk__gt=last)[:CHUNK], actor=SYSTEM, picked=one.names)
        for told in objects:
            if one.model is Document:
                told["file"] = document_file(told["id"], told["file_name"])
            yield orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)
        if len(objects) < CHUNK:
            return
        last = objects[-1]["id"]


def last_id(model: type[Any]) -> int:
    """The last id that a table gave."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{model._meta.db_table}"', model._meta.pk.column])
        (sequence,) = cursor.fetchone()
        cursor.execute(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")  # noqa: S608
        (last,) = cursor.fetchone()
    return int(last)


def _write_documents(folder: Path) -> Iterator[tuple[str, Listed]]:
    missing: list[str] = []
    for document in Document._base_manager.order_by("pk").iterator():
        name = document_file(document.pk, document.file_name)
        try:
            with document.file.open("rb") as source:
                digest, size = _copied(iter(lambda: source.read(_BLOCK), b""), folder / name)
        except FileNotFoundError:
            missing.append(f"{document.ref}: its file {document.file.name} is not in the portal's media folder.")
            continue
        if digest != document.sha256:
            missing.append(f"{document.ref}: its file {document.file.name} is not the one that was posted.")
        yield name, Listed(bytes=size, sha256=digest)
    if missing:
        told = "\n".join(missing)
        raise Unusable(
            f"Nothing was exported: files of documents are not there.\n{told}\n"
            "Bring the media folder back from a copy, or remove these documents in the portal."
        )


def _copied(blocks: Iterable[bytes], path: Path) -> tuple[str, int]:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    size, digest = 0, hashlib.sha256()
    with _new_file(path) as target:
        for block in blocks:
            target.write(block)
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Unusable(f"{folder} is not empty. Name a new or empty folder; nothing there was touched.")
        folder.chmod(0o700)
    except OSError as problem:
        raise Unusable(f"{folder} cannot be used: {problem.strerror}. Name a new or empty folder.") from problem


def _new_file(path: Path) -> BinaryIO:
    """A file that only its owner reads, and that was not there before."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
