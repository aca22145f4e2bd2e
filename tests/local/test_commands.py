"""`manage.py` lends local servers to commands that need them, and to no other."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cooperation_portal.local import commands
from cooperation_portal.local.places import PROJECT, LocalError, Places
from cooperation_portal.local.services import Services

PRODUCTION = "cooperation_portal.settings.production"
TEST = "cooperation_portal.settings.test"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was asked of `ensure_services`, which starts nothing here."""
    asked: list[dict[str, Any]] = []

    @contextmanager
    def record(where: Places, **wanted: Any) -> Iterator[Services]:
        asked.append({"base": where.base.name, **wanted})
        yield Services("postgresql://local", "redis+socket://local", where)

    monkeypatch.setattr(commands, "ensure_services", record)
    for variable in ("DATABASE_URL", "BROKER_URL", "DATABASE_NAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "cooperation_portal.settings.local")
    return asked


def addresses(argv: Sequence[str]) -> tuple[str | None, str | None]:
    with commands.servers_for(["manage.py", *argv]):
        return os.environ.get("DATABASE_URL"), os.environ.get("BROKER_URL")


def test_a_command_gets_both_servers_and_their_addresses(started: list, monkeypatch) -> None:
    monkeypatch.setenv("DATABASE_NAME", "portal_x")

    assert addresses(["migrate"]) == ("postgresql://local", "redis+socket://local")
    assert started == [{"base": "run", "name": "portal_x", "database": True, "broker": True}]


def test_the_addresses_are_gone_with_the_servers(started: list) -> None:
    addresses(["migrate"])

    assert "DATABASE_URL" not in os.environ
    assert "BROKER_URL" not in os.environ


@pytest.mark.parametrize(
    "argv", [[], ["help"], ["--version"], ["collectstatic", "--noinput"], ["makemessages"], ["migrate", "--help"]]
)
def test_a_command_without_data_starts_nothing(started: list, argv: list[str]) -> None:
    assert addresses(argv) == (None, None)
    assert started == []


def test_a_server_named_in_the_environment_is_used(started: list, monkeypatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/portal")

    assert addresses(["migrate"]) == ("postgresql://elsewhere/portal", "redis+socket://local")
    assert started == [{"base": "run", "name": "portal", "database": False, "broker": True}]

    monkeypatch.setenv("BROKER_URL", "redis://elsewhere/0")
    assert addresses(["migrate"])[1] == "redis://elsewhere/0"
    assert len(started) == 1


@pytest.mark.parametrize("argv", [["migrate", "--settings", PRODUCTION], ["migrate", f"--settings={PRODUCTION}"]])
def test_production_never_gets_local_servers(started: list, monkeypatch, argv: list[str]) -> None:
    assert addresses(argv) == (None, None)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", PRODUCTION)
    assert addresses(["migrate"]) == (None, None)
    assert started == []


def test_test_settings_have_servers_of_their_own(started: list) -> None:
    addresses(["check", f"--settings={TEST}"])

    assert started[0]["base"] == "test"


def test_an_unusable_database_name_is_refused(started: list, monkeypatch) -> None:
    monkeypatch.setenv("DATABASE_NAME", "Portal; DROP")

    with pytest.raises(LocalError, match="lower-case letters"):
        addresses(["migrate"])
    assert started == []


def test_manage_py_runs_a_command_on_the_local_database() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")}
    program = "from django.db import connection as c; c.ensure_connection(); print(c.settings_dict['NAME'])"
    done = subprocess.run(  # noqa: S603 (this very Python)
        [sys.executable, "manage.py", "shell", "--no-imports", "--command", program],
        env=environment | {"DATABASE_NAME": "portal_of_a_test", "DJANGO_SETTINGS_MODULE": TEST},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "portal_of_a_test"


def test_environment_is_read_in_one_place() -> None:
    """The local servers come before settings; everything else asks `settings/environment.py`."""
    environment = "cooperation_portal/settings/environment.py"
    # These three only say which settings to load when the environment does not.
    entry_points = {f"cooperation_portal/{name}.py" for name in ("asgi", "celery", "wsgi")}
    packages = ("cooperation_portal", "organizations", "assistance", "meetings")
    readers = {
        str(file.relative_to(PROJECT))
        for package in packages
        for file in (PROJECT / package).rglob("*.py")
        if any(word in file.read_text() for word in ("os.environ", "os.getenv", "import environ\n"))
    }

    elsewhere = {file for file in readers if Path(file).parts[:2] != ("cooperation_portal", "local")}
    assert elsewhere == {environment} | entry_points
