"""A small portal that can be made to misbehave: what real servers and networks do to clients, on demand."""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TYPES = {"offer": "offers", "meeting": "meetings"}


def offer(number: int, version: int = 1) -> dict[str, Any]:
    return {"type": "offer", "id": number, "ref": f"OF-{number}", "version": version, "title": f"Example {number}"}


class FakePortal:
    """Feed, snapshots, one list and writes of made-up offers.

    `misfortunes` maps a path to what happens to the next requests for it, in order: a function of the handler that
    answers in its way and returns True, or returns False to let the request pass. `asked` is every request so far,
    `bodies` what snapshots were asked for with.
    """

    def __init__(self) -> None:
        self.changes: list[dict[str, Any]] = []
        self.oldest = 0
        self.page_size = 3
        self.gives_snapshots = False
        self.snapshot = b""
        self.polls_until_ready = 1
        self.written: dict[str, Any] = {}
        self.bodies: list[Any] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.misfortunes: dict[str, list[Callable[[Handler], bool]]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"portal": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def write(self, *objects: dict[str, Any]) -> None:
        for one in objects:
            self.changes.append(
                {"op": "upsert", **{k: one[k] for k in ("type", "id", "ref", "version")}, "object": one}
            )

    def remove(self, kind: str, number: int) -> None:
        self.changes.append({"op": "remove", "type": kind, "id": number, "ref": None, "version": 9, "object": None})

    def records(self) -> dict[tuple[str, int], dict[str, Any]]:
        """What a mirror must hold."""
        found: dict[tuple[str, int], dict[str, Any]] = {}
        for change in self.changes:
            found.pop((change["type"], change["id"]), None)
            if change["op"] == "upsert":
                found[change["type"], change["id"]] = change["object"]
        return found

    def make_snapshot(self, *, leave_out_end: bool = False, count: int | None = None) -> None:
        """Of all that there is now."""
        self.gives_snapshots = True
        rows = list(self.records().values())
        lines = [{"_meta": {"cursor": f"c{len(self.changes)}", "generated_at": "2027-03-12T00:00:00.000000Z"}}, *rows]
        text = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        if not leave_out_end:
            end = {
                "count": len(rows) if count is None else count,
                "sha256": hashlib.sha256(text.partition(b"\n")[2]).hexdigest(),
            }
            text += json.dumps({"_end": end}).encode() + b"\n"
        self.snapshot = gzip.compress(text, mtime=0)

    def befalls(self, path: str, *misfortunes: Callable[[Handler], bool]) -> None:
        self.misfortunes.setdefault(path, []).extend(misfortunes)

    def paths(self, path: str) -> list[tuple[str, str, dict[str, str]]]:
        return [one for one in self.asked if urlsplit(one[1]).path == f"/api/v1/{path}"]


class Handler(BaseHTTPRequestHandler):
    """Answers as the contract says, unless something befalls the path."""

    portal: FakePortal
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PATCH = do_GET  # noqa: N815  (names that the library looks for)

    def log_message(self, *args: Any) -> None:
        """Tests read what was asked from `FakePortal.asked`."""

    def _answer(self) -> None:
        self.sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.portal.asked.append((self.command, self.path, headers))
        parts = urlsplit(self.path)
        path = parts.path.removeprefix("/api/v1/")
        waiting = self.portal.misfortunes.get(path)
        if waiting and waiting.pop(0)(self):
            return
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        answers = {"": self._index, "changes/": self._changes, "snapshots/": self._order, "snapshots/1/": self._status,
                   "snapshots/1/file/": self._file, "offers/": self._offers}  # fmt: skip
        answers.get(path, self._nowhere)(query)

    def _index(self, query: dict[str, str]) -> None:
        self.send(200, {"resources": [{"type": kind, "name": name} for kind, name in TYPES.items()]})

    def _changes(self, query: dict[str, str]) -> None:
        place = int(query.get("cursor", "c0")[1:])
        if place < self.portal.oldest and "cursor" in query:
            self.problem(410, "cursor-expired")
            return
        page = self.portal.changes[place : place + self.portal.page_size]
        cursor = f"c{place + len(page)}"
        tag = f'"{len(self.portal.changes)}-{place}"'
        if self.headers.get("If-None-Match") == tag:
            self.send(304, None, {"ETag": tag})
            return
        more = place + len(page) < len(self.portal.changes)
        following = f"{self.portal.url}/api/v1/changes/?cursor={cursor}" if more else None
        self.send(200, {"data": page, "next": following, "meta": {"cursor": cursor, "lag_ms": 0}}, {"ETag": tag})

    def _order(self, query: dict[str, str]) -> None:
        if not self.portal.gives_snapshots:
            self.problem(404, "not-found")
            return
        self.portal.bodies.append(json.loads(self.sent))
        self._status(query, 202)

    def _status(self, query: dict[str, str], status: int = 200) -> None:
        ready = status == 200 and self.portal.polls_until_ready <= 0
        self.portal.polls_until_ready -= status == 200
        address = f"{self.portal.url}/api/v1/snapshots/1/"
        body = {
            "status": "ready" if ready else "queued",
            "url": address,
            "file": f"{address}file/" if ready else None,
        }
        self.send(status, body, {"Location": address, "Retry-After": "2"})

    def _file(self, query: dict[str, str]) -> None:
        whole, begin = self.portal.snapshot, 0
        wanted = self.headers.get("Range")
        if wanted:
            begin = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if begin >= len(whole):
                self.send(416, None, {"Content-Range": f"bytes */{len(whole)}"})
                return
        headers = {"Content-Type": "application/gzip", "ETag": '"one"'}
        if wanted:
            headers["Content-Range"] = f"bytes {begin}-{len(whole) - 1}/{len(whole)}"
        self.send(206 if wanted else 200, whole[begin:], headers)

    def _offers(self, query: dict[str, str]) -> None:
        if self.command == "POST":
            number = self.portal.written.setdefault(self.headers["Idempotency-Key"], len(self.portal.written) + 1)
            self.send(201, offer(number), {"ETag": '"1-a"'})
            return
        rows = sorted(self.portal.records().values(), key=lambda one: one["id"])
        place = int(query.get("cursor", 0))
        page = [one for one in rows if one["id"] > place][: self.portal.page_size]
        more = bool(page) and page[-1]["id"] < rows[-1]["id"]
        # As behind a proxy that does not say where the caller was: the client must not go there with its key.
        following = f"http://elsewhere.example/api/v1/offers/?cursor={page[-1]['id']}" if more else None
        self.send(200, {"data": page, "next": following, "meta": {"limit": self.portal.page_size}})

    def _nowhere(self, query: dict[str, str]) -> None:
        self.problem(404, "not-found")

    def problem(self, status: int, kind: str, headers: dict[str, str] | None = None) -> None:
        body = {"type": f"/api/v1/problems/{kind}/", "title": kind, "status": status, "detail": f"Says {kind}."}
        content = {"Content-Type": "application/problem+json", "X-Request-Id": "r-1", **(headers or {})}
        self.send(status, body, content)

    def send(
        self, status: int, body: Any, headers: dict[str, str] | None = None, *, cut_after: int | None = None
    ) -> None:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def hang_up(self) -> None:
        """Reset the connection, as a failing network does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


def refuses(status: int, kind: str = "", **headers: str) -> Callable[[Handler], bool]:
    def befall(handler: Handler) -> bool:
        handler.problem(status, kind, {name.replace("_", "-"): value for name, value in headers.items()})
        return True

    return befall


def passes(handler: Handler) -> bool:
    return False


def cuts(after: int) -> Callable[[Handler], bool]:
    """Answer rightly, but let only so many bytes of head and body through."""

    def befall(handler: Handler) -> bool:
        write, left = handler.wfile.write, after

        def some(data: bytes) -> int:
            nonlocal left
            part, left = data[:left], max(0, left - len(data))
            write(part)
            if len(part) < len(data):
                handler.wfile.flush()
                handler.close_connection = True
                handler.connection.shutdown(socket.SHUT_RDWR)
                raise ConnectionAbortedError
            return len(data)

        handler.wfile.write = some  # type: ignore[method-assign]
        return False

    return befall


def resets(handler: Handler) -> bool:
    handler.hang_up()
    return True
