"""`GET /health/`: whether this process can reach what it needs, for load balancers and for `make run`.

It asks with connections of its own, short-lived and time-limited, so that a hanging server makes the answer
"unavailable" and not late, and so that a full connection pool shows.
"""

from __future__ import annotations

import logging
import select
import time
from collections.abc import Callable
from typing import Any

import psycopg2
import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from psycopg2 import extensions
from redis.backoff import NoBackoff
from redis.retry import Retry

from . import __version__
from .changes.lag import LAG_STATEMENT
from .settings.environment import store_url_of

logger = logging.getLogger(__name__)

#: Seconds each of the two servers has to answer.
PATIENCE = 1.0


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 when database and broker answer, else 503, each of them "ok" or "unavailable".

    `changes_lag_ms` says for how long the oldest write under way has held up the change feed: milliseconds, 0 when
    everything committed can be read; null when the database does not answer.
    """
    lag = feed_lag()
    checks = {"database": lag is not None, "broker": broker_answers()}
    status = {"status": _word(all(checks.values())), **{name: _word(ok) for name, ok in checks.items()}}
    told = status | {"changes_lag_ms": lag, "version": __version__}
    return JsonResponse(told, status=200 if all(checks.values()) else 503)


class HealthMiddleware:
    """Answers `/health/` before sessions, host names and redirects matter.

    Placed first: the page must answer with the database away, even to a browser that sends a session cookie,
    and to a load balancer that calls by address and without TLS.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return health(request) if request.path_info == reverse("health") else self.get_response(request)


def database_answers() -> bool:
    """Whether the database takes a new connection and answers a query in time."""
    return feed_lag() is not None


def feed_lag() -> int | None:
    """Milliseconds by which the change feed lags; None where the database does not take a connection and answer."""
    deadline = time.monotonic() + PATIENCE
    session = None
    try:
        session = psycopg2.connect(**_connection_parameters(), async_=True)
        _wait(session, deadline)
        cursor = session.cursor()
        cursor.execute(LAG_STATEMENT)
        _wait(session, deadline)
        return int(cursor.fetchone()[0])
    except (psycopg2.Error, TimeoutError) as error:
        logger.warning("health: database unavailable: %s", type(error).__name__)
        return None
    finally:
        if session is not None:
            session.close()


def broker_answers() -> bool:
    """Whether the broker answers in time."""
    store = redis.Redis.from_url(
        store_url_of(settings.CELERY_BROKER_URL),
        socket_connect_timeout=PATIENCE / 2,
        socket_timeout=PATIENCE / 2,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        return bool(store.ping())
    except (redis.RedisError, OSError) as error:
        logger.warning("health: broker unavailable: %s", type(error).__name__)
        return False
    finally:
        store.close()


def _connection_parameters() -> dict[str, Any]:
    """What Django connects with, less what only Django's own connections understand."""
    parameters = connection.get_connection_params()
    return {name: value for name, value in parameters.items() if name not in {"cursor_factory", "context"}}


def _wait(session: extensions.connection, deadline: float) -> None:
    """Let an asynchronous connection or query finish. Raises `TimeoutError` when it does not in time."""
    while (state := session.poll()) != extensions.POLL_OK:
        sockets = [session.fileno()]
        readable, writable = (sockets, []) if state == extensions.POLL_READ else ([], sockets)
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not any(select.select(readable, writable, [], remaining)):
            raise TimeoutError


def _word(ok: bool) -> str:
    return "ok" if ok else "unavailable"
