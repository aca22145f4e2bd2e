"""The packages of a request: what they are found from, and how they are shown."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistance.services.packages import packages_of
from cooperation_portal.access.policy import NotAllowed
from tests.factories import (
    MatchFactory,
    MembershipFactory,
    OfferFactory,
    OrganizationFactory,
    RequestFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(signed_in, expert):
    return signed_in(expert)


def page(client, request):
    return client.get(reverse("assistance:request_packages", args=[request.reference]))


def text_of(response):
    return response.content.decode()


def offers_of(found):
    return [set(package.offers) for package in found.packages.packages]


@pytest.fixture
def world(policy, of_peru, laboratories, customs):
    """Laboratories and customs are offered by different bodies, one of the region, one international."""
    MembershipFactory(organization=laboratories.organization, state=of_peru.state)


@pytest.mark.usefixtures("world")
def test_the_offers_that_together_meet_all_needs_are_shown_with_why_they_go_together(client, of_peru):
    html = text_of(page(client, of_peru))
    assert "Package 1" in html
    assert "Laboratory courses" in html
    assert "Customs courses" in html
    assert "They complement each other: WCO" in html
    assert "CICTE knows the region" in html
    assert "What stays unmet" not in html


@pytest.mark.usefixtures("world")
def test_a_need_that_no_offer_meets_is_named(client, of_peru, customs):
    customs.delete()
    html = text_of(page(client, of_peru))
    assert "What stays unmet in every package" in html
    assert "No offer that may be suggested meets “Area BOR.CUS”." in html


@pytest.mark.usefixtures("world")
def test_what_is_decided_is_in_every_package_and_what_was_refused_in_none(of_peru, laboratories, customs, expert):
    other = OfferFactory(organization=OrganizationFactory(), areas=["BOR.CUS"])
    MatchFactory(request=of_peru, offer=laboratories, status="agreed")
    MatchFactory(request=of_peru, offer=other, status="dismissed", decision_reason="Example.")
    found = packages_of(by=expert, request=of_peru)
    assert offers_of(found) == [{customs.reference}]
    assert [package.settled for package in found.packages.packages] == [(laboratories.reference,)]
    assert found.put_aside == {other.reference}


@pytest.mark.usefixtures("world")
def test_a_decided_offer_counts_although_it_has_no_place_left(of_peru, laboratories, customs, expert):
    laboratories.capacity = 0
    laboratories.save()
    MatchFactory(request=of_peru, offer=laboratories, status="agreed")
    MatchFactory(request=of_peru, offer=customs, status="project")
    found = packages_of(by=expert, request=of_peru)
    assert offers_of(found) == [set()]
    assert found.packages.packages[0].notes[0]["code"] == "settled_enough"


@pytest.mark.usefixtures("world")
def test_an_offer_leads_to_its_match_or_to_the_explanation(client, of_peru, laboratories, customs):
    match = MatchFactory(request=of_peru, offer=laboratories)
    html = text_of(page(client, of_peru))
    assert reverse("admin:assistance_match_change", args=[match.pk]) in html
    assert reverse("assistance:pair", args=[of_peru.reference, customs.reference]) in html


def test_where_nothing_fits_the_page_says_so_and_what_next(client, policy, of_peru):
    html = text_of(page(client, of_peru))
    assert "No package can be put together" in html
    assert reverse("assistance:request_candidates", args=[of_peru.reference]) in html


def test_a_request_without_needs_is_told_so(client, policy, peru):
    assert "The request states no need" in text_of(page(client, RequestFactory(state=peru, needs=[])))


def test_a_closed_request_has_no_packages(client, policy, peru):
    response = page(client, RequestFactory(state=peru, status="closed"))
    assert response.status_code == 409
    assert "has ended" in text_of(response)


def test_without_a_policy_the_page_says_what_to_do(client, of_peru):
    response = page(client, of_peru)
    assert response.status_code == 409
    assert "no matching policy yet" in text_of(response)


def test_packages_are_the_committees(policy, of_peru, state_focal_point, expert):
    with pytest.raises(NotAllowed):
        packages_of(by=state_focal_point, request=of_peru)
    assert packages_of(by=expert, request=of_peru).packages.packages == ()


@pytest.mark.usefixtures("world")
def test_the_page_takes_as_many_queries_for_many_offers_as_for_few(client, of_peru, django_assert_num_queries):
    page(client, of_peru)
    with CaptureQueriesContext(connection) as queries:
        page(client, of_peru)
    count = len(queries)
    for number in range(8):
        offer = OfferFactory(organization=OrganizationFactory(), areas=[("BIO.LAB", "BOR.CUS")[number % 2]])
        MatchFactory(request=of_peru, offer=offer)
    page(client, of_peru)
    with django_assert_num_queries(count):
        page(client, of_peru)


@pytest.mark.usefixtures("world")
def test_the_request_page_leads_the_committee_here_and_nobody_else(
    of_peru, signed_in, expert, observer, state_focal_point
):
    address = reverse("assistance:request_packages", args=[of_peru.reference])
    shown = {
        person.pk: address in text_of(signed_in(person).get(of_peru.get_absolute_url()))
        for person in (expert, observer, state_focal_point)
    }
    assert shown == {expert.pk: True, observer.pk: True, state_focal_point.pk: False}


@pytest.mark.usefixtures("world")
def test_the_workbench_page_of_a_match_leads_here(client, of_peru, laboratories):
    match = MatchFactory(request=of_peru, offer=laboratories)
    html = text_of(client.get(reverse("admin:assistance_match_change", args=[match.pk])))
    assert reverse("assistance:request_packages", args=[of_peru.reference]) in html
