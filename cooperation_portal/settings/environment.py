"""What the site reads from its environment, here and nowhere else; docs/running.md lists all of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import environ
from django.core.exceptions import ImproperlyConfigured

from cooperation_portal.local.places import DEFAULT_DATABASE, database_name, local_folder, places

env = environ.Env()

#: Known to everyone, therefore refused by production settings.
DEFAULT_SECRET_KEY = "local-use-only-this-key-is-public-and-production-refuses-it"  # noqa: S105

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default=DEFAULT_SECRET_KEY)
#: Former keys: links, sessions and webhooks' secrets made with them stay good until they are taken out.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])

PORT = env.int("PORT", default=8000)
#: Where people reach the portal, without a slash at the end: links in mail and API answers start with it.
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")

#: Proxies in front of the portal that set X-Forwarded-For; production has at least one.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

#: Empty means: the project's own folder `.local/`.
STATIC_ROOT = env.str("STATIC_ROOT", default="")
MEDIA_ROOT = env.str("MEDIA_ROOT", default="")
SNAPSHOT_ROOT = env.str("SNAPSHOT_ROOT", default="")

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="1540 Cooperation Network <portal@localhost>")

#: Working days (Monday to Friday) in which members may object before a request goes to providers or to the public.
OBJECTION_WINDOW_WORKING_DAYS = env.int("OBJECTION_WINDOW_WORKING_DAYS", default=5)
#: Days after receipt on which the requester is asked whether the need has been met.
FOLLOW_UP_AFTER_DAYS = env.int("FOLLOW_UP_AFTER_DAYS", default=365)
#: Months that one matching brief covers, counted from January. It divides the year, so that every year has the same.
MATCHING_BRIEF_MONTHS = env.int("MATCHING_BRIEF_MONTHS", default=2)
if MATCHING_BRIEF_MONTHS not in (1, 2, 3, 4, 6, 12):
    raise ImproperlyConfigured("MATCHING_BRIEF_MONTHS is 1, 2, 3, 4, 6 or 12.")


def allowance(name: str, default: str) -> tuple[int, int]:
    """Requests, and the seconds in which so many are allowed, written as `3000/600`."""
    try:
        quota, window = (int(part) for part in env.str(name, default=default).split("/"))
    except ValueError:
        quota = window = 0
    if quota < 1 or window < 1:
        raise ImproperlyConfigured(f"{name} is two whole numbers, requests and seconds: {default}.")
    return quota, window


#: What partner systems may ask of the API; a sync of 100,000 records takes some 500 requests.
API_LIMITS = {
    "key": allowance("API_LIMIT_KEY", "3000/600"),
    "organization": allowance("API_LIMIT_ORGANIZATION", "6000/600"),
    "address": allowance("API_LIMIT_ADDRESS", "1200/600"),
}

#: Networks such as 127.0.0.0/8 that webhooks may call although they are not public.
WEBHOOK_ALLOWED_NETWORKS = env.list("WEBHOOK_ALLOWED_NETWORKS", default=[])

DATABASE_NAME = database_name(env.str("DATABASE_NAME", default=DEFAULT_DATABASE))
#: The servers of `cooperation_portal.local`; the test settings use a pair of their own.
_local = places("test" if env.str("DJANGO_SETTINGS_MODULE", default="").endswith(".test") else "run")

BROKER_URL = env.str("BROKER_URL", default=_local.broker_url(DATABASE_NAME))


def database() -> dict[str, Any]:
    """`DATABASES["default"]` from DATABASE_URL; without it, the local server and DATABASE_NAME.

    Seconds a connection is kept (`conn_max_age`) and libpq options (`sslmode`, `connect_timeout`) may stand
    in the URL's query.
    """
    config = dict(env.db_url("DATABASE_URL", default=_local.database_url(DATABASE_NAME)))
    # A connection that a firewall has forgotten is noticed within two minutes.
    kept = {"keepalives_idle": 60, "keepalives_interval": 15, "keepalives_count": 4}
    options = {"connect_timeout": 3, **kept, **config.get("OPTIONS", {})}
    # A unix socket folder as libpq writes it: Django's own tools expect it under HOST.
    if not config.get("HOST") and "host" in options:
        config["HOST"] = options.pop("host")
    return {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        **config,
        "ENGINE": "cooperation_portal.postgres",
        "OPTIONS": options,
    }


def store_url() -> str:
    """BROKER_URL as redis-py writes it, for what else is kept in the broker's store (rate limits)."""
    return store_url_of(BROKER_URL)


def store_url_of(broker_url: str) -> str:
    """A kombu URL (`redis+socket:///path?virtual_host=0`) in redis-py's form (`unix:///path?db=0`)."""
    scheme, _, rest = broker_url.partition("://")
    if scheme != "redis+socket":
        return broker_url
    return f"unix://{rest.replace('virtual_host=', 'db=')}"


def email() -> dict[str, Any]:
    """Mail settings from EMAIL_URL (`smtp+tls://user:password@host:587`); without it mail becomes files."""
    folder = local_folder() / "mail"
    config = env.email_url("EMAIL_URL", default=f"filemail:///{quote(str(folder))}")
    return {"EMAIL_TIMEOUT": 10, **{key: value for key, value in config.items() if value not in (None, "")}}


def require(*names: str) -> None:
    """Raise `ImproperlyConfigured` naming the variables that are not set, for settings without defaults."""
    missing = [name for name in names if not env.str(name, default="")]
    if missing:
        raise ImproperlyConfigured(f"Set in the environment: {', '.join(missing)}.")
