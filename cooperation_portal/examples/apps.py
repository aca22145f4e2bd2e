from django.apps import AppConfig


class ExamplesConfig(AppConfig):
    name = "cooperation_portal.examples"
    label = "examples"
