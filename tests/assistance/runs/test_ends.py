"""How runs end: done, failed with what to do, or left for another worker."""

from __future__ import annotations

import logging

import pytest
from django.db import OperationalError

from assistance.models import Area, Match, MatchingPolicy, MatchingRun, Offer
from assistance.services import matching
from assistance.services.matching import carry_out, carry_out_waiting
from assistance.services.policies import policy_create
from assistance.services.runs.run import Run
from tests.factories import OfferFactory, RequestFactory

from .worlds import carried_out, store_policy

pytestmark = pytest.mark.django_db

Status, Cause = MatchingRun.Status, MatchingRun.Cause


@pytest.fixture
def policy(db):
    return store_policy()


@pytest.fixture
def pair(cicte, peru):
    return OfferFactory(organization=cicte), RequestFactory(state=peru)


def ended(run):
    carry_out(run.pk)
    run.refresh_from_db()
    return run.status, run.problem_code


def queued(cause=Cause.DEMAND, **about):
    return MatchingRun.objects.create(cause=cause, **about)


def test_a_run_tells_counts_policy_duration_and_where_the_time_went(policy, pair):
    run = carried_out()
    assert (run.policy_version, run.requests_total, run.requests_done, run.offers_total, run.suggested) == (
        1,
        1,
        1,
        1,
        1,
    )
    assert run.duration.total_seconds() * 1000 >= run.reading_ms + run.scoring_ms + run.writing_ms - 3
    assert min(run.reading_ms, run.scoring_ms, run.writing_ms) > 0
    assert run.attempts == 1


def test_without_a_policy_the_run_says_who_adds_one(pair):
    assert ended(queued()) == (Status.FAILED, "no_policy")


def test_a_tree_with_a_cycle_fails_the_run_with_the_area(policy, pair):
    lab = Area.objects.get(code="BIO.LAB")
    Area.objects.filter(code="BIO").update(parent=lab)
    run = queued()
    assert ended(run) == (Status.FAILED, "bad_records")
    assert "BIO" in run.problem


def test_with_nothing_open_or_nothing_live_the_run_is_done_and_says_so(policy, cicte):
    OfferFactory(organization=cicte)
    assert ended(queued()) == (Status.DONE, "no_requests")
    RequestFactory()
    Offer.objects.update(capacity=0)
    assert ended(queued()) == (Status.DONE, "no_offers")


def test_an_unexpected_error_fails_the_run_and_is_logged(policy, pair, monkeypatch, caplog):
    def broken(self):
        raise ZeroDivisionError

    monkeypatch.setattr(Run, "carry_out", broken)
    run = queued()
    with caplog.at_level(logging.ERROR):
        assert ended(run) == (Status.FAILED, "unexpected")
    assert run.problem == "ZeroDivisionError"
    assert run.finished_at is not None
    assert any(record.exc_info for record in caplog.records)


def test_a_run_that_loses_the_database_waits_to_be_taken_up_again(policy, pair, monkeypatch):
    real = Run.carry_out

    def lost(self):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(Run, "carry_out", lost)
    run = queued()
    with pytest.raises(OperationalError):
        carry_out(run.pk)
    run.refresh_from_db()
    assert run.status == Status.RUNNING
    monkeypatch.setattr(Run, "carry_out", real)
    assert carry_out_waiting() == 1
    run.refresh_from_db()
    assert (run.status, run.attempts) == (Status.DONE, 2)


def test_a_run_that_no_worker_survives_is_given_up(policy, pair):
    run = queued(status=Status.RUNNING, attempts=matching.MOST_ATTEMPTS)
    assert ended(run) == (Status.FAILED, "worker_died")
    assert not Match.objects.exists()


def test_a_new_policy_queues_a_run_of_its_own_cause(policy, secretariat):
    draft = MatchingPolicy(**{**policy_values(policy), "threshold": 35.0})
    policy_create(by=secretariat, policy=draft)
    assert MatchingRun.objects.get().cause == Cause.POLICY


def policy_values(policy):
    return {
        name: getattr(policy, name) for name in ("weights", "lowering", "priorities", "threshold", "reach", "breadth")
    }


def test_a_policy_that_comes_into_force_during_a_run_is_the_one_that_ranks(policy, pair, monkeypatch):
    real, begun = Run._begin, []

    def with_another_policy(self, requests):
        if not begun:
            begun.append(MatchingPolicy.objects.create(**policy_values(policy), version=2))
        real(self, requests)

    monkeypatch.setattr(Run, "_begin", with_another_policy)
    run = carried_out()
    assert (run.policy_version, Match.objects.get().policy_version, run.suggested) == (2, 2, 1)


def test_an_offer_that_changes_during_a_run_is_left_to_its_own_run(policy, pair, monkeypatch):
    offer, _request = pair
    real = Run._require_same_policy

    def with_a_change(self):
        Offer.objects.filter(pk=offer.pk).update(status="suspended", version=2)
        real(self)

    monkeypatch.setattr(Run, "_require_same_policy", with_a_change)
    run = carried_out()
    assert (run.suggested, Match.objects.count()) == (0, 0)


def test_a_request_that_changes_during_a_run_is_left_to_its_own_run(policy, pair, monkeypatch):
    _offer, request = pair
    real = Run._require_same_policy

    def with_a_change(self):
        type(request).objects.filter(pk=request.pk).update(status="withdrawn", version=2)
        real(self)

    monkeypatch.setattr(Run, "_require_same_policy", with_a_change)
    assert carried_out().suggested == 0
    assert not Match.objects.exists()
