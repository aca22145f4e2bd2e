"""Processes that outlive the command that started them: finding, telling apart and ending them."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from .places import LocalError


@dataclass(frozen=True)
class Account:
    """The account that servers run as when the portal is run by root."""

    uid: int
    gid: int

    def popen_arguments(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def server_account(data: Path) -> Account | None:
    """None for an ordinary user. For root: the owner of existing data, otherwise `nobody`."""
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def make_private_folder(folder: Path, account: Account | None) -> None:
    """Create a folder that only one account enters; refuse one that somebody else prepared."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid not in {os.geteuid(), account.uid if account else os.geteuid()}:
        raise LocalError(f"{folder} belongs to another user. Remove it, or run the portal as that user.")
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.uid, account.gid)


def run_as(account: Account | None, command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a short command as the servers' account and return its output."""
    extra = account.popen_arguments() if account else {}
    return subprocess.run(  # noqa: S603 (fixed programs from wheels)
        [str(part) for part in command],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        **extra,
    )


class Server(subprocess.Popen[bytes]):
    """A process that is meant to outlive this one, and that is therefore no leak when this object goes."""

    def __del__(self) -> None:
        self.poll()


def start_server(account: Account | None, command: list[str | Path], output: IO[bytes]) -> Server:
    """Start a server that neither Ctrl-C in this terminal nor the end of this command stops."""
    extra = account.popen_arguments() if account else {}
    return Server(
        [str(part) for part in command],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **extra,
    )


def is_alive(pid: int) -> bool:
    """Whether the process runs. One that ended but was not yet collected by its parent does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return not _ps(pid, "stat").startswith("Z")


def command_of(pid: int) -> str:
    """The command line of a process, empty when there is none."""
    return _ps(pid, "args")


def identity_of(pid: int) -> str:
    """Tells a process from a later one that got the same number; empty when there is none."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[19]  # start time in clock ticks since boot
    except (OSError, IndexError):
        return _ps(pid, "lstart")


def end(pid: int, *, how: tuple[tuple[signal.Signals, float], ...], group: bool = False) -> bool:
    """Send each signal in turn and wait its seconds; True once the process is gone."""
    for number, seconds in how:
        try:
            os.killpg(pid, number) if group else os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            return not is_alive(pid)
        if wait_until(lambda: not is_alive(pid), seconds):
            return True
    return not is_alive(pid)


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Ask again and again until the condition holds or the time is over; whether it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def last_lines(file: Path, count: int = 15, *, since: int = 0) -> str:
    """The end of a log, for a message; nothing of what was written before the byte `since`."""
    try:
        with file.open("rb") as log:
            log.seek(max(since, file.stat().st_size - 20_000))
            text = log.read().decode(errors="replace")
    except FileNotFoundError:
        return "(no log)"
    return "\n".join(text.splitlines()[-count:])


def open_log(file: Path, limit: int = 5_000_000) -> IO[bytes]:
    """Open a log to append to; one that has grown past the limit (bytes) is put aside as `.1` first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and file.stat().st_size > limit:
        file.replace(file.with_name(f"{file.name}.1"))
    return file.open("ab")


def _ps(pid: int, column: str) -> str:
    """One column of `ps` for one process. Linux answers from /proc, which needs no `ps` to be installed."""
    folder = Path(f"/proc/{pid}")
    try:
        if column == "args" and folder.exists():
            return folder.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        if column == "stat" and folder.exists():
            return folder.joinpath("stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""
    if Path("/proc/self").exists():
        return ""
    done = subprocess.run(  # noqa: S603
        ["/bin/ps", "-ww", "-o", f"{column}=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
