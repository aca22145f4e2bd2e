"""WSGI entry point for gunicorn."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cooperation_portal.settings.local")

application = get_wsgi_application()

# What is loaded by now stays: the collector need not look through it each time that a request has made some hundred
# objects. A page of the API makes thousands, hardly any of them in circles, and takes a tenth less time so.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
