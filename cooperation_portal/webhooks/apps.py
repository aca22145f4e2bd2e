from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "cooperation_portal.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        from . import checks  # noqa: F401
        from .hurrying import listen

        listen()
