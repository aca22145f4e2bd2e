"""The order of a snapshot: parents before children, so that a mirror with foreign keys takes it line by line."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from cooperation_portal.access.actors import Actor
from cooperation_portal.api.resources import Resource
from cooperation_portal.api.rows import Object
from cooperation_portal.api.whole_lists import in_chunks, of_ids

Refs = dict[int, tuple[str, set[str]]]


def records_in_order(resource: Resource, actor: Actor) -> Iterator[list[Object]]:
    """All that the actor reads of a resource, a few hundred at a time.

    Records that name others of their own kind (an organization its parent, a contact its predecessor) come after
    those; all others by ascending id. Only ids and refs of the former are kept in memory.
    """
    rows = resource.rows(actor)
    children = _children(resource, rows, actor)
    for objects in in_chunks(resource, rows, actor):
        yield [made for made in objects if made["id"] not in children]
    yield from of_ids(resource, _sorted(children), actor)


def _children(resource: Resource, rows: QuerySet, actor: Actor) -> Refs:
    """Ref and named refs of the records that name others of their own kind."""
    names = [name for name, field in resource.expandable.items() if field.to == resource.name]
    found: Refs = {}
    if not names:
        return found
    for objects in in_chunks(resource, rows, actor, ("ref", *names)):
        for made in objects:
            parents = {ref for name in names for ref in _refs_in(made[name])}
            if parents:
                found[made["id"]] = (made["ref"], parents)
    return found


def _sorted(children: Refs) -> Iterator[int]:
    """Ids so that each comes after those that it names. A circle, which the forms refuse, is told by ascending id."""
    waiting = dict(children)
    while waiting:
        unwritten = {ref for ref, _parents in waiting.values()}
        free = [pk for pk, (ref, parents) in waiting.items() if not (parents - {ref}) & unwritten]
        for pk in free or list(waiting):
            yield pk
            del waiting[pk]


def _refs_in(value: str | list[str] | None) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else value
