"""A key that somebody puts into an address is refused and ends in no log: ours, gunicorn's or nginx's."""

from __future__ import annotations

import io
import logging
import logging.config
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
from django.conf import settings

from cooperation_portal.api.keys import new_key
from cooperation_portal.audit.models import AuditEntry
from tests.factories import ApiKeyFactory

ROOT = Path(settings.BASE_DIR)
BROKEN_APP = """
def application(environ, start_response):
    if environ["PATH_INFO"] == "/broken/":
        raise RuntimeError("broken: " + environ["QUERY_STRING"])
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]
"""


@contextmanager
def our_log() -> Iterator[io.StringIO]:
    """What the portal's own logging writes, by the formatter of the settings."""
    kind, *options = (settings.LOGGING["formatters"]["line"][name] for name in ("()", "format", "style"))
    formatter = logging.config.DictConfigurator({}).configure_formatter(
        {"()": kind, "format": options[0], "style": options[1]}
    )
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    try:
        yield written
    finally:
        logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["q={key}", "key={key}", "limit=1&fields={key}", "{key}", "q=%6E1540_{rest}"])
@pytest.mark.parametrize(
    "path", ["/api/v1/offers/", "/api/v1/", "/api/v1/docs/", "/api/v1/nowhere/", "/api/v1/openapi.json"]
)
def test_a_key_in_the_address_is_refused_without_a_trace(path, query, visitor):
    key = ApiKeyFactory()
    with our_log() as log:
        answer = visitor.get(f"{path}?{query.format(key=key.plain, rest=key.plain.removeprefix('n1540_'))}")
    assert (answer.status_code, answer.json()["type"]) == (400, "/api/v1/problems/key-in-url/")
    secret = key.plain.split("_", 2)[2]
    assert secret not in answer.content.decode()
    assert "Bad Request" in log.getvalue()
    assert secret not in log.getvalue()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("text", ["/api/?key={key}", "%2F?k%3D{key}", "Bearer {key}", "n1540%5F{rest}"])
def test_whatever_writes_a_key_into_our_log_its_secret_is_left_out(text):
    plain = new_key()
    sent = text.format(key=plain, rest=f"{plain.prefix}%5F{plain.secret}")
    with our_log() as log:
        logging.getLogger("somebody.elses").error("Failed: %s", sent)
        try:
            raise ValueError(sent)
        except ValueError:
            logging.getLogger("somebody.elses").exception("Failed")
    assert log.getvalue().count(plain.prefix) >= 2
    assert plain.secret not in log.getvalue()


def test_without_the_formatter_the_secret_would_stand_there():
    """The control of the tests above."""
    written, plain = io.StringIO(), new_key()
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    logging.getLogger("somebody.elses").error("Failed: %s", f"/api/?key={plain}")
    logging.getLogger().removeHandler(handler)
    assert plain.secret in written.getvalue()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def logged_by_gunicorn(tmp_path: Path, *paths: str) -> str:
    """Everything that gunicorn, set up as in production and with its access log on, writes about some requests."""
    (tmp_path / "broken_app.py").write_text(BROKEN_APP)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "deploy" / "gunicorn.conf.py")]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", "1", "--access-logfile", "-", "--log-level", "debug"]
    command += ["--pythonpath", str(tmp_path), "broken_app:application"]
    log = tmp_path / "gunicorn.log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env=os.environ.copy())  # noqa: S603
        try:
            for path in paths:
                _ask(f"http://127.0.0.1:{port}{path}")
        finally:
            server.terminate()
            server.wait(timeout=30)
    return log.read_text(encoding="utf-8")


def _ask(address: str) -> None:
    for _turn in range(100):
        try:
            urlopen(address, timeout=5).close()  # noqa: S310  our own server
        except HTTPError:
            return
        except (URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError("gunicorn did not answer")


def test_gunicorn_writes_paths_without_queries_and_errors_without_secrets(tmp_path):
    plain = new_key()
    written = logged_by_gunicorn(tmp_path, f"/api/v1/offers/?q=needle&key={plain}", f"/broken/?key={plain}")
    assert "Error handling request" in written
    assert plain.prefix in written
    assert plain.secret not in written
    (access,) = [line for line in written.splitlines() if '"GET /api/v1/offers/' in line]
    assert "needle" not in access


def test_nginx_is_told_to_log_no_query():
    """Each server of the example logs in the form that has no query, and no error of a level that repeats it."""
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    servers = text.split("server {")[1:]
    assert all(re.search(r"access_log \S+ portal;", server) for server in servers)
    assert all(re.search(r"error_log \S+ crit;", server) for server in servers)
    (form,) = re.findall(r"log_format portal (.*?);", text, flags=re.S)
    with_query = {"$request", "$request_uri", "$args", "$query_string", "$http_referer"}
    assert not with_query & set(re.findall(r"\$\w+", form))
    assert not re.search(r"\$arg_", form)
