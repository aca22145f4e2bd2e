from django.apps import AppConfig


class ChangesConfig(AppConfig):
    name = "cooperation_portal.changes"
    label = "changes"
