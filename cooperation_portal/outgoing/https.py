"""One POST over HTTPS to a checked address: pinned, no redirects, limits on time and size."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from .addresses import Address, NoPublicAddress, addresses_of
from .urls import Destination

#: Seconds for one connection with its TLS handshake, and for the whole, lookup apart.
CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 15.0
#: Bytes of the answer that are read; the rest is not waited for.
ANSWER_BYTES = 4096
#: Addresses of one name that are tried while none takes the connection.
ADDRESSES_TRIED = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said: `body` is its beginning, not decoded, since a small body can unpack to a huge one."""

    status: int
    retry_after: str
    body: bytes


class NoAnswer(Exception):
    """Nothing came that could be used. `code` is one of `no_address`, `no_connection`, `tls`, `timeout`, `broken`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def post(to: Destination, *, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send `body` and give the answer, whatever its status; a redirect is an answer like others and not followed.

    The name is looked up once and the connection goes to what was found; the certificate must be valid for the name.
    Environment proxies are not used: behind one, who is called could not be checked. Raises `NoAnswer`.
    """
    try:
        addresses = addresses_of(to.host, to.port)
    except NoPublicAddress:
        raise NoAnswer("no_address") from None
    deadline = time.monotonic() + WHOLE_SECONDS
    connection = _connected(to, addresses[:ADDRESSES_TRIED], deadline)
    try:
        _wait_until(deadline, connection)
        with _ends_at(deadline, connection) as is_cut:
            return _exchanged(connection, to, body, headers, is_cut)
    except (TimeoutError, HTTPError, http.client.HTTPException, OSError, ValueError) as problem:
        late = isinstance(problem, TimeoutError) or time.monotonic() >= deadline
        raise NoAnswer("timeout" if late else "broken") from problem
    finally:
        connection.close()


def _connected(to: Destination, addresses: list[Address], deadline: float) -> HTTPSConnection:
    """Connect to the first address that takes it, with the system's certificates and the host's own name."""
    problem: Exception | None = None
    for address in addresses:
        seconds = min(CONNECT_SECONDS, deadline - time.monotonic())
        if seconds <= 0:
            break
        connection = HTTPSConnection(
            str(address),
            to.port,
            timeout=seconds,
            server_hostname=to.host,
            ssl_context=ssl.create_default_context(),
        )
        try:
            connection.connect()
        except ssl.SSLError as refused:
            connection.close()
            raise NoAnswer("tls") from refused
        except (HTTPError, OSError) as failed:
            connection.close()
            problem = failed
        else:
            return connection
    raise NoAnswer("no_connection") from problem


def _exchanged(
    connection: HTTPSConnection, to: Destination, body: bytes, headers: Mapping[str, str], is_cut: threading.Event
) -> Answer:
    named = to.host if to.port == 443 else f"{to.host}:{to.port}"
    sent = {**headers, "Host": named, "Accept-Encoding": "identity", "Connection": "close"}
    connection.request("POST", to.target, body=body, headers=sent, preload_content=False, decode_content=False)
    # The answer owns the socket from here on: closing the connection alone would leave it open.
    with closing(connection.getresponse()) as response:
        if is_cut.is_set():
            raise TimeoutError  # what was read of the header fields looks whole, and is not
        return Answer(response.status, response.headers.get("Retry-After", ""), _beginning(response))


def _beginning(response: HTTPResponse) -> bytes:
    """The first bytes of the body. A status has been given: what breaks after it no longer matters."""
    try:
        return response.read(ANSWER_BYTES, decode_content=False)
    except (HTTPError, http.client.HTTPException, OSError, ValueError):
        return b""


def _wait_until(deadline: float, connection: HTTPSConnection) -> None:
    """Replace the limit that held for connecting: who took the connection has the rest of the time to answer."""
    seconds = max(0.001, deadline - time.monotonic())
    connection.timeout = seconds  # urllib3 sets it on the socket with each request
    connection.sock.settimeout(seconds)


@contextmanager
def _ends_at(deadline: float, connection: HTTPSConnection) -> Iterator[threading.Event]:
    """Cut the connection at the deadline, and tell whether that was done.

    A time limit of a socket holds for each read: who sends a byte now and then would hold the worker for hours.
    """
    wire = connection.sock
    is_cut = threading.Event()

    def cut() -> None:
        is_cut.set()
        # The plain socket's own method: TLS is at work in the other thread.
        try:
            socket.socket.shutdown(wire, socket.SHUT_RDWR)
        except OSError:
            return  # already closed

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield is_cut
    finally:
        timer.cancel()
