"""The partner API under gunicorn: its list of 200 offers beside a bare view and stock serializers, not modified, the
change feed, and the same with ten times the rows; then a sync of everything and many mirrors with nothing new.

Two workers of each portal and the client share the machine; one portal is asked at a time. Everything is asked in turns
within one run, so that what else the machine does falls on all alike; figures are medians of the turns.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .load import ask, load

OFFERS = 10_000
TENFOLD = 100_000
WORKERS = 2
CLIENTS = 4
TURNS = 40
SECONDS = 0.4
LIST = "/api/v1/offers/?limit=200"
FEED = "/api/v1/changes/?limit=200&type=offer"
MIRRORS = 200
#: Answers a second in each turn, by what was asked for.
Turns = dict[str, list[float]]
RATIOS = (
    *("list_to_bare", "list_to_stock_serializers", "not_modified_to_list", "first_not_modified_to_list"),
    *("changes_to_list", "tenfold_rows"),
)

_FILL = """
from io import StringIO
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from assistance.models import Offer
call_command("migrate", verbosity=0)
call_command("load_reference", stdout=StringIO())
if not Offer.objects.filter(reference__startswith="OFF-V").exists():
    call_command("load_volume", offers={offers}, requests=0, stdout=StringIO())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.api.services import api_key_create
