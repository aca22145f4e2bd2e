"""A small asyncio client that asks one address again and again, by a new connection each time as sync workers want."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass


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
    p95_ms: float
    size: int


async def ask(port: int, path: str, headers: Mapping[str, str]) -> Answer:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *(f"{k}: {v}" for k, v in headers.items())]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    raw = await reader.read(-1)
    writer.close()
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    found = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    return Answer(int(first.split()[1]), found, body)


def load(
    port: int, path: str, headers: Mapping[str, str], *, clients: int, seconds: float, expected: int = 200
) -> Load:
    """Let so many clients ask for so long, each as soon as it has its answer."""
    return asyncio.run(_load(port, path, headers, clients, seconds, expected))


async def _load(port: int, path: str, headers: Mapping[str, str], clients: int, seconds: float, expected: int) -> Load:
    times: list[float] = []
    size = 0
    began = time.perf_counter()

    async def client() -> None:
        nonlocal size
        while time.perf_counter() - began < seconds:
            asked = time.perf_counter()
            answer = await ask(port, path, headers)
            if answer.status != expected:
                raise RuntimeError(f"{path} answered {answer.status}: {answer.body[:300]!r}")
            times.append((time.perf_counter() - asked) * 1000)
            size = len(answer.body)

    await asyncio.gather(*(client() for _ in range(clients)))
    took = time.perf_counter() - began
    return Load(
        per_second=round(len(times) / took, 1),
        median_ms=round(statistics.median(times), 1),
        p95_ms=round(statistics.quantiles(times, n=20)[18], 1),
        size=size,
    )
