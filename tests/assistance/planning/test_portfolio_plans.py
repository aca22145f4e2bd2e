"""Portfolio plans over stored records: what is planned, what is kept, and how they bear being asked for twice."""

from __future__ import annotations

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from assistance.models import Match, MatchingPolicy, PortfolioPlan
from assistance.services import portfolio_plans
from assistance.services.portfolio import compute_portfolio
from assistance.services.portfolio_plans import MOST_ATTEMPTS, carry_out_plan, carry_out_plans, plan_ask
from assistance.services.ranking import MatchingNotPossible
from assistance.tasks import compute_queued_plans
from cooperation_portal.access.policy import NotAllowed
from tests.factories import MatchFactory, OfferFactory, RequestFactory

pytestmark = pytest.mark.django_db


def computed(**rules):
    """The result over the records as they are."""
    values = {"offers_per_request": 3, "unstated_places": 5} | rules
    return compute_portfolio(**values, progress=lambda stage, done, total: None).result


def pairs_of(result):
    return {(row["request"], row["offer"]): row["change"] for row in result["pairs"]}


@pytest.fixture
def world(policy, of_peru, of_chile, laboratories, customs):
    """One place for laboratories: Chile can have nothing else, Peru can have customs."""


@pytest.mark.usefixtures("world")
def test_the_only_place_goes_to_the_state_that_could_have_nothing_else():
    result = computed()
    assert pairs_of(result) == {("REQ-2026-8001", "OFF-2026-8002"): "new", ("REQ-2026-8002", "OFF-2026-8001"): "new"}
    assert (sorted(result["helped"]), result["left"]) == (["CHL", "PER"], {})
    assert [(row["request"], row["area"], row["reason"]) for row in result["open_needs"]] == [
        ("REQ-2026-8001", "BIO.LAB", "places_taken")
    ]


@pytest.mark.usefixtures("world")
def test_one_more_place_is_told_by_area():
    margins = {row["area"]: (row["helped"], row["met"], row["offer"]) for row in computed()["margins"]}
    assert margins == {"BIO.LAB": (0, 1.0, "OFF-2026-8001"), "BOR.CUS": (0, 0, None)}


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("status", ["proposed", "agreed", "project"])
def test_what_is_decided_stays_and_holds_its_place(status, of_peru, laboratories):
    """A proposal holds the only place. An agreement has taken its own from the offer, which has one more."""
    MatchFactory(request=of_peru, offer=laboratories, status=status)
    result = computed()
    has_place_for_chile = status != "proposed"
    assert pairs_of(result).get(("REQ-2026-8001", "OFF-2026-8001")) == "same"
    assert (("REQ-2026-8002", "OFF-2026-8001") in pairs_of(result)) == has_place_for_chile
    assert result["left"] == ({} if has_place_for_chile else {"CHL": "all_full"})


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("status", ["dismissed", "declined"])
def test_a_pair_that_somebody_said_no_to_is_left_out(status, of_chile, laboratories):
    MatchFactory(request=of_chile, offer=laboratories, status=status, decision_reason="Example.")
    result = computed()
    assert ("REQ-2026-8002", "OFF-2026-8001") not in pairs_of(result)
    assert result["left"] == {"CHL": "no_offer"}


@pytest.mark.usefixtures("world")
def test_a_shortlisted_pair_is_as_decided_if_the_plan_has_it_and_free_if_not(of_peru, of_chile, laboratories, customs):
    MatchFactory(request=of_peru, offer=customs, status="shortlisted")
    MatchFactory(request=of_peru, offer=laboratories, status="shortlisted")
    result = computed()
    assert pairs_of(result)[("REQ-2026-8001", "OFF-2026-8002")] == "same"
    assert result["freed"] == [
        {
            "request": "REQ-2026-8001",
            "offer": "OFF-2026-8001",
            "status": "shortlisted",
            "reason": "place_elsewhere",
        }
    ]


@pytest.mark.usefixtures("world")
def test_a_shortlisted_pair_that_fits_no_more_would_be_free(of_chile, cicte):
    elsewhere = OfferFactory(organization=cicte, areas=["EXP.LIC"], types=["SOFT"])
    MatchFactory(request=of_chile, offer=elsewhere, status="shortlisted")
    assert [row["reason"] for row in computed()["freed"]] == ["fits_no_more"]


@pytest.mark.usefixtures("world")
def test_a_proposal_whose_needs_others_meet_would_be_free(of_chile, laboratories, cicte):
    weaker = OfferFactory(organization=cicte, areas=["BIO.LAB"], types=["WKSH"], capacity=3)
    MatchFactory(request=of_chile, offer=laboratories, status="agreed")
    MatchFactory(request=of_chile, offer=weaker, status="proposed")
    assert [(row["offer"], row["reason"]) for row in computed()["freed"]] == [(weaker.reference, "met_by_others")]


@pytest.mark.usefixtures("world")
def test_the_only_ones_planned_for_are_open_requests_and_live_offers(peru, cicte):
    RequestFactory(state=peru, status="closed")
    RequestFactory(state=peru, status="draft")
    RequestFactory(state=peru, provenance="public_source")
    OfferFactory(organization=cicte, status="suspended")
    OfferFactory(organization=cicte, provenance="public_source")
    size = computed()["size"]
    assert (size["requests"], size["offers"]) == (2, 2)


@pytest.mark.usefixtures("world")
def test_an_offer_without_a_limit_takes_no_more_than_the_rules_say():
    assert computed(unstated_places=0)["left"] == {"CHL": "places_taken"}
    rows = {row["offer"]: (row["stated"], row["places"]) for row in computed(unstated_places=7)["offers"]}
    assert rows["OFF-2026-8002"] == (None, 7)


