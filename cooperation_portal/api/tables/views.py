"""`GET /<resource>.csv` and `GET /<resource>.xlsx`: the whole filtered list as one file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import IO, Any, ClassVar

from django.db import connection
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from cooperation_portal.access.actors import Actor

from .. import catalogue, etags, querystring
from ..file_answers import FileNegotiation
from ..filtering import apply_filters
from ..problems import error, invalid
from ..reading_log import log_contacts_read
from ..resources import Resource
from ..rows import Object
from ..views import ResourceView, not_modified
from ..whole_lists import extent, in_chunks, one_moment
from .cells import Cell, cell_of
from .files import CSV, Table, TableKind
from .operations import download_table


class TableView(ResourceView):
    """A list as a table. It is whole, as of one moment, or it is an error: never a part."""

    documented: ClassVar[dict[str, Any]] = {"GET": download_table}
    #: A list of any length at once.
    prices: ClassVar[Mapping[str, int]] = {"GET": 20, "HEAD": 20}
    kind: ClassVar[TableKind] = CSV

    def get_content_negotiator(self) -> Any:
        return FileNegotiation(self.kind.media_type)

    def get(self, request: Request) -> FileResponse | HttpResponse:
        http, actor, asked = request._request, self.actor, querystring.read_table(request._request, self.of)
        # Inside a caller's transaction the moment is that transaction's.
        with nullcontext() if connection.in_atomic_block else one_moment():
            rows = apply_filters(self.of, self.of.rows(actor), asked.filters, actor)
            count, versions = extent(rows)
            changes = etags.newest_changes(catalogue.change_types(self.of.name), actor)
            tag = etags.list_tag(http, actor, changes, versions, count)
            if etags.is_known(http, tag):
                return not_modified(tag)
            if (sentence := too_many(self.kind, count)) is not None:
                raise invalid(error("?", "too_many_rows", sentence))
            file = self._written(http, rows, actor, asked.picked, count)
        if self.of.name == "contacts":
            log_contacts_read(http, count)
        return file_response(file, self.kind, self.of.name, headers={"ETag": etags.quoted(tag)})

    def _written(
        self, request: HttpRequest, rows: QuerySet, actor: Actor, picked: tuple[str, ...] | None, count: int
    ) -> IO[bytes]:
        chunks = in_chunks(self.of, rows, actor, picked)
        address = request.build_absolute_uri()
        return written(self.kind, columns_of(self.of, picked), chunks, address=address, count=count)


def columns_of(resource: Resource, picked: Sequence[str] | None) -> list[str]:
    """The fields shown, in the order asked for; `type` and `id` are always there, as in JSON."""
    if picked is None:
        picked = ["ref", "url", *resource.table]
    return list(dict.fromkeys(("type", "id", *picked)))


def too_many(kind: TableKind, count: int) -> str | None:
    """Why so many records do not go into such a file; None if they do."""
    if kind.most_rows is None or count <= kind.most_rows:
        return None
    sentence = _("This list has %(count)d records; such a file takes %(most)d. Narrow it by filters, or take CSV.")
    return sentence % {"count": count, "most": kind.most_rows}


def written(
    kind: TableKind, columns: Sequence[str], chunks: Iterator[list[Object]], *, address: str, count: int
) -> IO[bytes]:
    """Write a table to a temporary file, which ends with its last reader."""
    today = timezone.localdate()

    def rows() -> Iterator[list[Cell]]:
        for objects in chunks:
            for made in objects:
                yield [cell_of(made[name]) for name in columns]

    about = ((_("Address"), address), (_("Read on"), today), (_("Records"), count))
    file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by whoever sends it)
    try:
        kind.write(file, Table(columns, rows(), about, today))
    except BaseException:
        file.close()
        raise
    return file


def file_response(file: IO[bytes], kind: TableKind, name: str, *, headers: dict[str, str]) -> FileResponse:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    response = FileResponse(
        file,
        as_attachment=True,
        filename=f"{name}-{timezone.localdate().isoformat()}.{kind.ending}",
        content_type=kind.media_type,
        headers=headers,
    )
    response.headers["Content-Length"] = str(size)
    return response
