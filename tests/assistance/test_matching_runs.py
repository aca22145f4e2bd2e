"""Runs of the matching service: what they store, what they leave alone, and how they bear a stopped worker."""

import threading

import pytest
from django.db import connection
from kombu.exceptions import OperationalError

from assistance.matching import DEFAULT_POLICY
from assistance.models import Match, MatchingPolicy, MatchingRun, Offer
from assistance.services.matches import match_dismiss, match_shortlist
from assistance.services.matching import carry_out, carry_out_waiting, run_on_demand
from assistance.services.queueing import queue_matching
from assistance.services.runs import limits
from assistance.tasks import match_everything, run_queued_matching
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from tests.factories import OfferFactory, RequestFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def policy(db):
    values = DEFAULT_POLICY.as_dict()
    return MatchingPolicy.objects.create(**values | {"version": 1})


@pytest.fixture
def request_(peru):
    return RequestFactory(state=peru, needs=[("BIO.LAB", ["TRNG"], "high")])


@pytest.fixture
def offer(cicte):
    return OfferFactory(organization=cicte, areas=["BIO.LAB"], types=["TRNG"])


def run_all():
    run = queue_matching(cause=MatchingRun.Cause.DEMAND)
    carry_out(run.pk)
    run.refresh_from_db()
    return run


def test_a_fitting_offer_is_suggested_with_an_explanation_that_adds_up(request_, offer):
    run = run_all()
    match = Match.objects.get()
    assert (match.request, match.offer, match.status, match.rank) == (request_, offer, "suggested", 1)
    assert sum(round(part["points"] * 100) for part in match.explanation["parts"]) == round(match.score * 100)
    assert match.policy_version == 1
    assert (run.status, run.suggested, run.requests_total, run.requests_done) == ("done", 1, 1, 1)


def test_a_suggestion_is_audited_and_told_to_the_change_feed(request_, offer):
    run_all()
    match = Match.objects.get()
    entry = AuditEntry.objects.about(match).get()
    assert (entry.action, entry.actor_kind) == ("match.suggested", "system")
    assert Change.objects.filter(object_type="match", object_id=match.pk).count() == 1


def test_a_second_run_over_the_same_records_writes_nothing(request_, offer):
    run_all()
    before = (AuditEntry.objects.count(), Change.objects.count(), Match.objects.get().version)
    run = run_all()
    assert (run.suggested, run.changed, run.superseded) == (0, 0, 0)
    assert (AuditEntry.objects.count(), Change.objects.count(), Match.objects.get().version) == before


def test_an_offer_in_another_field_is_not_suggested(request_, cicte):
    OfferFactory(organization=cicte, areas=["EXP.LIC"], types=["SOFT"])
    run_all()
    assert not Match.objects.exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "suspended"}, "live"),
        ({"ends_on": "2020-01-01", "starts_on": None}, "live"),
        ({"capacity": 0}, "capacity"),
        ({"coverage": "selected", "regional_groups": ["African"]}, "covered"),
    ],
)
def test_what_is_no_longer_eligible_is_superseded_with_the_reason(request_, offer, change, reason):
    run_all()
    Offer.objects.filter(pk=offer.pk).update(**change)
    run = queue_matching(cause=MatchingRun.Cause.OFFER, offer=offer)
    carry_out(run.pk)
    match = Match.objects.get()
    assert (match.status, match.superseded_because) == ("superseded", reason)
    assert AuditEntry.objects.about(match).filter(action="match.superseded", reason=reason).exists()


def test_what_becomes_eligible_again_is_suggested_again(request_, offer):
    run_all()
    Offer.objects.filter(pk=offer.pk).update(status="suspended")
    run_all()
    Offer.objects.filter(pk=offer.pk).update(status="ongoing")
    run_all()
    match = Match.objects.get()
    assert (match.status, match.superseded_because) == ("suggested", "")


def test_a_rerun_never_changes_a_decided_match(request_, offer, cicte, expert):
    second = OfferFactory(organization=cicte, areas=["BIO.LAB"], types=["TRNG"])
    run_all()
    match_dismiss(by=expert, match=Match.objects.get(offer=offer), reason="Same course runs already.")
    match_shortlist(by=expert, match=Match.objects.get(offer=second))
    decided = list(Match.objects.order_by("pk").values())
    Offer.objects.update(title="Another title", capacity=0)
    run_all()
    assert list(Match.objects.order_by("pk").values()) == decided


