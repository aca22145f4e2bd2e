"""The files of snapshots. Both begin with where they come from and end with how much there is and its digest."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import IO, Any, Protocol

from cooperation_portal.api.renderers import to_json
from cooperation_portal.api.resources import Resource
from cooperation_portal.api.rows import Object
from cooperation_portal.api.tables.cells import cell_of
from cooperation_portal.api.tables.files import csv_cell
from cooperation_portal.api.tables.views import columns_of
from cooperation_portal.interface.csv_files import BYTE_ORDER_MARK

from ..models import Snapshot

#: Fast; the file is a quarter larger than with the slowest setting.
_LEVEL = 4


class Writer(Protocol):
    def begin(self, resource: Resource) -> None:
        """What follows are records of this resource."""

    def add(self, objects: Sequence[Object]) -> None: ...

    def end(self, counts: dict[str, int]) -> None:
        """Write the last line and close; the file itself stays open."""


class NdjsonWriter:
    """gzip of lines: `{"_meta": …}`, one object a line as a detail reads it, `{"_end": {"count", "sha256", …}}`.

    The digest is of every byte between the first line and the last, as they are before compression.
    """

    def __init__(self, file: IO[bytes], meta: dict[str, Any]) -> None:
        self.zip = gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=_LEVEL, mtime=0)
        self.digest = hashlib.sha256()
        self.zip.write(to_json({"_meta": meta}) + b"\n")

    def begin(self, resource: Resource) -> None:
        """Every object names its type."""

    def add(self, objects: Sequence[Object]) -> None:
        lines = b"".join(to_json(made) + b"\n" for made in objects)
        self.digest.update(lines)
        self.zip.write(lines)

    def end(self, counts: dict[str, int]) -> None:
        self.zip.write(to_json({"_end": _end(counts, self.digest)}) + b"\n")
        self.zip.close()


class CsvWriter:
    """A ZIP archive: `_meta.json`, one `<resource>.csv` for each type, `_end.json`, in this order.

    The digest is of the CSV files one after the other, as they are before compression.
    """

    def __init__(self, file: IO[bytes], meta: dict[str, Any], made_at: datetime) -> None:
        self.archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        self.made_at = made_at.timetuple()[:6]
        self.digest = hashlib.sha256()
        self.member: IO[bytes] | None = None
        self.columns: list[str] = []
        self._whole("_meta.json", {"_meta": meta})

    def begin(self, resource: Resource) -> None:
        self._close_member()
        self.member = self.archive.open(self._info(f"{resource.name}.csv"), "w", force_zip64=True)
        self.columns = columns_of(resource, None)
        self._write(BYTE_ORDER_MARK, [self.columns])

    def add(self, objects: Sequence[Object]) -> None:
        self._write("", [[csv_cell(cell_of(made[name])) for name in self.columns] for made in objects])

    def end(self, counts: dict[str, int]) -> None:
        self._close_member()
        self._whole("_end.json", {"_end": _end(counts, self.digest)})
        self.archive.close()

    def _write(self, before: str, rows: Sequence[Sequence[str]]) -> None:
        if self.member is None:
            raise ValueError("A record came before its type.")
        text = io.StringIO(newline="")
        text.write(before)
        csv.writer(text).writerows(rows)
        lines = text.getvalue().encode()
        self.digest.update(lines)
        self.member.write(lines)

    def _whole(self, name: str, value: dict[str, Any]) -> None:
        self.archive.writestr(self._info(name), to_json(value) + b"\n")

    def _close_member(self) -> None:
        if self.member is not None:
            self.member.close()
            self.member = None

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self.made_at)
        info.compress_type = zipfile.ZIP_DEFLATED
        return info


def writer_of(snapshot: Snapshot, file: IO[bytes], meta: dict[str, Any], made_at: datetime) -> Writer:
    if snapshot.format == Snapshot.Format.CSV:
        return CsvWriter(file, meta, made_at)
    return NdjsonWriter(file, meta)


def _end(counts: dict[str, int], digest: Any) -> dict[str, Any]:
    return {"count": sum(counts.values()), "sha256": digest.hexdigest(), "counts": counts}
