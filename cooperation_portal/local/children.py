"""The processes that `make run` looks after: starting, watching and ending them, also after a crash."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .places import PROJECT
from .processes import end, identity_of, is_alive, open_log, wait_until

#: Lines of a log that a person at the terminal should see at once.
PROBLEM = re.compile(r"\b(ERROR|CRITICAL)\b|\"level\": ?\"(error|critical)\"")
#: Lines shown at a time: a database that is away makes some parts very talkative.
PROBLEMS_SHOWN = 3

#: How each child is asked to end, and how long it may take, in seconds. Celery takes SIGTERM as "finish what
#: you do" and SIGQUIT as "leave it": an unfinished task is delivered again at the next start.
ENDING = ((signal.SIGTERM, 4.0), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 2.0))


@dataclass
class Child:
    """One long-running process with a log of its own."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    _read_to: int = field(default=0, repr=False)

    def start(self, environment: Mapping[str, str]) -> None:
        with open_log(self.log) as output:
            self._read_to = output.tell()
            self.process = subprocess.Popen(  # noqa: S603 (fixed programs of this project)
                self.command,
                cwd=PROJECT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C goes to every process of a terminal; the children are to end in order instead.
                start_new_session=True,
            )

    @property
    def exit_code(self) -> int | None:
        return None if self.process is None else self.process.poll()

    def problems(self) -> list[str]:
        """Lines that tell of trouble and that were written since the last call."""
        with self.log.open("rb") as log:
            log.seek(self._read_to)
            text, newline, _unfinished = log.read().rpartition(b"\n")
        self._read_to += len(text) + len(newline)
        found = [line for line in text.decode(errors="replace").splitlines() if PROBLEM.search(line)]
        more = len(found) - PROBLEMS_SHOWN
        return found if more <= 0 else [*found[:PROBLEMS_SHOWN], f"... and {more} more, see {self.log}"]


def end_all(children: Iterable[Child]) -> None:
    """End all at the same time, politely first; afterwards nothing of them is left."""
    processes = [child.process for child in children if child.process is not None]
    for number, seconds in ENDING:
        running = [process for process in processes if process.poll() is None]
        for process in running:
            process.send_signal(number)
        if wait_until(lambda: all(process.poll() is not None for process in processes), seconds):
            break
    for process in processes:  # what a killed parent left behind
        end(process.pid, how=((signal.SIGKILL, 0.0),), group=True)


def remember(children: Iterable[Child], file: Path) -> None:
    """Note which processes run, so that the next start finds them if this program is killed."""
    running = [child.process.pid for child in children if child.process is not None]
    file.write_text(json.dumps([[pid, identity_of(pid)] for pid in running]))


def end_forgotten(file: Path) -> None:
    """End what a killed run left behind. A stranger with the same number is left alone."""
    try:
        noted = json.loads(file.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return
    for pid, identity in noted:
        if is_alive(pid) and identity_of(pid) == identity:
            end(pid, how=ENDING, group=True)
    file.unlink()
