"""`make run`: everything the portal needs, on one machine, until Ctrl-C.

Starts the local servers that the environment does not name, prepares the database, starts web, worker and
beat, waits for `/health/`, then watches. When one part fails, the rest is stopped and the reason is shown.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

from .children import Child, end_all, end_forgotten, remember
from .places import DEFAULT_DATABASE, LocalError, Places, database_name, local_folder, log_folder, places
from .processes import last_lines
from .services import Services, ensure_services, prepare_base, try_lock

HOST = "127.0.0.1"
START_SECONDS = 120.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

PASSWORD = "example-only-1540"  # noqa: S105 (of the example accounts, which production settings refuse)
ACCOUNTS = (
    ("editor@cicte.example", "editor of CICTE"),
    ("focal@cicte.example", "focal point of CICTE"),
    ("focal@peru.example", "State focal point of Peru"),
    ("expert@committee.example", "expert of the Committee's group of experts"),
    ("observer@committee.example", "Committee member, reads only"),
    ("secretariat@committee.example", "administrator"),
)


def main() -> int:
    """Run until a signal comes or a part fails; the exit code of `make run`."""
    began = time.monotonic()
    try:
        with _signals(), ExitStack() as stack:
            port = port_number(os.environ.get("PORT", "8000"))
            name = database_name(os.environ.get("DATABASE_NAME", DEFAULT_DATABASE))
            where = places("run")
            prepare_base(where)
            lock = stack.enter_context(only_run(where, name))
            forgotten = where.base / f"{name}.children.json"
            end_forgotten(forgotten)
            require_free(port)
            lock.write(json.dumps({"port": port, "pid": os.getpid()}).encode())
            lock.flush()
            environment = _environment(port)
            services = _start_servers(where, name, environment, stack)
            children = _children(log_folder(name), port)
            stack.callback(forgotten.unlink, missing_ok=True)
            stack.callback(end_all, children)
            stack.callback(_say, "Stopping ...")
            stack.callback(_ignore_signals)
            _prepare(environment, log_folder(name), stack)
            for child in children:
                child.start(environment)
                remember(children, forgotten)
            _wait_until_healthy(children, port)
            _welcome(port, log_folder(name), time.monotonic() - began)
            _watch(children, services)
    except LocalError as error:
        _say(f"\n{error}")
        return 1
    except _Stopped:
        _say("Stopped.")
    return 0


class _Stopped(BaseException):
    """Ctrl-C, `kill` or a closed terminal."""


@contextmanager
def _signals() -> Iterator[None]:
    """Turn the first of these signals into `_Stopped`; more of them are ignored while all is ended."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        _ignore_signals()
        raise _Stopped

    for number in SIGNALS:
        signal.signal(number, stop)
    yield


