"""The portal's partner API in one file: copy it into your project. Python 3.9 or newer, standard library only.

    client = PortalClient("https://portal.example", key=os.environ["PORTAL_KEY"])
    client.sync("mirror.sqlite")                 # everything that you may read, kept up to date; run it again and again
    for offer in client.crawl("offers", status="ongoing"):
        print(offer["ref"], offer["title"])
    hint = verify_webhook(request.headers, request.body, secret)

As a command, with the key in the environment variable PORTAL_KEY or in a file, never among the arguments, which other
users of the machine can read:

    python portal_client.py sync https://portal.example mirror.sqlite --key-file key.txt

Every failure is a `PortalError`. Requests that may safely be repeated are, after 429, 5xx and broken connections,
with growing pauses; `Retry-After` is honoured. The key goes to the portal's own address only, never over plain HTTP
except on this machine, and no redirect is followed.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import email.utils
import gzip
import hashlib
import hmac
import http.client
import ipaddress
import itertools
import json
import logging
import os
import random
import re
import sqlite3
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any, Union

__all__ = ["Answer", "BrokenAnswer", "Expired", "KeyRefused", "MirrorError", "NotFound", "Page", "PortalClient",
           "PortalError", "Synced", "Unavailable", "Uncertain", "WebhookRefused", "verify_webhook"]  # fmt: skip

JsonObject = dict[str, Any]
Parameter = Union[str, int, bool, Sequence[str]]  # noqa: UP007  (Python 3.9 has no other way)

logger = logging.getLogger("portal_client")

API_PATH = "/api/v1"
#: Records a page: the most that the portal gives.
PAGE_SIZE = 200
#: Seconds: the longest pause of our own, the longest that Retry-After may ask for, the longest wait for a snapshot.
LONGEST_PAUSE, LONGEST_RETRY_AFTER, LONGEST_SNAPSHOT = 60.0, 900.0, 3600.0
_CHUNK = 1 << 16


# Errors -------------------------------------------------------------------------------------------------------------


class PortalError(Exception):
    """The portal said no, or cannot be reached. `status` is 0 where there was no answer.

    `problem` is the answer's `application/problem+json` (RFC 9457), or empty; `request_id` is what to name when you
    ask for help; `retry_after` the seconds after which the portal wants to be asked again, if it said so.
    """

    retry_after: float | None = None

    def __init__(
        self, message: str, *, status: int = 0, problem: JsonObject | None = None, request_id: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.problem = problem or {}
        self.request_id = request_id

    @property
    def kind(self) -> str:
        """The kind of problem, such as `invalid-request`; empty without an answer."""
        return str(self.problem.get("type", "")).rstrip("/").rpartition("/")[2]

    @property
    def errors(self) -> list[dict[str, str]]:
        """Each mistake: `pointer`, `code`, `detail`."""
        return list(self.problem.get("errors", []))


class KeyRefused(PortalError):
    """401: the key is wrong, expired or revoked. 403: it may not do this."""


class NotFound(PortalError):
    """404: there is nothing here that you may read."""


class Expired(PortalError):
    """410: the cursor is too old to go on from, or the snapshot's file is gone. Start from a new snapshot."""


class Unavailable(PortalError):
    """Tried as often as makes sense."""


class Uncertain(PortalError):
    """The connection broke during a write that cannot safely be repeated: read the record again, then decide."""


class BrokenAnswer(PortalError):
    """What came is not what the portal promises."""


class MirrorError(PortalError):
    """The SQLite file cannot be used for this synchronisation."""


class WebhookRefused(PortalError):
    """A delivery that the portal did not sign, or not now."""


# Requests -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """An answer of the portal. `is_unchanged` (304): what you have under the ETag that you sent is still right."""

    status: int
    headers: Message
    body: bytes

    @property
    def is_unchanged(self) -> bool:
        return self.status == 304

    @property
    def etag(self) -> str:
        return str(self.headers.get("ETag", ""))

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError as broken:
            raise BrokenAnswer("The portal's answer is not JSON.", status=self.status) from broken


