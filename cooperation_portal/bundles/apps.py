from django.apps import AppConfig


class BundlesConfig(AppConfig):
    name = "cooperation_portal.bundles"
    label = "bundles"
