from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "cooperation_portal.records"
    label = "records"
