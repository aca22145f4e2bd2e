"""All resources of the interface, in the order in which one record may need another: parents come first."""

from __future__ import annotations

from functools import cache

from django.urls import URLPattern, path

from .resources import Resource


@cache
def resources() -> dict[str, Resource]:
    """Resources by name. Imported late: the apps' definitions import this package."""
    from assistance.api import RESOURCES as ASSISTANCE
    from meetings.api import RESOURCES as MEETINGS
    from organizations.api import RESOURCES as ORGANIZATIONS

    return {resource.name: resource for resource in (*ORGANIZATIONS, *ASSISTANCE, *MEETINGS)}


def computed_routes() -> list[URLPattern]:
    """Addresses of the apps' own, beside their resources: what is computed when it is asked for, and files."""
    from assistance.api.candidates import CandidateList, CandidateRecord
    from meetings.file_views import DocumentFileView

    file_of_document = DocumentFileView.as_view(resource=resource("documents"))
    path_of_request = "requests/<str:request_ref>/candidates/"
    return [
        path(path_of_request, CandidateList.as_view(), name="candidate-list"),
        path(f"{path_of_request}<str:offer_ref>/", CandidateRecord.as_view(), name="candidate-detail"),
        path("documents/<int:pk>/file/", file_of_document, name="document-file"),
    ]


def resource(name: str) -> Resource:
    return resources()[name]


@cache
def change_types(name: str) -> tuple[str, ...]:
    """Record types whose changes show in a resource: its own, those it has keys of, and those it names."""
    one = resource(name)
    types = {one.type} | {other.type for other in one.depends} | keyed_types(one)
    return tuple(sorted(types))


def keyed_types(one: Resource) -> set[str]:
    """Record types whose keys a resource gives."""
    return {resource(field.to).type for field in one.expandable.values()}


@cache
def resources_by_type() -> dict[str, Resource]:
    return {one.type: one for one in resources().values()}
