"""Addresses of the partner API: two for each resource and two for its tables, one for each step, and a few more.

Names follow the record type: `api:offer-list`, `api:offer-detail`, `api:offer-publish`.
"""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from cooperation_portal.changes.views import ChangesView
from cooperation_portal.snapshots.urls import snapshot_routes

from .batches import BatchView
from .catalogue import computed_routes, resources
from .guide import client_file, guide
from .information import IndexView, NowhereView, OpenApiView, ProblemKindsView, ProblemKindView, docs
from .resources import Resource
from .tables.files import KINDS as TABLE_KINDS
from .tables.views import TableView
from .views import CollectionView, RecordView
from .write_views import RemovableRecordView, StepView, WritableCollectionView, WritableRecordView

app_name = "api"


def routes(one: Resource) -> list[URLPattern]:
    collection, record = CollectionView, RecordView
    if one.writes is not None:
        collection = WritableCollectionView
        record = WritableRecordView if one.writes.remove is None else RemovableRecordView
    found = [
        path(f"{one.name}/", collection.as_view(resource=one), name=f"{one.route}-list"),
        path(f"{one.name}/<int:pk>/", record.as_view(resource=one), name=f"{one.route}-detail"),
    ]
    found += [
        path(f"{one.name}.{ending}", TableView.as_view(resource=one, kind=kind), name=f"{one.route}-{ending}")
        for ending, kind in TABLE_KINDS.items()
    ]
    if one.writes is not None:
        found.append(path(f"{one.name}/batch/", BatchView.as_view(resource=one), name=f"{one.route}-batch"))
    for action in one.writes.actions if one.writes else ():
        view = StepView.as_view(resource=one, action=action)
        found.append(path(f"{one.name}/<int:pk>/{action.name}/", view, name=f"{one.route}-{action.name}"))
    return found


urlpatterns: list[URLPattern] = [
    # First, because mirrors ask for it the most.
    path("changes/", ChangesView.as_view(), name="change-list"),
    path("", IndexView.as_view(), name="index"),
    path("openapi.json", OpenApiView.as_view(), name="openapi"),
    path("docs/", docs, name="docs"),
    path("guide/", guide, name="guide"),
    path("portal_client.py", client_file, name="client"),
    path("problems/", ProblemKindsView.as_view(), name="problem-list"),
    path("problems/<slug:name>/", ProblemKindView.as_view(), name="problem-detail"),
    *(route for one in resources().values() for route in routes(one)),
    *computed_routes(),
    *snapshot_routes(),
    re_path(r"^.*$", NowhereView.as_view(), name="nowhere"),
]
