"""A portal that breaks its contract in one way at a time: a proxy before the real one that changes what passes."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class Asked:
    """A request on its way to the portal; what is changed here is what the portal gets."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def place(self) -> str:
        """The address below `/api/v1/`, without its query."""
        return urlsplit(self.path).path.removeprefix("/api/v1/")


@dataclass
class Answered:
    """The portal's answer on its way back."""

    status: int
    headers: dict[str, str]
    body: bytes
    asked: Asked


@dataclass
class Breakage:
    """`before` changes requests, `after` answers."""

    before: Callable[[Asked], None] = lambda asked: None
    after: Callable[[Answered], None] = lambda answered: None


@dataclass
class Proxy:
    """Listens on this machine; give it a `breakage`, or none to let everything pass."""

    target: str
    breakage: Breakage = field(default_factory=Breakage)

    def __post_init__(self) -> None:
        handler = type("Bound", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        asked = Asked(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
        self.proxy.breakage.before(asked)
        connection = http.client.HTTPConnection(urlsplit(self.proxy.target).netloc, timeout=60)
        try:
            headers = {name: value for name, value in asked.headers.items() if name.lower() != "content-length"}
            connection.request(asked.method, asked.path, asked.body or None, headers)
            response = connection.getresponse()
            answered = Answered(response.status, dict(response.headers.items()), response.read(), asked)
        finally:
            connection.close()
        self.proxy.breakage.after(answered)
        self.send_response(answered.status)
        for name, value in answered.headers.items():
            if name.lower() not in ("content-length", "connection", "date", "server", "transfer-encoding"):
                self.send_header(name, value)
        if answered.status not in (204, 304):
            self.send_header("Content-Length", str(len(answered.body)))
        self.end_headers()
        self.wfile.write(answered.body)

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815  (names that the library looks for)

    def log_message(self, *args: object) -> None:
        """Quiet: the tests look at what the command says."""
