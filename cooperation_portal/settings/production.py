"""Production: refuses to start on anything that is only good for trying the portal."""

from django.core.exceptions import ImproperlyConfigured

from .base import *

environment.require("DATABASE_URL", "BROKER_URL", "EMAIL_URL", "SITE_URL")
if SECRET_KEY == environment.DEFAULT_SECRET_KEY or len(SECRET_KEY) < 50:
    raise ImproperlyConfigured(
        "SECRET_KEY is missing, too short (50 characters at least) or the one for local use. Set it in the environment."
    )
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is empty. Set it to the portal's host names in the environment.")

DEBUG = False
ALLOW_EXAMPLE_DATA = False
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS]
SECURE_SSL_REDIRECT = True
ALLAUTH_TRUSTED_PROXY_COUNT = environment.TRUSTED_PROXY_COUNT or 1
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
LANGUAGE_COOKIE_SECURE = True
MFA_REQUIRED_ROLES = ("expert", "secretariat")
