"""The pages that people open most, over many records, each beside a page that reads nothing from the database."""

from __future__ import annotations

import statistics
import time
from argparse import Namespace
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assistance.models import MatchingRun, Offer
from assistance.services.matching import carry_out
from assistance.services.queueing import queue_matching
from cooperation_portal.access.roles import Role
from organizations.models import Affiliation, Organization, User

#: Name, path, and whose page it is.
PAGES = (
    ("dashboard of an expert", "/dashboard/", Role.EXPERT),
    ("dashboard of an editor", "/dashboard/", Role.EDITOR),
    ("offer list", "/offers/", Role.EDITOR),
    ("offer list, searched", "/offers/?q=licensing", Role.EDITOR),
    ("request list", "/requests/", Role.EXPERT),
    ("match queue", "/admin/assistance/match/", Role.EXPERT),
    ("/api/v1/offers/", "/api/v1/offers/", None),
    ("/api/v1/offers/?limit=200", "/api/v1/offers/?limit=200", None),
)
BARE = "/health/"
BODIES = {Role.EXPERT: "1540 GoE", Role.EDITOR: "CICTE"}


def prepare(*, offers: int, requests: int) -> None:
    """Migrate, load reference data and volume once, and match everything."""
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    call_command("load_reference", stdout=StringIO())
    if not Offer.objects.filter(reference__startswith="OFF-V").exists():
        call_command("load_volume", offers=offers, requests=requests, stdout=StringIO())
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    if not MatchingRun.objects.filter(status=MatchingRun.Status.DONE).exists():
        carry_out(queue_matching(cause=MatchingRun.Cause.DEMAND).pk)
    for role, acronym in BODIES.items():
        _person(role, acronym)


def _person(role: Role, acronym: str) -> User:
    email = f"bench-{role}@bench.example"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email=email, name="Example Bench")
        Affiliation.objects.create(
            user=user,
            organization=Organization.objects.get(acronym=acronym),
            role=role,
            status=Affiliation.Status.ACTIVE,
        )
    return user


def measure(options: Namespace) -> dict[str, Any]:
    """Median and 95th percentile in milliseconds, the number of queries, and the ratio to the bare page's median."""
    prepare(offers=options.offers, requests=options.requests)
    rounds = options.rounds
    bare = _timed(Client(), BARE, rounds)
    found: dict[str, Any] = {"bare": _summary(bare)}
    for name, path, role in PAGES:
        client = Client()
        if role is not None:
            client.force_login(
                _person(role, BODIES[role]), backend="allauth.account.auth_backends.AuthenticationBackend"
            )
        times = _timed(client, path, rounds)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        found[name] = _summary(times) | {
            "queries": len(queries),
            "ratio_to_bare": round(statistics.median(times) / statistics.median(bare), 1),
        }
    return found


def _timed(client: Client, path: str, rounds: int) -> list[float]:
    times = []
    for turn in range(rounds + 3):
        began = time.perf_counter()
        response = client.get(path)
        elapsed = time.perf_counter() - began
        if response.status_code != 200:
            raise RuntimeError(f"{path} answered {response.status_code}")
        if turn >= 3:  # the first rounds load templates and statistics
            times.append(elapsed * 1000)
    return times


def _summary(times: list[float]) -> dict[str, float]:
    return {
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(statistics.quantiles(times, n=20)[18], 1),
    }


def show(results: dict[str, Any]) -> None:
    print(f"{'page':32} {'median ms':>10} {'p95 ms':>8} {'queries':>8} {'× bare':>8}")
    for name, row in results.items():
        queries, ratio = row.get("queries", ""), row.get("ratio_to_bare", "")
        print(f"{name:32} {row['median_ms']:>10} {row['p95_ms']:>8} {queries:>8} {ratio:>8}")
