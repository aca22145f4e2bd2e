"""Which `manage.py` commands need which local server, and lending it to them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from .places import DEFAULT_DATABASE, database_name, places
from .services import ensure_services

#: Commands that neither read nor write the database. Any other gets one.
WITHOUT_SERVERS = frozenset(
    {
        "help",
        "version",
        "--help",
        "-h",
        "--version",
        "collectstatic",
        "compilemessages",
        "diffsettings",
        "evaluate_matching",
        "findstatic",
        "makemessages",
        "startapp",
        "startproject",
    }
)


@contextmanager
def servers_for(argv: Sequence[str]) -> Iterator[None]:
    """Run the local servers for a command, and set the addresses that the environment does not give.

    Production settings never get local servers: there a missing address is an error of the settings.
    """
    settings = settings_module(argv)
    command = argv[1] if len(argv) > 1 else "help"
    needs_database = not os.environ.get("DATABASE_URL")
    needs_broker = not os.environ.get("BROKER_URL")
    if (
        command in WITHOUT_SERVERS
        or {"--help", "-h"} & set(argv)
        or settings.endswith(".production")
        or not (needs_database or needs_broker)
    ):
        yield
        return
    with (
        _ended_politely(),
        ensure_services(
            places("test" if settings.endswith(".test") else "run"),
            name=database_name(os.environ.get("DATABASE_NAME", DEFAULT_DATABASE)),
            database=needs_database,
            broker=needs_broker,
        ) as services,
    ):
        given = {"DATABASE_URL": services.database_url} if needs_database else {}
        if needs_broker:
            given["BROKER_URL"] = services.broker_url
        # For child processes too, such as the ones that `runserver` starts again after an edit.
        os.environ.update(given)
        try:
            yield
        finally:
            for name in given:
                os.environ.pop(name, None)


def settings_module(argv: Sequence[str]) -> str:
    """The settings that Django is going to use: the `--settings` argument, else the environment's."""
    for here, following in zip(argv, [*argv[1:], ""], strict=True):
        if here == "--settings":
            return following
        if here.startswith("--settings="):
            return here.partition("=")[2]
    return os.environ.get("DJANGO_SETTINGS_MODULE", "")


@contextmanager
def _ended_politely() -> Iterator[None]:
    """Let `kill` and a closed terminal end the command as Ctrl-C does, so that the servers stop as well."""

    def leave(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
