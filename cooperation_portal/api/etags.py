"""ETags: strong, and computed from what the caller may see (RFC 9110, sections 8.8 and 13).

A list's tag comes from the ids and row versions of the page and from the newest change, of every record type that shows
in it, that its reader is told; so "nothing new" is answered before anything is serialized. A record's tag comes from
its content and begins with its version number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import CharField
from django.db.models.expressions import Expression
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import parse_etags

from cooperation_portal.access.actors import Actor
from cooperation_portal.changes.readers import tokens_of

from .renderers import to_json


class RowVersion(Expression):
    """PostgreSQL's own mark of a row's last write, whoever made it: the writing transaction and the row's new place.

    `table` names a joined table, else it is the one that the query starts from.
    """

    output_field = CharField()

    def __init__(self, table: str = "") -> None:
        super().__init__()
        self.table = table

    def resolve_expression(self, query: Any = None, *args: Any, **kwargs: Any) -> RowVersion:
        resolved = self.copy()
        resolved.table = self.table or query.get_initial_alias()
        return resolved

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        table = compiler.quote_name_unless_alias(self.table)
        return f"{table}.xmin::text || {table}.ctid::text", ()


def scope_of(actor: Actor) -> str:
    """Everything that decides what an actor may read, as one text."""
    organizations = sorted((str(role), sorted(keys)) for role, keys in actor.organizations.items())
    return f"{organizations}{sorted(actor.states)}{sorted(actor.committee_roles)}"


def list_tag(request: HttpRequest, actor: Actor, changes: Any, marks: str, count: int | None) -> str:
    """The tag of a page: `changes` are the newest of its types, `marks` tell the versions of its rows."""
    # The day is part of it because some rules look at the date: a contact's term may end overnight.
    parts = [scope_of(actor), request.get_full_path(), request.get_host(), timezone.localdate(), changes, count]
    return digest(repr((parts, marks)))


def record_tag(made: dict[str, Any], actor: Actor) -> str:
    """The tag of a record as `actor` reads it, unexpanded and in full."""
    return f"{made['version']}-{digest(scope_of(actor), to_json(made))}"


def opened_tag(tag: str, made: dict[str, Any], picked: Iterable[str] | None) -> str:
    """The tag of the same record with some fields picked or relations opened."""
    return f"{tag}.{digest(repr(picked), to_json(made))}"


def digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:24]


def quoted(tag: str) -> str:
    return f'"{tag}"'


def is_known(request: HttpRequest, tag: str) -> bool:
    """Whether If-None-Match names the tag; the weak comparison, as the RFC asks."""
    header = request.META.get("HTTP_IF_NONE_MATCH")
    if not header:
        return False
    sent = [one.removeprefix("W/") for one in parse_etags(header)]
    return "*" in sent or quoted(tag) in sent


def names_record(request: HttpRequest, tag: str) -> bool:
    """Whether If-Match names the record's present tag."""
    return names_tag(request.META.get("HTTP_IF_MATCH", ""), tag)


def names_tag(header: str, tag: str) -> bool:
    """Whether a value of If-Match names a tag, however the record's fields were picked; the strong comparison."""
    sent = parse_etags(header)
    return "*" in sent or any(one.strip('"').partition(".")[0] == tag for one in sent if one.startswith('"'))


#: The newest change of each record type that a reader is told; takes a list of types and twice the reader's tokens.
#: Change rows are numbered as their writes commit. What is for others alone leaves the tag as it is: nobody learns from
#: it that something happened.
NEWEST_CHANGES = (
    "SELECT (SELECT id FROM changes_change WHERE object_type = kind AND is_told "
    "AND (readers && %s::bigint[] OR readers_before && %s::bigint[]) ORDER BY id DESC LIMIT 1) "
    "FROM unnest(%s::text[]) WITH ORDINALITY AS asked (kind, place) ORDER BY place"
)
#: The same for those who read more than the feed's readers, such as experts.
NEWEST_OF_ALL = (
    "SELECT (SELECT id FROM changes_change WHERE object_type = kind ORDER BY id DESC LIMIT 1) "
    "FROM unnest(%s::text[]) WITH ORDINALITY AS asked (kind, place) ORDER BY place"
)


def newest_statement(types: Iterable[str], actor: Actor) -> tuple[str, list[Any]]:
    """SQL of the newest changes that an actor may be told, in the order of the types."""
    if actor.states or actor.committee_roles:
        return NEWEST_OF_ALL, [list(types)]
    tokens = tokens_of(actor)
    return NEWEST_CHANGES, [tokens, tokens, list(types)]


def newest_changes(types: Iterable[str], actor: Actor) -> list[int | None]:
    with connection.cursor() as cursor:
        cursor.execute(*newest_statement(types, actor))
        return [newest for (newest,) in cursor.fetchall()]