def _ignore_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def port_number(text: str) -> int:
    """The number, if an ordinary user may serve on it."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise LocalError(f"PORT={text} is not a port. Choose a number from 1024 to 65535: make run PORT=8001")
    return int(text)


def require_free(port: int) -> None:
    """Raise `LocalError` when another program serves on the port."""
    with socket.socket() as probe:
        # As gunicorn does: connections of the last run that still fade out do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError as error:
            raise LocalError(f"Port {port} needs root. Choose another: make run PORT=8001") from error
        except OSError as error:
            free = port + 1 if port < 65535 else 8001
            raise LocalError(
                f"Port {port} is in use by another program. Choose another: make run PORT={free}"
            ) from error


@contextmanager
def only_run(where: Places, name: str) -> Iterator[IO[bytes]]:
    """Hold the lock of a running portal. Raises `LocalError` saying where the other one is."""
    with (where.base / f"{name}.run.lock").open("a+b") as lock:
        if not try_lock(lock):
            lock.seek(0)
            text = lock.read() or b"{}"
            port = json.loads(text).get("port", "?")
            raise LocalError(
                f"The portal already runs from this folder, at http://{HOST}:{port}/. "
                "Stop it first, with Ctrl-C where it was started."
            )
        lock.truncate(0)
        yield lock


def _environment(port: int) -> dict[str, str]:
    """The environment of all parts, less the addresses of local servers."""
    return {
        "DJANGO_SETTINGS_MODULE": "cooperation_portal.settings.local",
        "SITE_URL": f"http://{HOST}:{port}",
        **os.environ,
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }


def _start_servers(where: Places, name: str, environment: dict[str, str], stack: ExitStack) -> Services | None:
    """Start the servers that the environment does not name, and put their addresses into it."""
    database, broker = not environment.get("DATABASE_URL"), not environment.get("BROKER_URL")
    if not (database or broker):
        return None
    _say("Starting the local servers ...")
    services = stack.enter_context(ensure_services(where, name=name, database=database, broker=broker))
    if database:
        environment["DATABASE_URL"] = services.database_url
    if broker:
        environment["BROKER_URL"] = services.broker_url
    return services


def _prepare(environment: dict[str, str], logs: Path, stack: ExitStack) -> None:
    """Run `prepare` and show its steps. Raises `LocalError` with the end of its log."""
    (local_folder() / "mail").mkdir(exist_ok=True)
    step = Child("prepare", [sys.executable, "-m", "cooperation_portal.local.prepare"], logs / "prepare.log")
    step.log.unlink(missing_ok=True)
    stack.callback(end_all, [step])
    step.start(environment)
    shown = 0
    while True:
        ended = step.exit_code is not None
        lines = step.log.read_text(errors="replace").splitlines()
        for line in lines[shown:]:
            if line.endswith(" ..."):
                _say(line)
        shown = len(lines)
        if ended:
            break
        time.sleep(0.05)
    if step.exit_code != 0:
        raise LocalError(f"The portal could not be prepared:\n{last_lines(step.log)}")


def _children(logs: Path, port: int) -> list[Child]:
    """Web, worker and beat, with their logs."""
    python = [sys.executable, "-m"]
    web = ["gunicorn", "cooperation_portal.wsgi:application", "--bind", f"{HOST}:{port}", "--workers", "2"]
    celery = ["celery", "--app", "cooperation_portal"]
    worker = ["worker", "--loglevel", "INFO", "--concurrency", "2", "--without-gossip", "--without-mingle"]
    beat = ["beat", "--loglevel", "INFO", "--pidfile", ""]
    return [
        Child("web", [*python, *web, "--no-control-socket", "--graceful-timeout", "3"], logs / "web.log"),
        Child("worker", [*python, *celery, *worker], logs / "worker.log"),
        Child("beat", [*python, *celery, *beat], logs / "beat.log"),
    ]


def _wait_until_healthy(children: list[Child], port: int) -> None:
    """Wait for `/health/` to answer 200. Raises `LocalError` saying what is missing."""
    deadline = time.monotonic() + START_SECONDS
    answer = "no answer"
    while time.monotonic() < deadline:
        _require_running(children)
        status, answer = _health(port)
        if status == http.HTTPStatus.OK:
            return
        time.sleep(0.1)
    raise LocalError(f"The portal did not become ready. /health/: {answer}\n{last_lines(children[0].log)}")


def _health(port: int) -> tuple[int, str]:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/health/")
        response = connection.getresponse()
        return response.status, f"{response.status} {response.read(500).decode(errors='replace')}"
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()


def _require_running(children: list[Child]) -> None:
    for child in children:
        if child.exit_code is not None:
            raise LocalError(
                f"The {child.name} process ended with code {child.exit_code}. "
                f"The end of {child.log}:\n{last_lines(child.log)}"
            )


def _watch(children: list[Child], services: Services | None) -> None:
    """Show problems as they are logged, and start servers that died, until a part ends or a signal comes."""
    while True:
        for name in services.restart_stopped() if services else []:
            _say(f"{name} had stopped and was started again.")
        for child in children:
            for line in child.problems():
                _say(f"{child.name}: {line[:300]}")
        _require_running(children)
        time.sleep(0.3)


def _welcome(port: int, logs: Path, seconds: float) -> None:
    accounts = "\n".join(f"    {address:<31} {role}" for address, role in ACCOUNTS)
    _say(
        f"\nThe portal runs at  http://{HOST}:{port}/   (ready after {seconds:.0f} s)\n\n"
        f"Sign in with one of the example accounts, password {PASSWORD}\n{accounts}\n\n"
        f"The administration is at http://{HOST}:{port}/admin/, the API at http://{HOST}:{port}/api/v1/\n"
        f"Logs: {_shown(logs)}   Mail: {_shown(local_folder() / 'mail')}   Stop: Ctrl-C\n"
    )


def _shown(path: Path) -> str:
    return f"{os.path.relpath(path)}/"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
