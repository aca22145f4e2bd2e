"""All resources of the interface, in the order in which one record may need another: parents come first."""

from __future__ import annotations

from functools import cache

from .resources import Resource


@cache
def resources() -> dict[str, Resource]:
    """Resources by name. Imported late: the apps' definitions import this package."""
    from assistance.api import RESOURCES as ASSISTANCE
    from meetings.api import RESOURCES as MEETINGS
    from organizations.api import RESOURCES as ORGANIZATIONS

    return {resource.name: resource for resource in (*ORGANIZATIONS, *ASSISTANCE, *MEETINGS)}


def resource(name: str) -> Resource:
    return resources()[name]


@cache
def change_types(name: str) -> tuple[str, ...]:
    """Record types whose changes show in a resource: its own, those it has keys of, and those it names."""
    one = resource(name)
    types = {one.type, *one.depends} | {resource(field.to).type for field in one.expandable.values()}
    return tuple(sorted(types))
