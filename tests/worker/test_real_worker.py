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
from assistance.services.runs import limits
from assistance.tasks import run_queued_matching
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.celery import app
from tests.factories import MatchFactory, OfferFactory, RequestFactory

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


@pytest.fixture
def slowly(db):
    """Storing a batch of suggestions takes a while, so that a worker can be met at work."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_sleep(1.5); RETURN NULL; END $$; "
            "CREATE TRIGGER dawdle AFTER INSERT ON assistance_match FOR EACH STATEMENT EXECUTE FUNCTION dawdle()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION dawdle() CASCADE")


def test_a_worker_killed_at_work_loses_nothing_and_another_finishes(start_worker, slowly, pair, peru):
    requests = RequestFactory.create_batch(2 * limits.BATCH + 9, state=peru)
    decided = MatchFactory(request=requests[0], offer=pair, status="dismissed", decision_reason="Known already.")
    before = Match.objects.filter(pk=decided.pk).values().get()
    run = MatchingRun.objects.create(cause=MatchingRun.Cause.DEMAND)
    first = start_worker()
    run_queued_matching.delay()
    assert wait_for(lambda: MatchingRun.objects.get(pk=run.pk).requests_done >= limits.BATCH)
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    run.refresh_from_db()
    assert (run.status, run.requests_done) == ("running", limits.BATCH)
    assert Match.objects.exclude(pk=decided.pk).count() == run.suggested > 0, "whole batches and nothing else"
    start_worker()
    run_queued_matching.delay()
    assert wait_for(lambda: MatchingRun.objects.get(pk=run.pk).status == "done")
    run.refresh_from_db()
    assert (run.attempts, run.requests_done) == (2, len(requests) + 1)
    assert Match.objects.count() == len(requests) + 1
    assert Match.objects.filter(pk=decided.pk).values().get() == before
    told = AuditEntry.objects.filter(action="match.suggested").values_list("object_id", flat=True)
    assert sorted(told) == sorted(Match.objects.exclude(pk=decided.pk).values_list("pk", flat=True))


def test_two_workers_at_once_do_every_run_once(start_worker, pair, cicte, peru):
    offers = [pair, *OfferFactory.create_batch(4, organization=cicte, areas=["BIO.LAB"], types=["TRNG"])]
    requests = RequestFactory.create_batch(12, state=peru)
    runs = [MatchingRun.objects.create(cause=MatchingRun.Cause.NIGHTLY) for _ in range(2)]
    runs += [MatchingRun.objects.create(cause=MatchingRun.Cause.OFFER, offer=offer) for offer in offers]
    start_worker()
    start_worker()
    for _ in range(4):
        run_queued_matching.delay()
    assert wait_for(lambda: not MatchingRun.objects.exclude(status="done").exists())
    assert set(MatchingRun.objects.values_list("attempts", flat=True)) == {1}
    assert Match.objects.count() == (len(requests) + 1) * len(offers)
    assert AuditEntry.objects.filter(action="match.suggested").count() == Match.objects.count()
    ranks = Match.objects.filter(request=requests[0]).order_by("rank").values_list("rank", flat=True)
    assert list(ranks) == [1, 2, 3, 4, 5]


def test_what_a_killed_worker_left_is_done_by_the_next(start_worker, pair):
    first = start_worker()
    first.kill()
    first.wait(10)
    # As the killed worker would have left it: begun, never finished, its lock gone with its connection.
    run = MatchingRun.objects.create(cause=MatchingRun.Cause.OFFER, offer=pair, status=MatchingRun.Status.RUNNING)
    start_worker()
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
