"""Starting the local servers for whoever needs them, and stopping them after the last one.

Everyone who uses the servers holds a shared lock on one file for as long. The operating system gives such a
lock back even when a process is killed, so there is no count that can go wrong: whoever leaves and then gets
the lock alone was the last, and stops the servers.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from . import postgres, valkey
from .places import DEFAULT_DATABASE, LocalError, Places, places


@dataclass(frozen=True)
class Services:
    """Addresses to hand to Django, as DATABASE_URL and BROKER_URL."""

    database_url: str
    broker_url: str
    where: Places
    database: bool = True
    broker: bool = True

    def restart_stopped(self) -> list[str]:
        """Start again what has died meanwhile; the names of what had."""
        servers = {"PostgreSQL": (postgres, self.database), "Valkey": (valkey, self.broker)}
        dead = [name for name, (server, used) in servers.items() if used and not server.is_running(self.where)]
        for name in dead:
            with control(self.where):
                servers[name][0].start(self.where)
        return dead


@contextmanager
def ensure_services(
    where: Places | None = None,
    *,
    name: str = DEFAULT_DATABASE,
    database: bool = True,
    broker: bool = True,
) -> Iterator[Services]:
    """Run PostgreSQL and Valkey while the block runs, or use those that already do.

    The database `name` is created when there is none. Raises `LocalError` when a server cannot be used.
    """
    where = where or places("run")
    prepare_base(where)
    users = _open(where, "users.lock")
    try:
        with control(where):
            fcntl.flock(users, fcntl.LOCK_SH)
            if database:
                postgres.start(where)
                postgres.create_database(where, name)
            if broker:
                valkey.start(where)
        yield Services(where.database_url(name), where.broker_url(name), where, database, broker)
    finally:
        with control(where):
            fcntl.flock(users, fcntl.LOCK_UN)
            if try_lock(users):
                stop_servers(where)
        users.close()


def stop_servers(where: Places) -> None:
    """Stop both. Call it under the control lock, and only when nobody uses them."""
    try:
        valkey.stop(where)
    finally:
        postgres.stop(where)


@contextmanager
def control(where: Places) -> Iterator[None]:
    """Held while servers start or stop: nobody else starts or stops them meanwhile."""
    with _open(where, "control.lock") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def alone(where: Places) -> Iterator[None]:
    """Held while data is dropped. Raises `LocalError` when anyone uses the servers."""
    prepare_base(where)
    with control(where), _open(where, "users.lock") as users:
        if not try_lock(users):
            raise LocalError("The local database is in use. Stop `make run` and other commands first.")
        yield


def try_lock(file: IO[bytes]) -> bool:
    """Take a lock that excludes all others, unless somebody has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def prepare_base(where: Places) -> None:
    """Create the folder that holds the servers' folders; for root, let the servers' account pass through."""
    try:
        where.base.mkdir(parents=True, exist_ok=True)
        for folder in (where.base, where.base.parent):
            _refuse_foreign(folder)
            if os.geteuid() == 0:
                folder.chmod(0o755)
    except PermissionError as error:
        raise LocalError(_foreign(where.base)) from error


def _refuse_foreign(folder: Path) -> None:
    if os.geteuid() not in {0, folder.stat().st_uid} or folder.is_symlink():
        raise LocalError(_foreign(folder))


def _foreign(folder: Path) -> str:
    return f"{folder} belongs to another user. Run the portal as that user, or remove the folder."


def _open(where: Places, name: str) -> IO[bytes]:
    return (where.base / name).open("ab")