def test_suggestions_of_a_closed_request_give_way(request_, offer):
    run_all()
    request_.status = "withdrawn"
    request_.save()
    run_all()
    assert Match.objects.get().superseded_because == "request_not_open"


def test_only_the_best_are_kept_for_a_request(request_, cicte, monkeypatch):
    monkeypatch.setattr(limits, "SUGGESTIONS_PER_REQUEST", 2)
    for title in ("One", "Two", "Three"):
        OfferFactory(organization=cicte, title=title, areas=["BIO.LAB"], types=["TRNG"])
    run_all()
    late = OfferFactory(
        organization=cicte,
        title="Laboratory training in Peru",
        areas=["BIO.LAB"],
        types=["TRNG"],
        capacity=3,
        coverage="selected",
        states=[request_.state],
        languages=["en"],
    )
    run = queue_matching(cause=MatchingRun.Cause.OFFER, offer=late)
    carry_out(run.pk)
    assert list(Match.objects.filter(status="suggested").order_by("rank").values_list("rank", flat=True)) == [1, 2]
    assert Match.objects.get(rank=1, status="suggested").offer == late
    assert Match.objects.filter(status="superseded", superseded_because="outranked").count() == 1


def test_drafts_and_sourced_history_are_not_matched(request_, cicte):
    OfferFactory(organization=cicte, status="draft", areas=["BIO.LAB"], types=["TRNG"])
    OfferFactory(organization=cicte, provenance="public_source", areas=["BIO.LAB"], types=["TRNG"])
    RequestFactory(status="draft")
    RequestFactory(provenance="public_source")
    run = run_all()
    assert not Match.objects.exists()
    assert run.requests_total == 1


def test_waiting_runs_for_the_same_offer_are_one(offer):
    queue_matching(cause=MatchingRun.Cause.OFFER, offer=offer)
    queue_matching(cause=MatchingRun.Cause.OFFER, offer=offer)
    assert MatchingRun.objects.filter(offer=offer).count() == 1


def test_without_a_broker_the_run_waits_for_the_schedule(
    request_, offer, monkeypatch, django_capture_on_commit_callbacks
):
    def no_broker(*args, **kwargs):
        raise OperationalError("no broker")

    monkeypatch.setattr(run_queued_matching, "apply_async", no_broker)
    with django_capture_on_commit_callbacks(execute=True):
        queue_matching(cause=MatchingRun.Cause.OFFER, offer=offer)
    assert not Match.objects.exists()
    assert run_queued_matching() == 1
    assert Match.objects.exists()


def test_publishing_reaches_the_worker_after_commit(request_, offer, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        queue_matching(cause=MatchingRun.Cause.OFFER, offer=offer)
    assert Match.objects.exists()


def test_a_run_that_a_worker_left_is_carried_out_again(request_, offer):
    MatchingRun.objects.create(cause="demand", status="running")
    assert carry_out_waiting() == 1
    assert Match.objects.exists()


def test_the_nightly_task_queues_a_full_run(request_, offer):
    match_everything()
    assert carry_out_waiting() == 1
    assert MatchingRun.objects.get().cause == "nightly"


def test_a_policy_that_cannot_rank_fails_the_run_with_its_message(request_, offer, policy):
    policy.weights = dict.fromkeys(policy.weights, 0)
    policy.save()
    run = run_all()
    assert run.status == "failed"
    assert (run.problem_code, "weights are 0" in run.problem) == ("bad_policy", True)


def test_only_experts_and_the_secretariat_start_a_run(people):
    allowed = set()
    for name, user in people.items():
        try:
            run_on_demand(by=user)
        except NotAllowed:
            continue
        allowed.add(name)
    assert allowed == {"expert", "secretariat"}


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_carry_out_one_run_twice(request_, offer):
    run = MatchingRun.objects.create(cause=MatchingRun.Cause.DEMAND)
    results, barrier = [], threading.Barrier(2)

    def work():
        try:
            barrier.wait(10)
            results.append(carry_out(run.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == [False, True]
    assert Match.objects.count() == 1
