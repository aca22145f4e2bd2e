"""One machine, one person trying the portal: `make run`."""

from .base import *

DEBUG = environment.DEBUG
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *environment.ALLOWED_HOSTS]
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http"
#: Example data may be loaded here.
ALLOW_EXAMPLE_DATA = True
# Compressing the static files takes half a minute, which a first start should not.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
