"""The whole of `make run` once: from an empty database to a page in the browser, and back to nothing."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import sql

from cooperation_portal.local.places import PROJECT, places
from cooperation_portal.local.processes import is_alive, wait_until
from cooperation_portal.local.run import ACCOUNTS, PASSWORD

pytestmark = pytest.mark.worker

NAME = "portal_of_the_whole_run"


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Addresses on the servers of the tests, so that a running portal of this folder is not disturbed."""
    where = places("test")
    url = os.environ.get("DATABASE_URL") or where.database_url(NAME)
    server = psycopg2.connect(url, dbname="postgres")
    server.autocommit = True
    database = sql.Identifier(NAME)
    with server.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(database))
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(database))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    yield os.environ | {
        "DJANGO_SETTINGS_MODULE": "cooperation_portal.settings.local",
        "DATABASE_NAME": NAME,
        "DATABASE_URL": psycopg2.extensions.make_dsn(url, dbname=NAME) if "DATABASE_URL" in os.environ else url,
        "BROKER_URL": os.environ.get("BROKER_URL") or where.broker_url(NAME),
        "STATIC_ROOT": str(tmp_path / "static"),
        "MEDIA_ROOT": str(tmp_path / "media"),
        "PORT": str(port),
    }
    with server.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))
    server.close()


def get(port: str, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)
    connection.request("GET", path)
    return connection.getresponse()


def test_run_serves_the_portal_and_leaves_nothing_behind(environment: dict[str, str], tmp_path: Path) -> None:
    output = tmp_path / "terminal"
    note = places("run").base / f"{NAME}.children.json"
    with output.open("wb") as terminal:
        run = subprocess.Popen(
            [sys.executable, "-m", "cooperation_portal.local.run"],
            cwd=PROJECT,
            env=environment,
            stdout=terminal,
            stderr=subprocess.STDOUT,
        )
    try:
        assert wait_until(lambda: "Stop: Ctrl-C" in output.read_text() or run.poll() is not None, 120, pause=0.2)
        shown = output.read_text()
        assert run.poll() is None, shown
        assert f"http://127.0.0.1:{environment['PORT']}/" in shown
        assert all(address in shown for address, _role in ACCOUNTS)
        assert PASSWORD in shown
        for path in ("/", "/health/", "/accounts/login/"):
            assert get(environment["PORT"], path).status == 200
        children = [pid for pid, _identity in json.loads(note.read_text())]
        assert len(children) == 3
        assert all(is_alive(pid) for pid in children)
    finally:
        run.send_signal(signal.SIGINT)
        run.wait(timeout=20)

    assert run.returncode == 0
    assert not any(is_alive(pid) for pid in children)
    assert not note.exists()
    assert output.read_text().endswith("Stopping ...\nStopped.\n")
    with pytest.raises(ConnectionRefusedError):
        get(environment["PORT"], "/health/")
