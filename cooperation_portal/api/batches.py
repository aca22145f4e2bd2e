"""Many writes in one request: `POST /<resource>/batch/`, all or none.

Rows are locked in the order of their ids before anything is written, and changes are noted at the end
(`changes.together`), so that two batches that name the same records in opposite orders wait for one another instead of
blocking each other. Each item is written by the same service as a single request, in the order in which it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from cooperation_portal import changes
from cooperation_portal.access.actors import Actor
from cooperation_portal.access.policy import allows, owns
from cooperation_portal.access.read_only import ReadOnly
from cooperation_portal.records.models import Record

from . import etags, idempotency, querystring, writing
from .fields import MAX_ID
from .hints import unknown_names
from .limits import WRITE
from .models import ApiKey
from .problems import Problem, error, invalid, problem_for, writes_alone
from .renderers import JSON_TYPE, to_json
from .resources import MAX_ITEMS, Resource
from .rows import represent
from .views import ResourceView

Error = dict[str, str]
#: What an item may hold.
_MEMBERS = frozenset({"id", "if_match", "data"})
#: A batch costs as much as this many single writes.
_PRICE = 10


@dataclass(frozen=True, slots=True)
class Item:
    """One write: a change of the record `pk`, or a new record where that is None. `data` is checked for form."""

    index: int
    pk: int | None
    if_match: str
    data: dict[str, Any]

    @property
    def pointer(self) -> str:
        return f"/items/{self.index}"


class BatchView(ResourceView):
    """Up to a hundred new records and changes; the records and their ETags come back in the same order."""

    documented: ClassVar[dict[str, Any]] = {"POST": "write_batch"}
    prices: ClassVar[Mapping[str, int]] = {"POST": _PRICE * WRITE}

    def post(self, request: Request) -> HttpResponse:
        querystring.refuse_parameters(request._request)
        return idempotency.answer_once(request, self._write)

    def _write(self, request: Request) -> HttpResponse:
        items = read_items(self.of, dict(request.data))
        with transaction.atomic(), changes.together():
            written = write_items(self.of, items, by=idempotency.key_of(request), actor=self.actor)
        found = {
            made["id"]: made for made in represent(self.of, _among(self.of, self.actor, written), actor=self.actor)
        }
        records = [found[pk] for pk in written]
        tags = [etags.quoted(etags.record_tag(made, self.actor)) for made in records]
        return HttpResponse(to_json({"data": records, "etags": tags}), content_type=JSON_TYPE)


# Reading the body


def read_items(resource: Resource, body: Mapping[str, Any]) -> list[Item]:
    """Check the form of all items; raise a `Problem` that points at every mistake in any of them."""
    unknown = unknown_names(body, {"items"}, pointer="/", code="unknown_field", sentence=_("There is no such field."))
    sent = body.get("items")
    if unknown or not isinstance(sent, list):
        wrong = [] if isinstance(sent, list) else [error("/items", "wrong_type", _("Give a list of items."))]
        raise invalid(*unknown, *wrong)
    if not 1 <= len(sent) <= MAX_ITEMS:
        sentence = _("Send 1 to %(most)d items; this batch has %(sent)d.") % {"most": MAX_ITEMS, "sent": len(sent)}
        raise invalid(error("/items", "wrong_number", sentence))
    errors: list[Error] = []
    items = [item for n, one in enumerate(sent) if (item := _read_item(resource, n, one, errors)) is not None]
    errors += _named_twice(items)
    if errors:
        raise invalid(*errors)
    return items


def _read_item(resource: Resource, index: int, sent: Any, errors: list[Error]) -> Item | None:
    pointer = f"/items/{index}"
    if not isinstance(sent, dict):
        errors.append(error(pointer, "wrong_type", _("Give an object with data and, for a change, id and if_match.")))
        return None
    sentence = _("There is no such field.")
    found = unknown_names(sent, _MEMBERS, pointer=f"{pointer}/", code="unknown_field", sentence=sentence)
    pk, if_match, data = sent.get("id"), sent.get("if_match", ""), sent.get("data")
    if "id" in sent and (not isinstance(pk, int) or isinstance(pk, bool) or not 0 <= pk <= MAX_ID):
        found.append(error(f"{pointer}/id", "wrong_type", _("Give the number of a record.")))
    if not isinstance(if_match, str):
        found.append(error(f"{pointer}/if_match", "wrong_type", _("Give the record's ETag as text.")))
    elif if_match and "id" not in sent:
        found.append(error(f"{pointer}/if_match", "without_id", _("Say which record it is the ETag of, in id.")))
    if "id" not in sent and resource.takes_file:
        sentence = _("New ones come with a file, one by one as multipart/form-data. Here they are only changed.")
        found.append(error(f"{pointer}/id", "required", sentence))
    if not isinstance(data, dict):
        found.append(error(f"{pointer}/data", "wrong_type", _("Give an object with the record's fields.")))
    if not found:
        try:
            return Item(index, pk, if_match, writing.checked(resource, data, partial=pk is not None))
        except Problem as refused:
            found = _moved(refused.errors, f"{pointer}/data")
    errors += found
    return None


def _named_twice(items: Iterable[Item]) -> list[Error]:
    seen: set[int] = set()
    errors = []
    for item in items:
        if item.pk in seen:
            errors.append(error(f"{item.pointer}/id", "repeated", _("Another item of this batch changes this record.")))
        elif item.pk is not None:
            seen.add(item.pk)
    return errors


# Writing


def write_items(resource: Resource, items: list[Item], *, by: ApiKey, actor: Actor) -> list[int]:
    """Write all items in the present transaction and give the ids of their records; raise a `Problem` for any that
    cannot be written, after which the transaction must be undone."""
    records, versions = _matched(resource, [item for item in items if item.pk is not None], by, actor)
    written, refused = [], []
    for item in items:
        try:
            with transaction.atomic():
                written.append(_write(resource, item, records, versions, by))
        except ReadOnly:
            raise  # no item's fault
        except (Problem, PermissionDenied) as problem:
            refused.append((item, problem_for(problem, by)))
    if refused:
        raise _together(refused)
    return written


def _write(
    resource: Resource, item: Item, records: Mapping[int, Record], versions: Mapping[int, int], by: ApiKey
) -> int:
    writes = writing.writes_of(resource)
    with writing.told_as_problems(resource):
        if item.pk is None:
            return int(writes.create(by=by, data=item.data).pk)
        record, version = records[item.pk], versions[item.pk]
        writes.update(by=by, record=record, data=item.data, expected_version=version)
        return item.pk


def _matched(
    resource: Resource, changed: list[Item], by: ApiKey, actor: Actor
) -> tuple[dict[int, Record], dict[int, int]]:
    """Lock the records to change; give them and their versions by id.

    Raises, in the order of a single change: not found, not allowed, If-Match missing (428), and stale (412).
    """
    rows = _among(resource, actor, [item.pk for item in changed if item.pk is not None])
    records = {record.pk: record for record in rows}
    _refuse("not-found", "not_found", "/id", [item for item in changed if item.pk not in records])
    barred = [item for item in changed if item.pk in records and not allows(by, "update", records[item.pk])]
    if any(not owns(by, records[item.pk]) for item in barred if item.pk is not None):
        _refuse("forbidden", "forbidden", "/id", barred, writes_alone(by))
    _refuse("forbidden", "forbidden", "/id", barred)
    _refuse("precondition-required", "required", "/if_match", [item for item in changed if not item.if_match])
    _lock(resource, records)
    now = {made["id"]: made for made in represent(resource, rows.all(), actor=actor)}
    stale = [item for item in changed if item.pk not in now or not _is_present(item, now[item.pk], actor)]
    _refuse("stale", "stale", "/if_match", stale)
    return records, {pk: made["version"] for pk, made in now.items()}


def _is_present(item: Item, made: dict[str, Any], actor: Actor) -> bool:
    return etags.names_tag(item.if_match, etags.record_tag(made, actor))


def _lock(resource: Resource, ids: Iterable[int]) -> None:
    """Lock rows in the order of their ids, until the transaction ends."""
    rows = resource.model._base_manager.filter(pk__in=list(ids)).order_by("pk")
    list(rows.select_for_update(of=("self",), no_key=True).values_list("pk"))


def _among(resource: Resource, actor: Actor, ids: Iterable[int]) -> Any:
    return resource.rows(actor).filter(pk__in=list(ids))


def _refuse(name: str, code: str, member: str, items: Iterable[Item], detail: str = "") -> None:
    """Raise the problem `name` if it is that of any item."""
    problem = Problem(name, detail)
    problem.errors = [error(f"{item.pointer}{member}", code, problem.detail) for item in items]
    if problem.errors:
        raise problem


def _together(refused: list[tuple[Item, Problem]]) -> Problem:
    """One problem of the kind of the first, with the errors of all items of that kind."""
    kind = refused[0][1].kind
    errors: list[Error] = []
    for item, problem in refused:
        if problem.kind is kind:
            own = [error("", problem.kind.name, problem.detail)] if not problem.errors else problem.errors
            errors += _moved(own, item.pointer if not problem.errors else f"{item.pointer}/data")
    return Problem(kind.name, errors=errors)


def _moved(errors: Iterable[Mapping[str, str]], pointer: str) -> list[Error]:
    return [{**one, "pointer": f"{pointer}{one['pointer']}"} for one in errors]
