"""Brings a bundle into an empty portal: all of it in one transaction, or nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import Storage
from django.db import connection, transaction

from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.audit.context import Source
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.audit.recording import write_entry
from cooperation_portal.changes.recording import write_changes_of
from cooperation_portal.records import bulk
from cooperation_portal.records.models import Record
from cooperation_portal.reference.loading import take_loading_lock
from meetings.models import Document

from .building import Builder, Built
from .catalogue import record_files
from .exporting import document_file, last_id, summary
from .inserting import insert
from .lines import read_lines
from .manifest import FILE, Listed, Manifest, Unusable, listed, read_manifest
from .problems import Problems
from .recordfiles import RecordFile


@dataclass(frozen=True, slots=True)
class Bundle:
    """What the audit entry of an import is about: the bundle, by the checksum of its manifest."""

    ref: str
    pk: int = 0
    record_type: str = "bundle"


@dataclass
class Outcome:
    """Records by type, in the order of their files; `is_same` when the portal held exactly these already."""

    counts: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    is_same: bool = False


def import_bundle(folder: Path, *, dry_run: bool = False, edited: bool = False) -> Outcome:
    """Bring in the bundle in `folder`; a dry run does everything and takes it back.

    `edited`: the files were changed by hand, so sizes, checksums and counts are not compared with the manifest.
    Raises `Unusable` when the bundle or the portal does not allow it at all, `BadBundle` with everything that is wrong.
    """
    manifest = read_manifest(folder)
    problems = Problems()
    _check_files(folder, manifest, problems, edited=edited)
    with transaction.atomic(), _uploads(dry_run=dry_run) as uploads:
        take_loading_lock()
        if _is_in_use(manifest, edited=edited):
            return Outcome(is_same=True)
        outcome = _Import(folder, manifest, problems, uploads, edited=edited).run()
        problems.stop_if_any()
        _tell(folder, outcome)
        if dry_run:
            transaction.set_rollback(True)
        else:
            _continue_ids(manifest)
    return outcome


class _Import:
    def __init__(self, folder: Path, manifest: Manifest, problems: Problems, uploads: Uploads, *, edited: bool) -> None:
        self.folder = folder
        self.manifest = manifest
        self.problems = problems
        self.uploads = uploads
        self.edited = edited
        self.ids: dict[str, dict[str, int]] = {}
        self.written: list[tuple[str, list[tuple[int, str, int]]]] = []

    def run(self) -> Outcome:
        outcome = Outcome()
        for one in record_files():
            if self.problems.is_full:
                break
            if (self.folder / one.name).is_file():
                outcome.counts[one.record_type] = self._bring_in(one, outcome.remarks)
        if not self.problems.count:
            for record_type, rows in self.written:
                write_changes_of(record_type, rows)
        return outcome

    def _bring_in(self, one: RecordFile, remarks: list[str]) -> int:
        read = read_lines(self.folder / one.name, one, self.problems, strictly=self.edited)
        self._compare_count(one, len(read.lines))
        remarks += [
            f"{one.name}: {count} of {len(read.lines)} records lack {name} and get what a new record has."
            for name, count in sorted(read.lacking.items())
        ]
        self.ids[one.record_type] = read.ids
        built = Builder(one, self.ids, self.problems).build(read)
        if one.model is Document:
            self._place_documents(one, built)
        # Records that name one that was refused would only repeat its problem.
        if not self.problems.count:
            insert(one, built, self.problems)
            _note_edited(one, built)
        if issubclass(one.model, Record):
            self.written.append(
                (one.record_type, [(item.record.pk, _ref(item), item.record.version) for item in built])
            )
        return len(built)

    def _compare_count(self, one: RecordFile, found: int) -> None:
        told = self.manifest.records[one.name].records if one.name in self.manifest.records else found
        if not self.edited and not self.problems.count and told != found:
            self.problems.add(one.name, f"has {found} records; {FILE} says {told}. Copy the bundle again.")

    def _place_documents(self, one: RecordFile, built: list[Built]) -> None:
        """Give each document's file a new name in the media folder, if it is the one that the record tells of."""
        for item in built:
            document: Document = item.record
            name = document_file(document.pk, document.file_name)
            wrong = partial(self.problems.add, one.name, line=item.line.number, field="file")
            if item.line.told.get("file") != name:
                wrong(f"is not {name}, where the file of this document is. Correct it.")
            elif name not in self.manifest.documents or not (self.folder / name).is_file():
                wrong(f"{name} is not in the bundle. Copy the bundle again.")
            elif (now := listed(self.folder / name)).sha256 != document.sha256 or now.bytes != document.size:
                wrong(f"{name} is not the file whose sha256 and size stand here.")
            else:
                document.file.name = document.file.field.generate_filename(document, document.file_name)
                self.uploads.add(self.folder / name, document.file.storage, document.file.name)


