"""Settings: every variable is documented, and production starts on nothing that is only for trying."""

import os
import re
import subprocess
import sys

import pytest

from cooperation_portal.local.places import PROJECT, places
from cooperation_portal.settings import environment

COMPLETE = {
    "DJANGO_SETTINGS_MODULE": "cooperation_portal.settings.production",
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ALLOWED_HOSTS": "portal.example",
    "SITE_URL": "https://portal.example",
    "DATABASE_URL": "postgresql://portal:secret@database.example:5433/exchange?sslmode=require",
    "BROKER_URL": "redis://broker.example/0",
    "EMAIL_URL": "smtp+tls://mail.example:587",
}


def production(**changes: str | None) -> subprocess.CompletedProcess[str]:
    """Load production settings in a process of its own; a change to None removes the variable."""
    kept = {name: value for name, value in os.environ.items() if name not in COMPLETE}
    given = {name: value for name, value in (COMPLETE | changes).items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"],
        cwd=PROJECT,
        env=kept | given,
        capture_output=True,
        text=True,
        check=False,
    )


def test_complete_production_settings_load() -> None:
    done = production()

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(set(COMPLETE) - {"DJANGO_SETTINGS_MODULE"}))
def test_production_refuses_to_start_without(name: str) -> None:
    done = production(**{name: None})

    assert "ImproperlyConfigured" in done.stderr
    assert name in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("key", [environment.DEFAULT_SECRET_KEY, "short"])
def test_production_refuses_a_weak_secret_key(key: str) -> None:
    assert "SECRET_KEY" in production(SECRET_KEY=key).stderr.splitlines()[-1]


def test_every_variable_is_documented() -> None:
    source = (PROJECT / "cooperation_portal/settings/environment.py").read_text()
    read = set(re.findall(r"(?:env\.\w+|allowance)\(\s*\"([A-Z_]+)\"", source))
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", (PROJECT / "docs/running.md").read_text(), re.MULTILINE))

    assert len(read) > 10
    assert read == documented


def test_a_database_url_is_taken_with_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", COMPLETE["DATABASE_URL"])

    found = environment.database()

    assert (found["HOST"], found["PORT"], found["USER"]) == ("database.example", 5433, "portal")
    assert found["OPTIONS"]["sslmode"] == "require"
    assert found["CONN_HEALTH_CHECKS"] is True


def test_a_local_address_survives_a_folder_with_special_signs(monkeypatch: pytest.MonkeyPatch, project) -> None:
    where = places("run", project)
    monkeypatch.setenv("DATABASE_URL", where.database_url("portal_x"))

    found = environment.database()

    assert (found["HOST"], found["NAME"], found["USER"]) == (str(where.sockets), "portal_x", "portal")


@pytest.mark.parametrize(
    ("broker", "store"),
    [
        ("redis+socket:///a%20b/valkey.sock?virtual_host=3", "unix:///a%20b/valkey.sock?db=3"),
        ("redis://:secret@host:6379/1", "redis://:secret@host:6379/1"),
        ("rediss://host/0", "rediss://host/0"),
    ],
)
def test_the_store_is_the_brokers(broker: str, store: str) -> None:
    assert environment.store_url_of(broker) == store
