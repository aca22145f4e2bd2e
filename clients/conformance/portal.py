"""Asking a portal, with and without a key, and saying what is wrong with an answer."""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..portal_client import LONGEST_RETRY_AFTER, Answer, PortalClient

JsonObject = dict[str, Any]
#: Lists are read to this many pages; a mirror of everything is not what is checked here.
MOST_PAGES = 25
PROBLEM = "application/problem+json"
RESOURCES = {
    "states": "state",
    "organizations": "organization",
    "contacts": "contact",
    "areas": "area",
    "assistance-types": "assistance_type",
    "resolution-paragraphs": "resolution_paragraph",
    "offers": "offer",
    "requests": "request",
    "matches": "match",
    "projects": "project",
    "meetings": "meeting",
    "notes": "note",
    "documents": "document",
    "information-sheets": "information_sheet",
}


class Broken(Exception):
    """The portal does not keep this point; the text says what was seen."""


class CannotTell(Exception):
    """This point cannot be checked here; the text says why."""


def expect(holds: object, seen: str) -> None:
    """Say what was seen where something does not hold."""
    if not holds:
        raise Broken(seen)


@dataclass
class Portal:
    """One portal under test. `caller` has the key, if there is one; `visitor` never has."""

    caller: PortalClient
    visitor: PortalClient
    may_write: bool = False
    may_snapshot: bool = False
    answers: list[tuple[str, Answer]] = field(default_factory=list)

    @property
    def has_key(self) -> bool:
        return self.caller.has_key

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: Any = None,
        visitor: bool = False,
        **headers: str,
    ) -> Answer:
        """One request; `path` as below `/api/v1/`, with its query. Header names are given with underscores.

        Waits where the portal says that it was asked too often.
        """
        client = self.visitor if visitor else self.caller
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = client.send(method, self.url(path), body, sent)
        if answer.status == 429 and "RateLimit" in answer.headers:
            time.sleep(min(float(answer.headers.get("Retry-After", "1")), LONGEST_RETRY_AFTER))
            answer = client.send(method, self.url(path), body, sent)
        self.answers.append((path, answer))
        return answer

    def url(self, path: str) -> str:
        if "://" in path:
            return self.caller.url(path)
        place, _, query = path.partition("?")
        if place and not place.endswith((".json", "/")):
            place += "/"
        return f"{self.caller.origin}{self.caller.root}/{place}" + (f"?{query}" if query else "")

    def read(self, path: str, *, visitor: bool = False, **headers: str) -> JsonObject:
        """The object that an address answers with 200."""
        answer = self.ask(path, visitor=visitor, **headers)
        expect(answer.status == 200, f"GET {path} answered {answer.status}")
        found = body_of(answer, path)
        expect(isinstance(found, dict), f"GET {path} is not a JSON object")
        return dict(found)

    def page(self, name: str, *, visitor: bool = False, **parameters: Any) -> JsonObject:
        query = f"?{urllib.parse.urlencode(parameters, safe=',')}" if parameters else ""
        found = self.read(f"{name}/{query}", visitor=visitor)
        expect(set(found) == {"data", "next", "meta"}, f"{name}/{query} has the members {sorted(found)}")
        return found

    def crawl(self, name: str, *, visitor: bool = False, **parameters: Any) -> Iterator[JsonObject]:
        """The rows of a list, up to `MOST_PAGES` pages of it."""
        found = self.page(name, visitor=visitor, **{"limit": 200, **parameters})
        for _ in range(MOST_PAGES):
            yield from found["data"]
            if not found["next"]:
                return
            found = self.read(found["next"], visitor=visitor)

    def refuses(self, path: str, status: int, kind: str = "", *, visitor: bool = False, **more: Any) -> JsonObject:
        """The problem that an address answers with."""
        answer = self.ask(path, visitor=visitor, **more)
        what = f"{more.get('method', 'GET')} {path}"
        expect(answer.status == status, f"{what} answered {answer.status}, not {status}")
        return problem_of(answer, what, kind)

    @cached_property
    def document(self) -> JsonObject:
        return self.read("openapi.json")

    @cached_property
    def filled(self) -> dict[str, list[JsonObject]]:
        """The first rows of each list that is not empty."""
        found = {name: self.page(name, limit=50)["data"] for name in RESOURCES}
        rows = {name: data for name, data in found.items() if data}
        if not rows:
            raise CannotTell("every list is empty")
        return rows

    @cached_property
    def longest(self) -> tuple[str, list[JsonObject]]:
        """A list with at least three rows."""
        name, rows = max(self.filled.items(), key=lambda one: len(one[1]))
        if len(rows) < 3:
            raise CannotTell("no list has three rows")
        return name, rows


def body_of(answer: Answer, what: str) -> Any:
    try:
        return json.loads(answer.body.decode())
    except ValueError as broken:
        raise Broken(f"{what} is not JSON in UTF-8") from broken


def problem_of(answer: Answer, what: str, kind: str = "") -> JsonObject:
    """The problem in an answer, complete as RFC 9457 and the contract ask."""
    content = answer.headers.get("Content-Type", "")
    expect(content == PROBLEM, f"{what} answered {answer.status} as {content or 'nothing'}")
    problem = dict(body_of(answer, what))
    missing = {"type", "title", "status", "detail", "instance"} - set(problem)
    expect(not missing, f"{what} answered a problem without {', '.join(sorted(missing))}")
    expect(problem["status"] == answer.status, f"{what} answered {answer.status} and says {problem['status']}")
    said = str(problem["type"]).rstrip("/").rpartition("/")[2]
    expect(not kind or said == kind, f"{what} answered {said}, not {kind}")
    return problem


def tokens(answer: Answer, name: str) -> set[str]:
    """The members of a header that is a list, in lower case."""
    return {one.strip().lower() for one in ",".join(answer.headers.get_all(name) or []).split(",") if one.strip()}


def same_without(one: Mapping[str, Any], other: Mapping[str, Any], *names: str) -> bool:
    return {k: v for k, v in one.items() if k not in names} == {k: v for k, v in other.items() if k not in names}
