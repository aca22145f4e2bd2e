"""A real Celery worker, started as a process, takes work from the real broker; one that is killed loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection, transaction

from assistance.matching import DEFAULT_POLICY
from assistance.models import Match, MatchingPolicy, MatchingRun, PortfolioPlan
from assistance.services.portfolio_plans import plan_ask
from assistance.services.queueing import queue_matching
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.celery import app
from tests.factories import OfferFactory, RequestFactory

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def broker():
    """Tasks go through the broker and not, as elsewhere in the tests, straight into the function."""
    app.conf.task_always_eager = False
    with app.connection_for_write() as broker_connection:
        broker_connection.default_channel.queue_purge("celery")
    yield
    app.conf.task_always_eager = True


@pytest.fixture
def start_worker(broker):
    """Start a worker on this test's database; every worker ends with the test."""
    workers = []

    def start() -> subprocess.Popen:
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "cooperation_portal", "worker", "--pool=solo", "--loglevel=WARNING"],
            cwd=settings.BASE_DIR,
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "cooperation_portal.settings.test",
                "DATABASE_NAME": connection.settings_dict["NAME"],
                "BROKER_URL": settings.CELERY_BROKER_URL,
            },
        )
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        if worker.poll() is None:
            worker.send_signal(signal.SIGTERM)
            worker.wait(20)


@pytest.fixture
def pair(cicte, peru):
    MatchingPolicy.objects.create(**DEFAULT_POLICY.as_dict() | {"version": 1})
    RequestFactory(state=peru, needs=[("BIO.LAB", ["TRNG"], "high")])
    return OfferFactory(organization=cicte, areas=["BIO.LAB"], types=["TRNG"])


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_a_published_offer_is_matched_by_the_worker(start_worker, pair):
    start_worker()
    with transaction.atomic():
        run = queue_matching(cause=MatchingRun.Cause.OFFER, offer=pair)
    assert wait_for(lambda: MatchingRun.objects.get(pk=run.pk).status == "done")
    match = Match.objects.get()
    assert match.offer == pair
    assert AuditEntry.objects.about(match).get().source == "task"


def test_what_a_killed_worker_left_is_done_by_the_next(start_worker, pair):
    first = start_worker()
    first.kill()
    first.wait(10)
    # As the killed worker would have left it: begun, never finished, its lock gone with its connection.
    run = MatchingRun.objects.create(cause=MatchingRun.Cause.OFFER, offer=pair, status=MatchingRun.Status.RUNNING)
    start_worker()
    from assistance.tasks import run_queued_matching

    run_queued_matching.delay()
    assert wait_for(lambda: MatchingRun.objects.get(pk=run.pk).status == "done")
    assert Match.objects.count() == 1


def test_a_portfolio_plan_is_computed_by_the_worker(start_worker, pair, expert):
    start_worker()
    with transaction.atomic():
        plan = plan_ask(by=expert, offers_per_request=3, unstated_places=5)
    assert wait_for(lambda: not PortfolioPlan.objects.get(pk=plan.pk).is_waiting)
    plan.refresh_from_db()
    assert (plan.status, plan.problem, plan.is_proven) == ("done", "", True)
    assert [row["offer"] for row in plan.result["pairs"]] == [pair.reference]


def test_a_plan_that_a_killed_worker_left_is_computed_by_the_next(start_worker, pair):
    # As the killed worker would have left it: begun, never finished, its lock gone with its connection.
    plan = PortfolioPlan.objects.create(asked_by_label="Example", status="running", attempts=1)
    start_worker()
    from assistance.tasks import compute_queued_plans

    compute_queued_plans.delay()
    assert wait_for(lambda: PortfolioPlan.objects.get(pk=plan.pk).status == "done")
    assert PortfolioPlan.objects.get(pk=plan.pk).attempts == 2
