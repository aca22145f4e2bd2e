from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "cooperation_portal.audit"
    label = "audit"

    def ready(self) -> None:
        from . import context

        context.connect_celery()
