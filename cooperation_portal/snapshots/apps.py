from django.apps import AppConfig


class SnapshotsConfig(AppConfig):
    name = "cooperation_portal.snapshots"
    label = "snapshots"
