"""A client and the portals that it talks to."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clients.portal_client import PortalClient

from .fake import FakePortal


@pytest.fixture
def portal() -> Iterator[FakePortal]:
    fake = FakePortal()
    yield fake
    fake.stop()


@pytest.fixture
def pauses() -> list[float]:
    """Seconds that the client would have waited."""
    return []


@pytest.fixture
def client(portal, pauses) -> PortalClient:
    return PortalClient(portal.url, "n1540_abc_secret", sleep=pauses.append)


def mirrored(path: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """The records of a mirror."""
    with closing(sqlite3.connect(path)) as db:
        return {
            (kind, number): json.loads(text)
            for kind, number, text in db.execute("SELECT type, id, object FROM records")
        }


def ask(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(statement).fetchall()
