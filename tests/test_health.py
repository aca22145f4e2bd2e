"""`/health/`: ready, or naming what is not, fast and without telling secrets."""

import socket
import time
from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.test import Client

from cooperation_portal import __version__
from cooperation_portal.changes.recording import take_commit_order_lock

READY = {"status": "ok", "database": "ok", "broker": "ok", "changes_lag_ms": 0, "version": __version__}


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nonexistent")
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "very-secret")


@pytest.mark.usefixtures("db")
def test_everything_there_is_200(client: Client) -> None:
    response = client.get("/health/")

    assert response.status_code == 200
    assert response.json() == READY


@pytest.mark.usefixtures("no_database")
def test_no_database_is_503_and_named(client: Client) -> None:
    response = client.get("/health/")

    assert response.status_code == 503
    assert response.json() == READY | {"status": "unavailable", "database": "unavailable", "changes_lag_ms": None}


@pytest.mark.usefixtures("db")
def test_no_broker_is_503_and_named(client: Client, settings) -> None:
    settings.CELERY_BROKER_URL = "redis://:very-secret@127.0.0.1:1/0"

    response = client.get("/health/")

    assert response.status_code == 503
    assert response.json() == READY | {"status": "unavailable", "broker": "unavailable"}


def test_servers_that_hang_are_unavailable_within_seconds(
    client: Client, settings, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{silent_port}/0"
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", silent_port)

    began = time.monotonic()
    response = client.get("/health/")

    assert response.status_code == 503
    unavailable = dict.fromkeys(("status", "database", "broker"), "unavailable")
    assert response.json() == READY | unavailable | {"changes_lag_ms": None}
    assert time.monotonic() - began < 2.5


@pytest.mark.usefixtures("no_database")
def test_a_browser_with_a_session_gets_the_answer_without_a_database(client: Client, settings) -> None:
    settings.MFA_REQUIRED_ROLES = ("expert",)
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32

    assert client.get("/health/").status_code == 503


@pytest.mark.usefixtures("db")
def test_a_load_balancer_may_call_by_address_and_without_tls(client: Client, settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["portal.example"]

    assert client.get("/health/", headers={"host": "10.0.0.7"}).status_code == 200


@pytest.mark.usefixtures("no_database")
def test_the_answer_is_never_cached_and_tells_no_address_or_password(client: Client) -> None:
    response = client.get("/health/")

    assert "no-store" in response["Cache-Control"]
    assert b"secret" not in response.content
    assert b"nonexistent" not in response.content


def test_only_reading_is_allowed(client: Client) -> None:
    assert client.post("/health/").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_a_write_that_hangs_shows_as_lag_of_the_feed(client: Client) -> None:
    with transaction.atomic():
        take_commit_order_lock()
        time.sleep(0.2)
        lag = client.get("/health/").json()["changes_lag_ms"]
    assert 200 <= lag < 10_000
    assert client.get("/health/").json()["changes_lag_ms"] == 0