class Uploads:
    """Files to be put into the media folder once all records are in the database."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Path, Storage, str]] = []
        self.made: list[tuple[Storage, str]] = []

    def add(self, source: Path, storage: Storage, name: str) -> None:
        self.waiting.append((source, storage, name))

    def put(self) -> None:
        for path, storage, name in self.waiting:
            with path.open("rb") as source:
                stored = storage.save(name, File(source))
            self.made.append((storage, stored))
            if stored != name:
                raise Unusable(f"The media folder has a file {name} already. Nothing was imported; try again.")

    def take_back(self) -> None:
        for storage, name in self.made:
            storage.delete(name)


@contextmanager
def _uploads(*, dry_run: bool) -> Iterator[Uploads]:
    """Files are put last; they are taken back if the transaction is."""
    uploads = Uploads()
    try:
        yield uploads
        if not dry_run:
            uploads.put()
    except BaseException:
        uploads.take_back()
        raise


def _ref(item: Built) -> str:
    ref: str = item.line.told["ref"]
    return ref


def _check_files(folder: Path, manifest: Manifest, problems: Problems, *, edited: bool) -> None:
    """Compare the files with what the manifest says of them."""
    known = {one.name for one in record_files()}
    for name in manifest.records:
        if name not in known:
            problems.add(FILE, f"names {name}, which this portal does not know. Upgrade this portal first.")
    for path in sorted(folder.glob("*.ndjson")):
        if path.name not in known:
            problems.add(path.name, "is no file of a bundle, so nothing would read it. Take it away.")
        elif path.name not in manifest.records:
            problems.add(path.name, f"is not in {FILE}. Take it away, or copy the bundle again.")
    for name, told in manifest.records.items():
        if name in known:
            _check_file(folder, name, told, problems, edited=edited)


def _check_file(folder: Path, name: str, told: Listed, problems: Problems, *, edited: bool) -> None:
    path = folder / name
    if not path.is_file() or not os.access(path, os.R_OK):
        problems.add(name, "is not there or cannot be read. Copy the bundle again, all of it.")
        return
    if edited:
        return
    now = listed(path)
    if now.bytes < told.bytes:
        problems.add(name, f"is cut short: {now.bytes} of {told.bytes} bytes. Copy the bundle again.")
    elif now.sha256 != told.sha256:
        problems.add(
            name,
            "is not as it was exported: its SHA-256 differs. Copy the bundle again; "
            "if you changed it on purpose, say --edited.",
        )


def _is_in_use(manifest: Manifest, *, edited: bool) -> bool:
    """Whether the portal holds the records of the bundle already. Raises `Unusable` if it holds others."""
    held = [one for one in record_files() if any(model._base_manager.exists() for model in one.models)]
    if not held:
        return False
    now = {name: (one.records, one.sha256) for name, one in summary().items()}
    if not edited and now == {name: (one.records, one.sha256) for name, one in manifest.records.items()}:
        return True
    raise Unusable(
        f"This portal is not empty: it holds {', '.join(one.resource.name for one in held)}. A bundle is brought into "
        "an empty one: a new database after `migrate`, without `load_reference`. Nothing was changed."
    )


def _note_edited(one: RecordFile, built: list[Built]) -> None:
    """Say in the audit which records people had changed: `load_reference` leaves those as they are."""
    who = (AuditEntry.ActorKind.USER, "", "bundle.edited_before", Source.COMMAND)
    bulk.insert(
        AuditEntry,
        ["actor_kind", "actor_label", "action", "source", "object_type", "object_id", "object_ref"],
        [
            (*who, one.record_type, item.record.pk, _ref(item)[:120])
            for item in built
            if item.line.told.get("is_edited")
        ],
    )


def _tell(folder: Path, outcome: Outcome) -> None:
    """One audit entry for the whole import."""
    write_entry(
        action="bundle.imported",
        obj=Bundle(ref=listed(folder / FILE).sha256),
        by=SYSTEM,
        before={},
        after={"records": outcome.counts},
        reason="",
    )


def _continue_ids(manifest: Manifest) -> None:
    """Let ids go on after the last one that was ever given, here or where the records come from. Not taken back."""
    for one in record_files():
        told = manifest.records[one.name].last_id if one.name in manifest.records else 0
        highest = one.model._base_manager.order_by("-pk").values_list("pk", flat=True).first() or 0
        last = max(told, highest)
        if last and last != last_id(one.model):
            table, column = one.model._meta.db_table, one.model._meta.pk.column
            with connection.cursor() as cursor:
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [f'"{table}"', column, last])
