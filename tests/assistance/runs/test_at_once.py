"""Runs beside each other and beside people who change records: nothing is lost, nothing is written twice."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from assistance.models import Match, MatchingRun
from assistance.services.matching import carry_out
from assistance.services.queueing import queue_matching
from assistance.services.runs import limits
from assistance.services.runs.run import Run
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from tests.factories import OfferFactory, RequestFactory

from .worlds import World, carried_out, store_policy, written

pytestmark = pytest.mark.django_db(transaction=True)

Cause = MatchingRun.Cause


@pytest.fixture(autouse=True)
def policy(db):
    return store_policy()


class Worker(threading.Thread):
    """Carries out one run on a connection of its own; `problem` is what it raised."""

    def __init__(self, run: MatchingRun) -> None:
        super().__init__(daemon=True)
        self.run_id = run.pk
        self.problem: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            carry_out(self.run_id)
        except BaseException as problem:
            self.problem = problem
        finally:
            connection.close()

    def finish(self) -> None:
        self.join(60)
        assert not self.is_alive()
        assert self.problem is None


def queued(**about):
    return MatchingRun.objects.create(cause=Cause.DEMAND, **about)


def test_two_full_runs_and_runs_over_single_records_at_once_agree(monkeypatch):
    monkeypatch.setattr(limits, "SUGGESTIONS_PER_REQUEST", 3)
    monkeypatch.setattr(limits, "BATCH", 2)
    world = World(7, offers=14, requests=8)
    runs = [queued(), queued(), queued(offer=world.offers[0]), queued(request=world.requests[0])]
    workers = [Worker(run) for run in runs]
    for worker in workers:
        worker.finish()
    assert set(MatchingRun.objects.values_list("status", flat=True)) == {"done"}
    suggested = Match.objects.filter(status="suggested")
    assert suggested.exists()
    assert AuditEntry.objects.filter(action="match.suggested").count() == sum(run.suggested for run in reread(runs))
    assert written(carried_out()) == (0, 0, 0)


def reread(runs):
    return MatchingRun.objects.filter(pk__in=[run.pk for run in runs])


def test_how_far_a_run_is_shows_on_another_connection_with_what_is_done(monkeypatch, cicte, peru):
    monkeypatch.setattr(limits, "BATCH", 1)
    OfferFactory(organization=cicte)
    RequestFactory.create_batch(3, state=peru)
    first_stored, go_on = threading.Event(), threading.Event()
    real = Run._store

    def step_by_step(self, *args, **kwargs):
        if first_stored.is_set():
            go_on.wait(30)
        batch = real(self, *args, **kwargs)
        first_stored.set()
        return batch

    monkeypatch.setattr(Run, "_store", step_by_step)
    run = queued()
    worker = Worker(run)
    assert first_stored.wait(30)
    run.refresh_from_db()
    assert (run.status, run.requests_done, run.requests_total, run.suggested) == ("running", 1, 3, 1)
    assert Match.objects.count() == Change.objects.filter(object_type="match").count() == 1
    go_on.set()
    worker.finish()
    run.refresh_from_db()
    assert (run.status, run.requests_done, run.suggested) == ("done", 3, 3)


def test_a_waiting_run_does_not_start_before_the_change_that_asks_for_it_is_committed(cicte, peru):
    offer = OfferFactory(organization=cicte)
    RequestFactory(state=peru)
    waiting = MatchingRun.objects.create(cause=Cause.OFFER, offer=offer)
    with transaction.atomic():
        offer.status = "suspended"
        offer.version += 1
        offer.save()
        assert queue_matching(cause=Cause.OFFER, offer=offer) == waiting
        worker = Worker(waiting)
        worker.join(1)
        assert worker.is_alive(), "it waits"
    worker.finish()
    assert not Match.objects.exists()


def test_the_change_feed_follows_commits_while_runs_write(monkeypatch):
    monkeypatch.setattr(limits, "BATCH", 2)
    World(3, offers=10, requests=6)
    workers = [Worker(queued()), Worker(queued())]
    for worker in workers:
        worker.finish()
    keys = list(Change.objects.filter(object_type="match").order_by("id").values_list("object_id", flat=True))
    assert len(keys) == len(set(keys)) == Match.objects.count()