@dataclass(frozen=True)
class Page:
    """One page of changes. `cursor` goes on behind it; `waiting` says whether more is there already.

    Each change: `op` (`upsert` or `remove`), `type`, `id`, `ref`, `version`, `object` (as its detail reads, or None).
    """

    changes: list[JsonObject]
    cursor: str
    waiting: bool
    lag_ms: int
    etag: str


@dataclass(frozen=True)
class Synced:
    """What `sync` did: changes applied, records in the mirror now, and whether it was filled anew."""

    changes: int
    records: int
    filled_anew: bool


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would take the key elsewhere."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


#: The connection failed or was cut. `HTTPException` covers bodies shorter than they said.
_CUT = (urllib.error.URLError, http.client.HTTPException, OSError)


class PortalClient:
    """A partner's view of one portal.

    `base_url`: the portal's address, with or without `/api/v1`. `key`: `n1540_…`, or None to read what is public.
    `timeout`: seconds without a byte after which a connection counts as broken. `attempts`: tries of each request.
    Raises `ValueError` if the key would travel over plain HTTP.
    """

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        timeout: float = 60,
        attempts: int = 8,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urllib.parse.urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"Not an address of a portal: {base_url!r}. Give one such as https://portal.example")
        is_local = _is_this_machine(parts.hostname)
        if key and parts.scheme == "http" and not is_local:
            raise ValueError("A key is only sent over https. Give the portal's https address.")
        self.origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self.root = parts.path.rstrip("/").removesuffix(API_PATH) + API_PATH
        self._key, self._timeout, self._attempts, self._sleep = key, timeout, attempts, sleep
        proxies = [urllib.request.ProxyHandler({})] if is_local else []
        self._opener = urllib.request.build_opener(_NoRedirects, *proxies)

    @property
    def has_key(self) -> bool:
        return bool(self._key)

    def url(self, path: str, params: Mapping[str, Parameter] | None = None) -> str:
        """The address of `offers`, `offers/7/`, or of an address that the portal gave, always at the portal itself."""
        if "://" in path or path.startswith("/"):
            given = urllib.parse.urlsplit(path)
            address = f"{self.origin}{given.path}" + (f"?{given.query}" if given.query else "")
        else:
            name, _, query = path.partition("?")
            place = f"/{name.strip('/')}" if name else ""
            address = f"{self.origin}{self.root}{place}/" + (f"?{query}" if query else "")
        if not params:
            return address
        query = urllib.parse.urlencode({name: _text(value) for name, value in params.items()})
        return f"{address}{'&' if '?' in address else '?'}{query}"

    def get(self, path: str, *, etag: str = "", **params: Parameter) -> Answer:
        """Read an address. With the `etag` of an earlier answer, a 304 without a body says that nothing changed."""
        return self._ask("GET", self.url(path, params), headers={"If-None-Match": etag} if etag else {})

    def pages(self, path: str, **params: Parameter) -> Iterator[list[JsonObject]]:
        """The pages of a list, as lists of records."""
        address = self.url(path, {"limit": PAGE_SIZE, **params})
        while address:
            body = self._ask("GET", address).json()
            yield body["data"]
            following = self.url(body["next"]) if body["next"] else ""
            if following == address:
                raise BrokenAnswer("A page of a list leads to itself.")
            address = following

    def crawl(self, path: str, **params: Parameter) -> Iterator[JsonObject]:
        """Every record of a list: `crawl("offers", status__in="planned,ongoing")`."""
        for page in self.pages(path, **params):
            yield from page

    def post(self, path: str, body: Any = None, *, etag: str = "", idempotency_key: str = "") -> Answer:
        """Create a record, or take a step (`offers/7/publish`) on the state of the record that `etag` names.

        Repeated safely: all tries carry one Idempotency-Key, a new one unless you give your own. Give your own where
        the same write may be sent again after a crash of your program.
        """
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        return self._ask("POST", self.url(path), body, headers | ({"If-Match": etag} if etag else {}))

    def patch(self, path: str, body: JsonObject, *, etag: str) -> Answer:
        """Change what is sent, if the record is still as `etag` names it (else `PortalError`, status 412)."""
        return self._ask("PATCH", self.url(path), body, {"If-Match": etag})

    def delete(self, path: str, *, etag: str) -> Answer:
        """Delete, if the record is still as `etag` names it."""
        return self._ask("DELETE", self.url(path), None, {"If-Match": etag})

    def changes(self, cursor: str = "", *, types: Sequence[str] = ()) -> Iterator[Page]:
        """The changes behind `cursor` (from the beginning without one), page by page, until nothing waits.

        Keep `page.cursor` in the same transaction as what you make of the page. Raises `Expired`.
        """
        while True:
            page = self.changes_page(cursor, types=types)
            if page is None:
                raise BrokenAnswer("The portal answered 304 to a request without If-None-Match.")
            yield page
            if not page.waiting:
                return
            cursor = page.cursor

    def changes_page(self, cursor: str = "", *, types: Sequence[str] = (), etag: str = "") -> Page | None:
        """One page of changes; None if it is still the one that `etag` names."""
        params: dict[str, Parameter] = {"limit": PAGE_SIZE}
        if cursor:
            params["cursor"] = cursor
        if types:
            params["type"] = types
        answer = self.get("changes", etag=etag, **params)
        if answer.is_unchanged:
            return None
        body = answer.json()
        try:
            page = Page(body["data"], body["meta"]["cursor"], bool(body["next"]), body["meta"]["lag_ms"], answer.etag)
        except (KeyError, TypeError) as missing:
            raise BrokenAnswer("The portal's page of changes lacks something.") from missing
        if page.waiting and page.cursor == cursor:
            raise BrokenAnswer("A page of changes leads to itself.")
        return page

    def _ask(self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request and read the answer, again where that is safe; raises what `_error_for` makes of errors."""
        sent = dict(headers or {})
        repeatable = method == "GET" or "Idempotency-Key" in sent
        for attempt in itertools.count(1):
            try:
                answer = self.send(method, url, body, sent)
            except _CUT as cut:
                if not repeatable:
                    raise Uncertain(f"The connection broke while writing: {_reason(cut)}.") from cut
                self._pause(attempt, f"the connection broke: {_reason(cut)}", cut)
                continue
            if answer.status < 300 or answer.status == 304:
                return answer
            error = _error_for(answer)
            if not _may_repeat(error, repeatable):
                raise error
            self._pause(attempt, str(error), error)
        raise AssertionError("unreachable")

    def send(self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request, sent once; its answer, whatever the status. Raises `OSError` or `HTTPException` without one."""
        with self._open(method, url, body, headers or {}) as response:
            return Answer(response.status, response.headers, response.read())

    def _open(self, method: str, url: str, body: Any, headers: Mapping[str, str]) -> Any:
        """The answer as a stream, whatever its status."""
        sent = {"Accept": "application/json", "User-Agent": "portal-client/1", **headers}
        if self._key:
            sent["Authorization"] = f"Bearer {self._key}"
        data = None
        if body is not None:
            data, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        elif method == "POST":
            data, sent["Content-Type"] = b"{}", "application/json"
        request = urllib.request.Request(url, data=data, headers=sent, method=method)  # noqa: S310  (http(s): __init__)
        try:
            response = self._opener.open(request, timeout=self._timeout)
        except urllib.error.HTTPError as answer:
            return answer
        # A head that was cut off looks like a whole answer without length, and its rest like an empty body.
        if response.length is None and not response.chunked:
            response.close()
            raise http.client.IncompleteRead(b"")
        return response

    def _pause(self, attempt: int, why: str, cause: Exception) -> None:
        """Wait before the next try; raise `Unavailable` if there is none."""
        certificate = isinstance(getattr(cause, "reason", cause), ssl.SSLCertVerificationError)
        asked_for = cause.retry_after if isinstance(cause, PortalError) else None
        too_long = asked_for is not None and asked_for > LONGEST_RETRY_AFTER
        if attempt >= self._attempts or certificate or too_long:
            known = cause if isinstance(cause, PortalError) else PortalError("")
            given_up = Unavailable(
                f"Gave up after {attempt} of {self._attempts} tries: {why}",
                status=known.status,
                problem=known.problem,
                request_id=known.request_id,
            )
            given_up.retry_after = asked_for
            raise given_up from cause
        # Jitter keeps a hundred mirrors that were cut off together from coming back together.
        pause = min(LONGEST_PAUSE, 2.0 ** (attempt - 1)) * random.uniform(0.5, 1)  # noqa: S311  (no secret)
        if asked_for is not None:
            pause = asked_for + random.uniform(0, min(1.0, pause))  # noqa: S311
        logger.info("Waiting %.1f s: %s", pause, why)
        self._sleep(pause)

    def wait(self, seconds: float) -> float:
        """Wait, at most as long as `Retry-After` may ask for; the seconds waited."""
        seconds = min(max(seconds, 0.1), LONGEST_RETRY_AFTER)
        self._sleep(seconds)
        return seconds

    def download(self, path: str, target: Path) -> None:
        """Fetch a file; what `target` holds of it already is kept, and the rest is asked for by Range."""
        etag, failures = "", 0
        while True:
            have = target.stat().st_size if target.exists() else 0
            wanted = {"Range": f"bytes={have}-"} if have else {}
            if etag and have:
                wanted["If-Range"] = etag
            cause = PortalError("it ended early")
            try:
                with self._open("GET", self.url(path), None, {**wanted, "Accept": "*/*"}) as response:
                    etag = response.headers.get("ETag") or etag
                    if response.status in (200, 206):
                        if _write_rest(response, target, have):
                            return
                    elif response.status == 416:
                        # Either all of it is here, or what is here belongs to another file: its end will tell.
                        if response.headers.get("Content-Range", "").endswith(f"/{have}"):
                            return
                        target.unlink()
                    else:
                        cause = _error_for(Answer(response.status, response.headers, response.read()))
                        if not _may_repeat(cause, True):
                            raise cause
            except _CUT as cut:
                cause = PortalError(_reason(cut))
            has_grown = target.exists() and target.stat().st_size > have
            failures = 1 if has_grown else failures + 1
            self._pause(failures, f"the download broke off: {cause}", cause)

    def sync(
        self, sqlite_path: str | os.PathLike[str], *, types: Sequence[str] = (), start_over: bool = False
    ) -> Synced:
        """Bring the SQLite mirror up to date; the first time, fill it.

        Afterwards the table `records` (type, id, ref, version, object) holds what you may read, each record once, and
        there is a view for each kind (`offers`, `meetings`, …). Each page and the place where it ends are written in
        one transaction, so that after a crash the next run goes on exactly there. When the portal says that the place
        is too old (410), the mirror is filled anew beside the old one and put in its place when it is complete.

        `types`: mirror only these record types (`["offer", "meeting"]`). `start_over`: fill anew in any case.
        Raises `MirrorError` for the mirror of another portal, organization or choice of types.
        """
        with closing(_Mirror(Path(sqlite_path), self.origin + self.root, ",".join(types))) as mirror:
            if start_over:
                mirror.begin_filling()
            return _Synchronisation(self, mirror, types).run()


# What retries need to know ------------------------------------------------------------------------------------------


def _error_for(answer: Answer) -> PortalError:
    """The error that an answer tells of."""
    problem: JsonObject = {}
    if answer.headers.get_content_type() == "application/problem+json":
        try:
            problem = dict(json.loads(answer.body))
        except ValueError:
            logger.debug("An error answer is not JSON: %r", answer.body[:200])
    message = f"{answer.status} {problem.get('detail') or http.client.responses.get(answer.status, '')}".strip()
    for one in problem.get("errors", ()):
        message += f" [{one.get('pointer')}: {one.get('detail')}]"
    if 300 <= answer.status < 400:
        message = f"{answer.status} The portal points to {answer.headers.get('Location')}; redirects are not followed."
    kinds = {401: KeyRefused, 403: KeyRefused, 404: NotFound, 410: Expired}
    request_id = str(answer.headers.get("X-Request-Id", ""))
    error = kinds.get(answer.status, PortalError)(message, status=answer.status, problem=problem, request_id=request_id)
    error.retry_after = _retry_after(answer.headers)
    return error


def _may_repeat(error: PortalError, repeatable: bool) -> bool:
    """429 and 503 say that nothing was done; after other failures of the portal only what is safe is sent again.

    A 409 that says when to come back means that something else has to end first.
    """
    if error.status in (429, 503):
        return True
    return repeatable and (error.status in (500, 502, 504) or (error.status == 409 and error.retry_after is not None))


def _retry_after(headers: Message) -> float | None:
    """Seconds that the portal asks for, given as such or as a date."""
    text = str(headers.get("Retry-After", "")).strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _reason(cut: BaseException) -> str:
    return str(getattr(cut, "reason", "") or cut) or type(cut).__name__


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _text(value: Parameter) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (str, int)) else ",".join(value)