def test_nothing_to_plan_is_a_plan_that_says_so(policy):
    result = computed()
    assert (result["pairs"], result["requesters"], result["size"]["offers"]) == ([], {}, 0)


def test_without_a_policy_the_reader_is_told_what_to_do(db):
    with pytest.raises(MatchingNotPossible, match="no matching policy yet"):
        computed()


def test_reading_everything_takes_the_same_number_of_queries_for_few_and_many(
    world, peru, cicte, django_assert_num_queries
):
    with CaptureQueriesContext(connection) as queries:
        computed()
    count = len(queries)
    for number in range(12):
        request = RequestFactory(state=peru, needs=[("BIO.LAB", ["TRNG"], "high")])
        offer = OfferFactory(organization=cicte)
        MatchFactory(request=request, offer=offer, status=("proposed", "shortlisted", "agreed")[number % 3])
    with django_assert_num_queries(count):
        computed()


# Plans as jobs


RULES = {"offers_per_request": 3, "unstated_places": 5}


def test_asking_twice_gives_the_plan_that_is_waiting(world, expert):
    first = plan_ask(by=expert, **RULES)
    assert plan_ask(by=expert, **RULES) == first
    PortfolioPlan.objects.filter(pk=first.pk).update(status="running")
    assert plan_ask(by=expert, **RULES) == first
    assert plan_ask(by=expert, offers_per_request=2, unstated_places=5) != first
    PortfolioPlan.objects.update(status="done")
    assert plan_ask(by=expert, **RULES) != first


def test_only_experts_and_the_secretariat_ask(world, people):
    may = {role for role, person in people.items() if person and _may_ask(person)}
    assert may == {"expert", "secretariat"}


def _may_ask(person):
    try:
        plan_ask(by=person, **RULES)
    except NotAllowed:
        return False
    return True


@pytest.mark.parametrize("rules", [{"offers_per_request": 0}, {"offers_per_request": 21}, {"unstated_places": 501}])
def test_values_out_of_range_are_refused(expert, rules):
    with pytest.raises(ValidationError):
        plan_ask(by=expert, **RULES | rules)
    with pytest.raises(IntegrityError):
        PortfolioPlan.objects.create(**RULES | rules, asked_by_label="Example")


def test_a_plan_asked_for_is_computed_after_the_commit(world, expert, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        plan = plan_ask(by=expert, **RULES)
    plan.refresh_from_db()
    assert (plan.status, plan.policy_version, plan.is_proven, plan.gap) == ("done", 1, True, 0)
    assert (plan.asked_by_label, plan.attempts, plan.stage) == (plan.asked_by_label, 1, "")
    assert plan.duration is not None
    assert len(plan.result["pairs"]) == 2


def test_a_plan_is_computed_once(world, expert):
    plan = plan_ask(by=expert, **RULES)
    assert carry_out_plan(plan.pk)
    finished = PortfolioPlan.objects.get(pk=plan.pk).finished_at
    assert not carry_out_plan(plan.pk)
    assert PortfolioPlan.objects.get(pk=plan.pk).finished_at == finished
    assert carry_out_plans() == 0


def test_what_a_stopped_worker_left_is_computed_by_the_schedule(world, expert):
    plan = plan_ask(by=expert, **RULES)
    PortfolioPlan.objects.filter(pk=plan.pk).update(status="running", attempts=1)
    assert compute_queued_plans() == 1
    plan.refresh_from_db()
    assert (plan.status, plan.attempts) == ("done", 2)


def test_a_plan_that_stops_every_worker_is_given_up(world, expert):
    plan = plan_ask(by=expert, **RULES)
    PortfolioPlan.objects.filter(pk=plan.pk).update(status="running", attempts=MOST_ATTEMPTS)
    compute_queued_plans()
    plan.refresh_from_db()
    assert plan.status == "failed"
    assert "three times" in plan.problem


def test_a_plan_that_cannot_be_computed_says_why(world, expert):
    MatchingPolicy.objects.update(weights={"needs": -1})
    plan = plan_ask(by=expert, **RULES)
    carry_out_plan(plan.pk)
    plan.refresh_from_db()
    assert plan.status == "failed"
    assert "negative" in plan.problem


def test_the_page_can_follow_how_far_it_is(world, expert, monkeypatch):
    seen = []
    real = portfolio_plans.compute_portfolio

    def watched(**values):
        def told(stage, done, total):
            values["progress"](stage, done, total)
            row = PortfolioPlan.objects.get()
            seen.append((row.status, row.stage, row.steps_done, row.steps_total))

        return real(**values | {"progress": told})

    monkeypatch.setattr(portfolio_plans, "compute_portfolio", watched)
    carry_out_plan(plan_ask(by=expert, **RULES).pk)
    assert {stage for _status, stage, _done, _total in seen} == {"reading", "plan", "margins"}
    assert {status for status, *_rest in seen} == {"running"}


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_compute_the_same_plan(policy, expert):
    plan = plan_ask(by=expert, **RULES)
    answers = []

    def other_worker():
        answers.append(carry_out_plan(plan.pk))
        connection.close()

    with portfolio_plans.only_worker(portfolio_plans.PLAN_LOCKS, plan.pk) as is_ours:
        thread = threading.Thread(target=other_worker)
        thread.start()
        thread.join()
    assert is_ours
    assert answers == [False]


def test_a_plan_changes_no_record(world, of_peru, laboratories, expert):
    match = MatchFactory(request=of_peru, offer=laboratories, status="proposed")
    before = Match.objects.values().get(pk=match.pk)
    carry_out_plan(plan_ask(by=expert, **RULES).pk)
    assert Match.objects.values().get() == before
