"""Lends the test run a PostgreSQL and a Valkey of its own, unless the environment names other servers."""

import os
from contextlib import ExitStack

import pytest

from cooperation_portal.local.places import DEFAULT_DATABASE, LocalError, places
from cooperation_portal.local.services import ensure_services

_servers = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers of the test settings; every xdist worker shares them."""
    servers = config.stash[_servers] = ExitStack()
    database, broker = not os.environ.get("DATABASE_URL"), not os.environ.get("BROKER_URL")
    if not (database or broker):
        return
    name = os.environ.get("DATABASE_NAME", DEFAULT_DATABASE)
    try:
        servers.enter_context(ensure_services(places("test"), name=name, database=database, broker=broker))
    except LocalError as error:
        pytest.exit(str(error), returncode=1)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers if this was the last test run that used them."""
    if _servers in config.stash:
        config.stash[_servers].close()