from organizations.models import Organization
organization = Organization.objects.get_or_create(acronym="BENCH", defaults={{"name": "Example", "category": "ngo"}})[0]
print(api_key_create(by=SYSTEM, organization=organization, name="Benchmark", scopes=["read"])[1])
"""


def measure(options: Namespace) -> dict[str, Any]:
    """Answers a second of each, their ratios, and the two syncs. Needs an otherwise idle machine to mean anything."""
    with (
        portal("portal_bench_api", OFFERS) as usual,
        portal("portal_bench_api_tenfold", TENFOLD) as tenfold,
    ):
        turns, turns_tenfold = compare(usual, tenfold)
        polling = poll(*usual)
        sync = sync_everything(*tenfold)
    return {
        "offers": OFFERS,
        "tenfold_offers": TENFOLD,
        "workers": WORKERS,
        "clients": CLIENTS,
        "per_second": _medians(turns),
        "per_second_tenfold": _medians(turns_tenfold),
        "list_to_bare": round(_ratio(turns["list"], turns["bare"]), 2),
        "list_to_stock_serializers": round(_ratio(turns["list"], turns["stock"]), 1),
        "not_modified_to_list": round(_ratio(turns["not_modified"], turns["list"]), 1),
        "first_not_modified_to_list": round(_ratio(turns["not_modified_at_first"], turns["list"]), 1),
        "changes_to_list": round(_ratio(turns["changes"], turns["list"]), 2),
        "tenfold_rows": round(_ratio(turns_tenfold["list"], turns["list"]), 2),
        "sync": sync,
        "polling": polling,
    }


def _medians(turns: Turns) -> dict[str, float]:
    return {name: round(statistics.median(found), 1) for name, found in turns.items()}


def _ratio(some: Iterable[float], others: Iterable[float]) -> float:
    """The median of what each turn found, so that a machine that is slow for some turns counts for both alike."""
    return statistics.median(one / other for one, other in zip(some, others, strict=True))


@contextmanager
def portal(database: str, offers: int) -> Iterator[tuple[int, str]]:
    """Serve a database with so many offers; give the port and a key of an organization."""
    environment = os.environ | {"DATABASE_NAME": database, "DJANGO_SETTINGS_MODULE": "benchmarks.api_settings"}
    environment.pop("DATABASE_URL", None)
    from cooperation_portal.local.places import places
    from cooperation_portal.local.services import ensure_services

    with ensure_services(places("run"), name=database, database=True, broker=True) as services:
        environment |= {"DATABASE_URL": services.database_url, "BROKER_URL": services.broker_url}
        filled = subprocess.run(  # noqa: S603
            [sys.executable, "-c", _FILL.format(offers=offers)],
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        key = filled.stdout.split()[-1]
        port = _free_port()
        gunicorn = [sys.executable, "-m", "gunicorn", "cooperation_portal.wsgi:application", f"--bind=127.0.0.1:{port}"]
        gunicorn += [f"--workers={WORKERS}", "--no-control-socket", "--log-level=warning", "--backlog=512"]
        server = subprocess.Popen(gunicorn, env=environment)  # noqa: S603
        try:
            _wait_for(port)
            yield port, key
        finally:
            server.terminate()
            server.wait(timeout=30)


def compare(*portals: tuple[int, str]) -> list[Turns]:
    """Ask each address of each portal for a while, in as many turns; every other turn goes the other way round."""
    asked = [(place, port, *one) for place, (port, key) in enumerate(portals) for one in _addresses(port, key)]
    turns: list[Turns] = [{name: [] for _, _, name, *_ in asked} for _ in portals]
    for turn in range(TURNS + 1):
        for place, port, name, path, headers, expected in asked if turn % 2 else reversed(asked):
            found = load(port, (path, headers), clients=CLIENTS, seconds=SECONDS, expected=expected)
            if turn:  # the first one warms up
                turns[place][name].append(found.per_second)
    return turns


def _addresses(port: int, key: str) -> Iterator[tuple[str, str, Mapping[str, str], int]]:
    """Name, path, headers and expected status of what is compared."""
    authorized = {"Authorization": f"Bearer {key}"}
    listed = ask(port, LIST, authorized)
    first = json.loads(ask(port, FEED, authorized).body)
    _refuse_unequal(port, authorized)
    yield "bare", "/bare/", {}, 200
    yield "list", LIST, authorized, 200
    # A page on the way: the first one lies behind the vocabularies.
    yield "changes", f"{FEED}&cursor={first['meta']['cursor']}", authorized, 200
    yield "stock", "/stock/", {}, 200
    known = authorized | {"If-None-Match": listed.headers["etag"]}
    yield "not_modified", LIST, known, 304
    # In a language that nobody asked in before, so that nothing is remembered of an earlier poll.
    yield "not_modified_at_first", LIST, known | {"Accept-Language": "en;q=0.{turn}"}, 304


def _refuse_unequal(port: int, authorized: Mapping[str, str]) -> None:
    """The comparison holds only where all send the same offers."""
    sent = {
        path: [(row["ref"], row["title"], sorted(row["areas"]), sorted(row["states"])) for row in rows]
        for path, name in (("/bare/", "data"), (LIST, "data"), ("/stock/", "results"))
        for rows in [json.loads(ask(port, path, authorized).body)[name]]
    }
    if len({json.dumps(rows) for rows in sent.values()}) != 1:
        raise RuntimeError("The views that are compared do not send the same offers.")


def sync_everything(port: int, key: str) -> dict[str, Any]:
    """A mirror from nothing by the change feed: rows a second, and how much memory a server worker gained."""
    authorized = {"Authorization": f"Bearer {key}"}
    before = _workers_memory(port)
    rows = pages = 0
    path: str | None = "/api/v1/changes/?limit=200"
    began = time.perf_counter()
    while path:
        answer = json.loads(ask(port, path, authorized).body)
        rows, pages = rows + len(answer["data"]), pages + 1
        path = answer["next"] and "/" + answer["next"].split("/", 3)[3]
    took = time.perf_counter() - began
    return {
        "rows": rows,
        "pages": pages,
        "seconds": round(took, 1),
        "rows_per_second": round(rows / took),
        "worker_memory_growth_mb": round(_workers_memory(port) - before, 1),
    }


def poll(port: int, key: str) -> dict[str, Any]:
    """Many mirrors that ask for changes and find nothing new, each with its ETag and at an address of its own."""
    authorized = {"Authorization": f"Bearer {key}"}
    path: str | None = "/api/v1/changes/?limit=200"
    cursor = ""
    while path:
        answer = json.loads(ask(port, path, authorized).body)
        cursor, path = answer["meta"]["cursor"], answer["next"] and "/" + answer["next"].split("/", 3)[3]
    waiting = f"/api/v1/changes/?cursor={cursor}&limit="
    addresses = [f"{waiting}{number}" for number in range(1, MIRRORS + 1)]
    requests = [(one, authorized | {"If-None-Match": ask(port, one, authorized).headers["etag"]}) for one in addresses]
    found = load(port, *requests, clients=MIRRORS, seconds=10, expected=304)
    return {
        "mirrors": MIRRORS,
        "answers_per_second": found.per_second,
        "median_ms": found.median_ms,
        "p90_ms": found.p90_ms,
        "each_may_ask_every_seconds": round(MIRRORS / found.per_second, 2),
    }


def _workers_memory(port: int) -> float:
    """Resident memory of the gunicorn processes on this port, in MB."""
    pages = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            if b"gunicorn" in command and f":{port}".encode() in command:
                pages += int((process / "statm").read_text().split()[1])
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("gunicorn did not come up.")


def show(results: dict[str, Any]) -> None:
    print(f"{'answers a second':24} {results['offers']:>10,} offers {results['tenfold_offers']:>10,} offers")
    for name, value in results["per_second"].items():
        print(f"{name:24} {value:>17} {results['per_second_tenfold'][name]:>17}")
    for name in RATIOS:
        print(f"{name:24} {results[name]:>17}")
    print("sync from nothing:", results["sync"])
    print("nothing new:", results["polling"])
