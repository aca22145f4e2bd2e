from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "cooperation_portal.access"
    label = "access"
