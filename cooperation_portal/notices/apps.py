from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "cooperation_portal.notices"
    label = "notices"
