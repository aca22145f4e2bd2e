"""Addresses of snapshots, below `/api/v1/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from .views import SnapshotCollectionView, SnapshotFileView, SnapshotView


def snapshot_routes() -> list[URLPattern]:
    return [
        path("snapshots/", SnapshotCollectionView.as_view(), name="snapshot-list"),
        path("snapshots/<int:pk>/", SnapshotView.as_view(), name="snapshot-detail"),
        path("snapshots/<int:pk>/file/", SnapshotFileView.as_view(), name="snapshot-file"),
    ]