def _write_rest(response: Any, target: Path, have: int) -> bool:
    """Append a 206, begin anew with a 200; True if all that was promised came. The library does not check that."""
    promised = response.headers.get("Content-Length")
    if response.status == 206 and not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        raise BrokenAnswer("The portal sent another part of the file than was asked for.", status=206)
    came = 0
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if response.status == 206 else os.O_TRUNC)
    with os.fdopen(os.open(target, flags, 0o600), "wb") as file:
        while chunk := response.read(_CHUNK):
            file.write(chunk)
            came += len(chunk)
    return promised is None or came == int(promised)


# The mirror ---------------------------------------------------------------------------------------------------------

_RECORDS = """
CREATE TABLE {name} (
    type TEXT NOT NULL, id INTEGER NOT NULL, ref TEXT, version INTEGER NOT NULL, object TEXT NOT NULL,
    PRIMARY KEY (type, id)
)"""
#: Fields that most kinds have; those that a kind lacks are NULL in its view.
_COMMON = ("url", "title", "name", "status", "organization", "state", "visibility", "created_at", "updated_at")


class _Mirror:
    """The SQLite file: `records`, while it is filled `records_filling`, and `mirror_state`, which says how far it is.

    Names in `mirror_state`: `portal`, `types`, `cursor` (of `records`; missing until it is complete), `filling` (there
    while it is filled: the cursor of `records_filling`, empty at the beginning), `snapshot` (status address of the
    snapshot that was asked for), `etag` (of the last page of changes, if it was empty).
    """

    def __init__(self, path: Path, portal: str, types: str) -> None:
        self.path = path
        # Contacts are personal data: only the owner reads a new mirror, and what is deleted is overwritten.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._db = sqlite3.connect(str(path), timeout=60, isolation_level=None)
        try:
            self._db.execute("PRAGMA secure_delete = ON")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._prepare(portal, types)
        except sqlite3.DatabaseError as refused:
            self._db.close()
            raise MirrorError(f"{path} cannot be used as a mirror: {refused}.") from refused
        except MirrorError:
            self._db.close()
            raise

    def close(self) -> None:
        self._db.close()

    def _prepare(self, portal: str, types: str) -> None:
        with self._transaction():
            self._db.execute("CREATE TABLE IF NOT EXISTS mirror_state (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
            if not self.state:
                self._db.execute(_RECORDS.format(name="records"))
                self._db.execute("CREATE INDEX records_by_ref ON records (ref)")
                self._set(portal=portal, types=types)
                self._begin_filling()
            known = (self.state["portal"], self.state["types"])
            if known != (portal, types):
                which = f"{known[0]} (types: {known[1] or 'all'})"
                raise MirrorError(f"{self.path} mirrors {which}. Take another file for another portal or choice.")

    @property
    def state(self) -> dict[str, str]:
        return dict(self._db.execute("SELECT name, value FROM mirror_state"))

    @property
    def is_filling(self) -> bool:
        return "filling" in self.state

    @property
    def place(self) -> str:
        """Where to go on reading changes."""
        state = self.state
        return state["filling"] if "filling" in state else state["cursor"]

    def count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM records").fetchone()[0])

    def begin_filling(self) -> None:
        """Forget a filling under way and begin another. `records` stays as it is meanwhile."""
        with self._transaction():
            self._begin_filling()

    def _begin_filling(self) -> None:
        self._db.execute("DROP TABLE IF EXISTS records_filling")
        self._db.execute(_RECORDS.format(name="records_filling"))
        self._set(filling="", snapshot=None, etag=None)

    def apply(self, page: Page, *, behind: str) -> None:
        """Write a page and the place where it ends, both or neither."""
        with self._transaction():
            if self.place != behind:
                raise MirrorError(f"Another program is synchronising {self.path}.")
            table = "records_filling" if self.is_filling else "records"
            for change in page.changes:
                self._apply(table, change)
            self._set(etag=page.etag if page.cursor == behind and not page.changes else None)
            self._set(**{"filling" if self.is_filling else "cursor": page.cursor})

    def _apply(self, table: str, change: JsonObject) -> None:
        if change["op"] == "upsert":
            self._put(table, [change["object"]])
        elif change["op"] == "remove":
            self._db.execute(f"DELETE FROM {table} WHERE type = ? AND id = ?", (change["type"], change["id"]))  # noqa: S608
        else:
            raise BrokenAnswer(f"A change that this client does not know: {change['op']!r}. Take a newer client.")

    def _put(self, table: str, objects: Iterable[JsonObject]) -> None:
        rows = (_row(one) for one in objects)
        self._db.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?, ?, ?)", rows)  # noqa: S608

    def load(self, snapshot: Path) -> None:
        """Fill from a snapshot and put it in place, in one transaction; raises `BrokenAnswer` if it is damaged."""
        with self._transaction():
            self._begin_filling()
            reader = _SnapshotReader(snapshot)
            self._put("records_filling", reader)
            self._set(filling=reader.cursor)
            self._swap()

    def swap(self) -> None:
        """Put what was filled in the place of what was there."""
        with self._transaction():
            self._swap()

    def _swap(self) -> None:
        for (view,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall():
            self._db.execute(f'DROP VIEW "{view}"')
        self._db.execute("DROP TABLE records")
        self._db.execute("ALTER TABLE records_filling RENAME TO records")
        self._db.execute("CREATE INDEX records_by_ref ON records (ref)")
        self._set(cursor=self.state["filling"], filling=None, snapshot=None)

    def make_views(self, names: Mapping[str, str]) -> None:
        """A view for each record type; `names`: type to name of the list, such as `information-sheets`."""
        columns = ", ".join(f"json_extract(object, '$.{field}') AS {field}" for field in _COMMON)
        with self._transaction():
            for kind, name in names.items():
                view = name.replace("-", "_")
                if re.fullmatch("[a-z_]+", kind) and re.fullmatch("[a-z_]+", view):
                    self._db.execute(
                        f"CREATE VIEW IF NOT EXISTS {view} AS "  # noqa: S608  (letters only: see above)
                        f"SELECT id, ref, version, {columns}, object FROM records WHERE type = '{kind}'"
                    )

    def set(self, **values: str | None) -> None:
        with self._transaction():
            self._set(**values)

    def _set(self, **values: str | None) -> None:
        for name, value in values.items():
            if value is None:
                self._db.execute("DELETE FROM mirror_state WHERE name = ?", (name,))
            else:
                self._db.execute("INSERT OR REPLACE INTO mirror_state VALUES (?, ?)", (name, value))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _row(one: JsonObject) -> tuple[str, int, str | None, int, str]:
    try:
        return one["type"], one["id"], one["ref"], one["version"], json.dumps(one, ensure_ascii=False)
    except (KeyError, TypeError) as missing:
        raise BrokenAnswer("The portal sent a record without type, id, ref or version.") from missing


class _SnapshotReader:
    """The records of a snapshot file, one at a time; `cursor` is where its changes go on.

    First line `{"_meta": {"cursor", "generated_at"}}`, last line `{"_end": {"count", "sha256"}}`: the number of records
    and the SHA-256 of all lines between the first and the last, uncompressed. Raises `BrokenAnswer` if one is wrong.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cursor = ""

    def __iter__(self) -> Iterator[JsonObject]:
        try:
            with gzip.open(self.path, "rb") as lines:
                yield from self._records(lines)
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as damaged:
            raise BrokenAnswer(f"The snapshot is damaged: {damaged}.") from damaged

    def _records(self, lines: Iterable[bytes]) -> Iterator[JsonObject]:
        digest, count = hashlib.sha256(), 0
        for line in lines:
            record = json.loads(line)
            if "_end" in record:
                if (record["_end"]["count"], record["_end"]["sha256"]) != (count, digest.hexdigest()):
                    raise ValueError("its count or its checksum is wrong")
                return
            if "_meta" in record:
                self.cursor = record["_meta"]["cursor"]
            else:
                digest.update(line)
                count += 1
                yield record
        raise ValueError("its end is missing")


class _Synchronisation:
    """One run of `sync`."""

    def __init__(self, client: PortalClient, mirror: _Mirror, types: Sequence[str]) -> None:
        self._client, self._mirror, self._types = client, mirror, types
        self._applied = 0

    def run(self) -> Synced:
        filled_anew = False
        for _ in range(3):
            try:
                if self._mirror.is_filling:
                    filled_anew = True
                    self._fill()
                self._follow()
            except Expired as expired:
                logger.warning("The mirror is too old for changes and is filled anew. %s", expired)
                self._mirror.begin_filling()
            except PortalError as error:
                if error.kind != "invalid-cursor":
                    raise
                message = (
                    f"{self._mirror.path} mirrors what another organization reads: take another file, or start over."
                )
                raise MirrorError(message, status=error.status, problem=error.problem) from error
            else:
                kinds = self._client.get("").json()["resources"]
                self._mirror.make_views({one["type"]: one["name"] for one in kinds})
                return Synced(self._applied, self._mirror.count(), filled_anew)
        raise BrokenAnswer("The portal calls even its newest cursors too old.")

    def _fill(self) -> None:
        """From a snapshot where the portal gives one, else from the beginning of the changes."""
        may_ask = self._client.has_key and not self._mirror.place
        if not (may_ask and self._fill_from_snapshot()):
            self._follow()
            self._mirror.swap()

    def _follow(self) -> None:
        """Apply what waits. The ETag of the last empty page makes asking for nothing new cheap for both."""
        while True:
            place = self._mirror.place
            page = self._client.changes_page(place, types=self._types, etag=self._mirror.state.get("etag", ""))
            if page is None:
                return
            self._mirror.apply(page, behind=place)
            self._applied += len(page.changes)
            logger.info("%d changes applied", self._applied)
            if not page.waiting:
                return

    def _fill_from_snapshot(self) -> bool:
        """False where the portal gives no snapshot to this caller."""
        part = self._mirror.path.with_name(f"{self._mirror.path.name}.snapshot")
        failure = BrokenAnswer("")
        for _ in range(2):
            try:
                address = self._snapshot()
                if address is None:
                    return False
                self._client.download(address, part)
                self._mirror.load(part)
            except (BrokenAnswer, NotFound, Expired) as broken:
                logger.warning("The snapshot is of no use; asking for another. %s", broken)
                failure = BrokenAnswer(f"Two snapshots in a row were of no use: {broken}")
                part.unlink(missing_ok=True)
                self._mirror.set(snapshot=None)
            else:
                part.unlink()
                logger.info("%d records from a snapshot", self._mirror.count())
                return True
        raise failure

    def _snapshot(self) -> str | None:
        """Ask for a snapshot, or for the one that an earlier run asked for; its file's address once it is ready."""
        status_url = self._mirror.state.get("snapshot", "")
        if status_url:
            answer = self._client.get(status_url)
        else:
            try:
                answer = self._client.post("snapshots", {"types": list(self._types)} if self._types else {})
            except PortalError as refused:
                if refused.status in (403, 404, 405):
                    logger.info("No snapshot here (%s); reading all changes instead.", refused.status)
                    return None
                raise
            status_url = str(answer.json()["url"])
            self._mirror.set(snapshot=status_url)
        waited = 0.0
        while True:
            body = answer.json()
            if body["status"] == "ready":
                return str(body["file"])
            if body["status"] not in ("queued", "running") or waited > LONGEST_SNAPSHOT:
                why = body.get("problem") or f"It is {body['status']} after {waited:.0f} s."
                raise BrokenAnswer(f"There is no snapshot. {why}")
            logger.info("The portal makes a snapshot: %s", body["status"])
            waited += self._client.wait(_retry_after(answer.headers) or min(10, 1 + waited / 4))
            answer = self._client.get(status_url)


# Webhooks -----------------------------------------------------------------------------------------------------------


def verify_webhook(
    headers: Mapping[str, str],
    body: bytes,
    secret: str | Sequence[str],
    *,
    tolerance: float = 300,
    now: float | None = None,
) -> JsonObject:
    """Check a delivery's signature (Standard Webhooks 1.0) and give its content: `type`, `timestamp`, `data`.

    `body`: the bytes as they came, before anything parses them. `secret`: `whsec_…`, or several while one replaces
    another. `tolerance`: seconds that the delivery may be old, or ahead of this clock. Raises `WebhookRefused`; answer
    400 then. The same delivery may come twice: its number is the header `webhook-id`. The content is a hint: read
    `changes` for what is true.
    """
    sent = {name.lower(): value for name, value in headers.items()}
    try:
        number, timestamp = sent["webhook-id"], int(sent["webhook-timestamp"])
        signatures = sent["webhook-signature"].split()
    except (KeyError, ValueError) as missing:
        raise WebhookRefused(
            "The delivery lacks a header of Standard Webhooks, or its time is not a number."
        ) from missing
    if abs((time.time() if now is None else now) - timestamp) > tolerance:
        raise WebhookRefused("The delivery is too old, or from the future. Is this machine's clock right?")
    signed = f"{number}.{sent['webhook-timestamp']}.".encode() + body
    given = [text for version, _, text in (one.partition(",") for one in signatures) if version == "v1"]
    expected = [_signature(one, signed) for one in ([secret] if isinstance(secret, str) else secret)]
    # Every pair is compared, so that the time taken tells nothing.
    if not sum(hmac.compare_digest(ours.encode(), theirs.encode()) for ours in expected for theirs in given):
        raise WebhookRefused("No signature of the delivery fits.")
    try:
        return dict(json.loads(body))
    except (ValueError, TypeError) as broken:
        raise WebhookRefused("The delivery is signed but is not a JSON object.") from broken


def _signature(secret: str, signed: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as broken:
        raise ValueError("The webhook's secret is not whsec_ and base64.") from broken
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


# Command line -------------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 if the mirror is up to date, 1 if not, with the reason on standard error."""
    parser = argparse.ArgumentParser(prog="portal_client.py", description="Mirror what you may read of a portal.")
    commands = parser.add_subparsers(required=True)
    sync = commands.add_parser("sync", help="bring an SQLite file up to date; run it as often as you like")
    sync.add_argument("url", help="the portal, such as https://portal.example")
    sync.add_argument("mirror", type=Path, help="the SQLite file; made if it is not there")
    sync.add_argument(
        "--key-file", type=Path, help="file that holds the key; else the environment's PORTAL_KEY is used"
    )
    sync.add_argument("--types", default="", help="mirror only these record types, such as offer,meeting")
    sync.add_argument("--start-over", action="store_true", help="fill the mirror anew")
    options = parser.parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    try:
        key = options.key_file.read_text().strip() if options.key_file else os.environ.get("PORTAL_KEY", "").strip()
        types = [one for one in options.types.split(",") if one]
        client = PortalClient(options.url, key or None)
        done = client.sync(options.mirror, types=types, start_over=options.start_over)
    except (PortalError, ValueError, OSError) as failed:
        print(f"Not up to date: {failed}", file=sys.stderr)
        if isinstance(failed, PortalError) and failed.request_id:
            print(f"The portal's number of the request: {failed.request_id}", file=sys.stderr)
        return 1
    print(f"Up to date: {done.records} records, {done.changes} changes applied.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
