"""Pages and files of portfolio plans."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistance.models import PortfolioPlan
from assistance.services.portfolio_plans import carry_out_plans
from tests.factories import MatchFactory, OfferFactory, PortfolioPlanFactory, RequestFactory

pytestmark = pytest.mark.django_db

HOME = "/planning/portfolio/"


@pytest.fixture
def client(signed_in, expert):
    return signed_in(expert)


@pytest.fixture
def plan(of_peru, of_chile, laboratories):
    return PortfolioPlanFactory(pairs=[(of_peru, laboratories)], left=[of_chile])


def text_of(response):
    return response.content.decode()


def page(client, plan, part, query=""):
    return client.get(reverse("assistance:portfolio_part", args=[plan.pk, part]) + query)


def test_without_a_plan_the_page_says_how_to_get_one(client):
    html = text_of(client.get(HOME))
    assert "No plan yet" in html
    assert "Compute" in html


def test_a_plan_is_asked_for_followed_and_shown(client, policy, of_peru, of_chile, laboratories, customs):
    response = client.post(HOME, {"offers_per_request": "3", "unstated_places": "5"})
    assert response.headers["Location"] == HOME
    html = text_of(client.get(HOME))
    assert "waits for its turn" in html
    assert 'hx-trigger="every 2s"' in html
    carry_out_plans()
    html = text_of(client.get(HOME))
    assert "Proven: no plan under these rules helps more requesters" in html
    assert "every 2s" not in html
    assert "2</a></dd>" in html


def test_asking_again_while_it_waits_gives_no_second_plan(client, policy):
    for _time in range(2):
        client.post(HOME, {"offers_per_request": "3", "unstated_places": "5"})
    assert PortfolioPlan.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"offers_per_request": "0", "unstated_places": "5"}, "Give a number of at least 1."),
        ({"offers_per_request": "3", "unstated_places": "many"}, "whole number"),
        ({}, "Offers a request"),
    ],
)
def test_bad_values_come_back_with_their_errors(client, values, said):
    response = client.post(HOME, values)
    assert response.status_code == 422
    assert said in text_of(response)
    assert not PortfolioPlan.objects.exists()


def test_how_far_a_plan_is_stands_on_the_page(client):
    PortfolioPlanFactory(status="running", stage="reading", steps_done=40, steps_total=300, result={})
    html = text_of(client.get(HOME))
    assert "Comparing requests and offers: 40 of 300." in html
    running = PortfolioPlan.objects.get()
    assert "40 of 300" in text_of(client.get(running.get_absolute_url()))


def test_a_plan_that_failed_says_why(client):
    failed = PortfolioPlanFactory(status="failed", problem="Example problem.", result={})
    assert "Example problem." in text_of(client.get(HOME))
    assert "Example problem." in text_of(client.get(failed.get_absolute_url()))
    assert page(client, failed, "offers").status_code == 404


def test_a_plan_that_is_not_proven_states_its_gap(client, of_peru, laboratories):
    PortfolioPlanFactory(pairs=[(of_peru, laboratories)], is_proven=False, gap=0.0123)
    html = text_of(client.get(HOME))
    assert "Not proven best in the time allowed" in html
    assert "1.23 %" in html


def test_a_plan_over_nothing_says_that_no_request_was_open(client, policy):
    client.post(HOME, {"offers_per_request": "3", "unstated_places": "5"})
    carry_out_plans()
    assert "No request was open when this plan was computed" in text_of(client.get(HOME))


def test_a_plan_with_all_offers_full_says_so(client, policy, of_peru, laboratories):
    laboratories.capacity = 0
    laboratories.save()
    client.post(HOME, {"offers_per_request": "3", "unstated_places": "5"})
    carry_out_plans()
    html = text_of(client.get(HOME))
    assert "No offer with a free place may be suggested for any open request" in html
    left = text_of(page(client, PortfolioPlan.objects.get(), "left"))
    assert "The offers that would meet its needs have no place left." in left


def test_every_part_shows_its_records(client, plan, of_peru, of_chile, laboratories):
    offers = text_of(page(client, plan, "offers"))
    assert laboratories.title in offers
    assert of_peru.title in offers
    requests = text_of(page(client, plan, "requests"))
    assert of_peru.title in requests
    assert "No offer that may be suggested meets it." in requests
    left = text_of(page(client, plan, "left"))
    assert "Chile" in left
    assert of_chile.title in left
    assert "No offer that may be suggested meets any of its needs." in left
    changes = text_of(page(client, plan, "changes"))
    assert laboratories.reference in changes
    places = text_of(client.get(reverse("assistance:portfolio_places", args=[plan.pk])))
    assert "0.60" in places
    assert "Exact" in places


def test_a_pair_leads_to_its_match_or_else_to_its_explanation(client, plan, of_peru, laboratories):
    explained = reverse("assistance:pair", args=[of_peru.reference, laboratories.reference])
    assert explained in text_of(page(client, plan, "offers"))
    match = MatchFactory(request=of_peru, offer=laboratories)
    decided = reverse("admin:assistance_match_change", args=[match.pk])
    for part in ("offers", "requests", "changes"):
        html = text_of(page(client, plan, part))
        assert decided in html
        assert explained not in html


def test_changes_are_told_apart_and_filtered_by_kind(client, plan, of_peru, of_chile, laboratories, customs):
    agreed = plan.result["pairs"][0] | {"offer": customs.reference, "status": "agreed", "change": "same"}
    plan.result["pairs"].append(agreed)
    plan.result["freed"] = [
        {
            "request": of_chile.reference,
            "offer": laboratories.reference,
            "status": "shortlisted",
            "reason": "place_elsewhere",
        }
    ]
    plan.save()
    html = text_of(page(client, plan, "changes"))
    assert html.index("Laboratory staff") < html.index("Would be free: Shortlisted") < html.index("Customs courses")
    assert "The place brings more to another request." in html
    assert "3 rows" in html
    for kind, title in (("new", "Laboratory courses"), ("free", "A laboratory"), ("same", "Customs courses")):
        html = text_of(page(client, plan, "changes", f"?change={kind}"))
        assert "1 row<" in html
        assert title in html


@pytest.mark.parametrize(
    ("query", "found"), [("?q=PERU", True), ("?q=laboratory+8001", True), ("?q=cicte", True), ("?q=nowhere", False)]
)
def test_tables_are_searched_by_words_references_and_providers(client, plan, query, found):
    html = text_of(page(client, plan, "offers", query))
    assert ("Laboratory courses" in html) == found
    assert ("No row has these words" in html) == (not found)


@pytest.mark.parametrize(
    ("part", "query", "said"),
    [
        ("offers", "?colour=red", "This list has no filter “colour”"),
        ("changes", "?change=other", "This is not in the list"),
    ],
)
def test_what_a_table_does_not_know_is_said_and_not_ignored(client, plan, part, query, said):
    html = text_of(page(client, plan, part, query))
    assert said in html
    assert "Laboratory courses" not in html


def test_long_tables_are_paged(client, peru, cicte):
    pairs = [(RequestFactory(state=peru, title=f"Request {n:02}"), OfferFactory(organization=cicte)) for n in range(30)]
    plan = PortfolioPlanFactory(pairs=pairs)
    first, second = text_of(page(client, plan, "requests")), text_of(page(client, plan, "requests", "?page=2"))
    assert "Request 24" in first
    assert "Request 25" not in first
    assert "Request 25" in second


@pytest.mark.parametrize("part", ["offers", "requests", "left", "changes"])
def test_a_table_takes_as_many_queries_for_many_as_for_few(client, peru, cicte, part, django_assert_num_queries):
    def plan_of(count):
        pairs = [(RequestFactory(state=peru), OfferFactory(organization=cicte)) for _n in range(count)]
        return PortfolioPlanFactory(pairs=pairs, left=[RequestFactory(state__iso3=f"ZZ{n}") for n in range(count)])

    few, many = plan_of(2), plan_of(9)
    page(client, few, part)
    with CaptureQueriesContext(connection) as queries:
        page(client, few, part)
    count = len(queries)
    with django_assert_num_queries(count):
        page(client, many, part)


def test_former_plans_are_listed_and_can_be_opened(client, plan, of_peru, laboratories):
    PortfolioPlanFactory(pairs=[(of_peru, laboratories)], offers_per_request=7)
    html = text_of(client.get(HOME))
    assert "Plans so far" in html
    assert plan.get_absolute_url() in html


def test_a_record_that_is_gone_leaves_its_reference(client, plan, of_peru, laboratories):
    laboratories.delete()
    html = text_of(page(client, plan, "requests"))
    assert "OFF-2026-8001" in html
    assert "Laboratory courses" not in html


def test_plan_tables_are_files_too(client, plan, of_peru, laboratories):
    def table(name):
        response = client.get(reverse("assistance:portfolio_csv", args=[plan.pk, name]))
        assert response.headers["Content-Type"].startswith("text/csv")
        return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))

    (pair,) = table("pairs")
    assert (pair["Request"], pair["Offer"], pair["Score"], pair["Decision"]) == (
        of_peru.reference,
        laboratories.reference,
        "70.0",
        "New",
    )
    (need,) = table("open-needs")
    assert (need["Requester"], need["Priority"]) == ("Chile", "High")
    (place,) = table("places")
    assert (place["Code"], place["Need met"], place["Exact"]) == ("BIO.LAB", "0.6", "yes")
    assert client.get(reverse("assistance:portfolio_csv", args=[plan.pk, "other"])).status_code == 404


def test_the_observer_reads_plans_and_asks_for_none(signed_in, observer, plan):
    client = signed_in(observer)
    html = text_of(client.get(HOME))
    assert "What the plan reaches" in html
    assert "Compute a new plan" not in html
    response = client.post(HOME, {"offers_per_request": "3", "unstated_places": "5"})
    assert response.status_code == 403


def test_the_planning_page_leads_here(client):
    assert HOME in text_of(client.get("/planning/"))
