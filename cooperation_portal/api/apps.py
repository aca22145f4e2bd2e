from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "cooperation_portal.api"
    label = "api"
