"""Callers of the interface. Every answer that any test here gets is held against the OpenAPI document."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.factories import ApiKeyFactory

from .contract import check_answer

FOR_PEOPLE = ("/api/v1/docs/", "/api/v1/guide/", "/api/v1/portal_client.py", "/api/v1/openapi.json")


@pytest.fixture(autouse=True)
def answers_keep_the_contract(monkeypatch):
    """Check answers below `/api/`, what is for people aside."""
    plain = Client.request

    def request(self: Client, **environ: Any) -> HttpResponse:
        response = plain(self, **environ)
        path = environ["PATH_INFO"]
        if path.startswith("/api/") and path not in FOR_PEOPLE:
            check_answer(environ["REQUEST_METHOD"], path, response)
        return response

    monkeypatch.setattr(Client, "request", request)


class Caller(Client):
    """A partner's system: sends its key and JSON."""

    def __init__(self, key: Any = None) -> None:
        headers = {"Authorization": f"Bearer {key.plain}"} if key else {}
        super().__init__(headers=headers)
        self.key = key

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Send JSON; header names are given with underscores: `If_Match=...`."""
        return self.generic(
            method,
            path,
            b"" if body is None else json.dumps(body),
            content_type="application/json",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def crawl(self, path: str) -> list[dict[str, Any]]:
        """All rows of a list, page after page."""
        rows: list[dict[str, Any]] = []
        following: str | None = path
        while following:
            page = self.get(following).json()
            rows += page["data"]
            following = page["next"]
        return rows


@pytest.fixture
def visitor(db) -> Caller:
    return Caller()


@pytest.fixture
def reader(cicte) -> Caller:
    """CICTE's key that may read."""
    return Caller(ApiKeyFactory(organization=cicte))


@pytest.fixture
def writer(cicte) -> Caller:
    """CICTE's key that may read and write."""
    return Caller(ApiKeyFactory(organization=cicte, scopes=["read", "write"]))


@pytest.fixture
def stranger(db) -> Caller:
    """A key of an organization that has nothing to do with the record under test."""
    return Caller(ApiKeyFactory(organization__acronym="STRANGER", scopes=["read", "write"]))
