"""Trying a draft: what it finds, that nothing is written, and who computes it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistance.matching import DEFAULT_POLICY
from assistance.models import Match, MatchingPolicy, MatchingRun, PolicyPreview
from assistance.services import previews
from assistance.services.matches import match_dismiss, match_shortlist
from assistance.services.matching import carry_out
from assistance.services.previews import preview_carry_out, preview_start, previews_carry_out_waiting
from assistance.services.queueing import queue_matching
from assistance.services.ranking import MatchingNotPossible
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from tests.factories import OfferFactory, RequestFactory

pytestmark = pytest.mark.django_db


def values(**changes) -> dict:
    stored = DEFAULT_POLICY.as_dict()
    del stored["version"]
    return stored | changes


def weights(**changes: float) -> dict:
    return dict(DEFAULT_POLICY.weights) | changes


@pytest.fixture(autouse=True)
def policy(db):
    return MatchingPolicy.objects.create(version=1, **values())


@pytest.fixture
def world(cicte, peru):
    """A request, an offer in its region and one in its language: which is first is a matter of weights."""
    request = RequestFactory(state=peru, languages=["es"], needs=[("BIO.LAB", ["TRNG"], "high")])
    regional = OfferFactory(organization=cicte, coverage="selected", states=[peru], languages=["en"])
    speaking = OfferFactory(organization=cicte, languages=["es"])
    carry_out(queue_matching(cause=MatchingRun.Cause.DEMAND).pk)
    return {"request": request, "regional": regional, "speaking": speaking}


def try_out(by, **changes) -> PolicyPreview:
    return preview_start(by=by, draft=values(**changes))


LANGUAGE_COUNTS_NOT = {"weights": weights(language=0, region=60), "lowering": {}}


def test_the_policy_in_force_changes_nothing(world, expert):
    preview = try_out(expert)
    assert (preview.status, preview.based_on, preview.requests_total) == ("done", 1, 1)
    result = preview.result
    assert (result["requests"], result["offers"], result["first_changed"]) == (1, 2, 0)
    assert (result["moves"], result["appear"], result["disappear"]) == ([], 0, 0)
    assert result["shown_before"] == result["shown_after"] == 2


def test_other_weights_move_the_first_and_every_move_has_its_ranks_and_scores(world, expert):
    result = try_out(expert, **LANGUAGE_COUNTS_NOT).result
    assert result["first_changed"] == 1
    by_offer = {move["offer"]: move for move in result["moves"]}
    fell = by_offer[world["speaking"].reference]
    assert (fell["before"][0], fell["after"][0], fell["request"]) == (1, 2, world["request"].reference)
    stored = Match.objects.get(offer=world["speaking"])
    assert fell["before"][1] == round(stored.score * 100)


def test_a_higher_threshold_counts_what_would_disappear(world, expert):
    result = try_out(expert, threshold=100.0).result
    assert (result["disappear"], result["shown_after"], result["empty_before"], result["empty_after"]) == (2, 0, 0, 1)


def test_a_draft_that_ranks_what_experts_refused_lower_agrees_better(world, expert):
    match_dismiss(by=expert, match=Match.objects.get(offer=world["speaking"]), reason="Too far.")
    match_shortlist(by=expert, match=Match.objects.get(offer=world["regional"]))
    agreement = try_out(expert, **LANGUAGE_COUNTS_NOT).result["agreement"]
    assert (agreement["pairs"], agreement["right_before"], agreement["right_after"]) == (1, 0, 1)
    assert agreement["verdict"] == "better"
    assert (agreement["accepted"]["rank_before"], agreement["accepted"]["rank_after"]) == (2, 1)
    assert (agreement["refused"]["rank_before"], agreement["refused"]["rank_after"]) == (1, 2)


def test_decided_pairs_that_are_no_longer_open_or_live_are_compared_too(world, expert):
    match_shortlist(by=expert, match=Match.objects.get(offer=world["regional"]))
    world["request"].status = "fulfilled"
    world["request"].save()
    world["regional"].capacity = 0
    world["regional"].save()
    result = try_out(expert, **LANGUAGE_COUNTS_NOT).result
    assert (result["requests"], result["decided"], result["decided_left_out"]) == (0, 1, 0)
    (move,) = result["decided_moves"]
    assert (move["offer"], move["before"][0], move["after"][0], move["is_accepted"]) == (
        world["regional"].reference,
        2,
        1,
        True,
    )


def test_nothing_of_what_is_ranked_is_written(world, expert):
    before = (list(Match.objects.order_by("pk").values()), AuditEntry.objects.count(), Change.objects.count())
    try_out(expert, **LANGUAGE_COUNTS_NOT)
    assert (list(Match.objects.order_by("pk").values()), AuditEntry.objects.count(), Change.objects.count()) == before
    assert MatchingPolicy.objects.count() == 1


def test_only_the_committee_and_its_staff_try_a_draft(people):
    allowed = set()
    for name, user in people.items():
        try:
            try_out(user)
        except NotAllowed:
            continue
        allowed.add(name)
    assert allowed == {"expert", "observer", "secretariat"}


def test_without_a_policy_in_force_nothing_is_compared(expert):
    MatchingPolicy.objects.all().delete()
    with pytest.raises(MatchingNotPossible, match="There is no matching policy yet"):
        try_out(expert)


def test_a_policy_in_force_that_cannot_rank_fails_the_preview_with_its_message(world, expert, policy):
    policy.weights = {}
    policy.save()
    preview = try_out(expert)
    assert preview.status == "failed"
    assert "All weights are 0" in preview.problem


def test_many_records_are_left_to_the_worker_which_computes_them_once(world, expert, monkeypatch):
    monkeypatch.setattr(previews, "AT_ONCE", 1)
    preview = try_out(expert)
    assert (preview.status, preview.result) == ("queued", {})
    assert previews_carry_out_waiting() == 1
    assert previews_carry_out_waiting() == 0
    preview.refresh_from_db()
    assert preview.status == "done"
    assert preview_carry_out(preview.pk) is False


def test_a_preview_that_a_worker_left_is_computed_again(world, expert):
    preview = try_out(expert)
    PolicyPreview.objects.filter(pk=preview.pk).update(status="running", result={})
    assert previews_carry_out_waiting() == 1
    preview.refresh_from_db()
    assert preview.result["requests"] == 1


def test_a_fault_ends_the_preview_and_is_not_hidden(world, expert, monkeypatch, caplog):
    monkeypatch.setattr(previews.Trial, "result", lambda self: 1 / 0)
    try_out(expert)
    preview = PolicyPreview.objects.get()
    assert preview.status == "failed"
    assert "fault in the portal" in preview.problem
    assert "ZeroDivisionError" in caplog.text


def test_old_previews_are_thrown_away(world, expert):
    old = try_out(expert)
    PolicyPreview.objects.filter(pk=old.pk).update(created_at=timezone.now() - previews.KEPT_FOR * 2)
    recent = try_out(expert)
    assert list(PolicyPreview.objects.all()) == [recent]


def test_a_preview_takes_the_same_number_of_queries_however_much_there_is(world, expert, cicte):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            try_out(expert)
        return len(captured)

    queries()
    few = queries()
    OfferFactory.create_batch(10, organization=cicte)
    RequestFactory.create_batch(10)
    assert queries() == few
