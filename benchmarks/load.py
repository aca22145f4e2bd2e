"""A small client that asks one address again and again over plain sockets: a thread for each caller, no keep-alive.

Not `wrk`: it takes each 304, which has no body and no length, for an answer that is still coming, and waits.
"""

from __future__ import annotations

import socket
import statistics
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

_turns = count(1)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Load:
    """What came of asking for a while: answers a second, and how long single ones took in milliseconds."""

    per_second: float
    median_ms: float
    p90_ms: float


def ask(port: int, path: str, headers: Mapping[str, str]) -> Answer:
    head, _, body = _exchange(port, _request(path, headers)).partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    found = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    return Answer(int(first.split()[1]), found, body)


def load(
    port: int, *requests: tuple[str, Mapping[str, str]], clients: int, seconds: float, expected: int = 200
) -> Load:
    """Let so many clients ask for so long, each as soon as it has its answer.

    Requests are paths with headers; the clients share them out. `{turn}` in a header is a number of each request's own.
    Raises `RuntimeError` where an answer has another status than expected.
    """
    start = f"HTTP/1.1 {expected}".encode()
    times: list[list[float]] = [[] for _ in range(clients)]
    wrong: list[bytes] = []
    began = time.perf_counter()

    def client(number: int, own: list[float]) -> None:
        path, headers = requests[number % len(requests)]
        request = _request(path, headers)
        while not wrong and time.perf_counter() - began < seconds:
            asked = time.perf_counter()
            answer = _exchange(port, request.replace(b"{turn}", str(next(_turns)).encode()))
            if not answer.startswith(start):
                wrong.append(answer[:300])
            own.append((time.perf_counter() - asked) * 1000)

    threads = [threading.Thread(target=client, args=one) for one in enumerate(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise RuntimeError(f"{requests[0][0]} answered {wrong[0]!r}")
    took = time.perf_counter() - began
    all_times = [one for own in times for one in own]
    return Load(
        per_second=round(len(all_times) / took, 1),
        median_ms=round(statistics.median(all_times), 1),
        p90_ms=round(statistics.quantiles(all_times, n=10)[8], 1),
    )


def _request(path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _exchange(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(1 << 18):
            parts.append(part)
    return b"".join(parts)
