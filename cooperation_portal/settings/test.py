"""The test suite: fast hashing, mail in memory, tasks run at once unless a test starts a worker."""

from .base import *

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
ALLOW_EXAMPLE_DATA = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DATABASES["default"]["CONN_MAX_AGE"] = 0
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SNAPSHOT_ROOT = environment.SNAPSHOT_ROOT or BASE_DIR / ".local" / "test-snapshots"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
API_LIMITS = dict.fromkeys(API_LIMITS, (10**9, 600))
WHITENOISE_AUTOREFRESH = True
