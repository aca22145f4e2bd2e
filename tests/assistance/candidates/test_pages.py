"""The pages of candidates and of a pair, in the browser and in the admin."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assistance.models import MatchingPolicy
from assistance.services.matching import carry_out, run_on_demand
from cooperation_portal.access.actors import SYSTEM
from tests.factories import ContactFactory, MatchFactory, OfferFactory, PolicyFactory, RequestFactory

from .conftest import offered

pytestmark = pytest.mark.django_db


def candidates_url(request, query=""):
    return reverse("assistance:request_candidates", args=[request.reference]) + query


def pair_url(request, offer):
    return reverse("assistance:pair", args=[request.reference, offer.reference])


def admin_candidates_url(request):
    return reverse("admin:assistance_assistancerequest_candidates", args=[request.pk])


def admin_pair_url(request, offer):
    return reverse("admin:assistance_assistancerequest_pair", args=[request.pk, offer.reference])


def page(client, url, status=200):
    response = client.get(url)
    assert response.status_code == status
    return response.content.decode()


def in_order(text, *words):
    places = [text.find(word) for word in words]
    return -1 not in places and places == sorted(places)


@pytest.fixture
def client_of_expert(signed_in, expert):
    return signed_in(expert)


@pytest.mark.parametrize("address", [candidates_url, admin_candidates_url])
def test_the_page_groups_candidates_and_names_what_stands_in_the_way(address, client_of_expert, asked, market):
    text = page(client_of_expert, address(asked))
    assert in_order(
        text,
        "They pass every gate and reach the threshold",
        "Courses for laboratories",
        "so little that they are not suggested",
        "A guide",
        "Near misses: Not live",
        "Held course",
        "Near misses: Outside the wanted period",
        "It ends on 31 March 2027; help is needed from 1 May 2027.",
        "Near misses: Not open to the requester",
        "It is open to members of OAS only.",
        "Near misses: Full",
        "It is full: no place is left.",
    )
    for title in ("Border posts", "Full and held", "Drafted course", "Withdrawn course", "Past course"):
        assert title not in text
    assert "9 offers were compared now" in text


def test_the_list_is_filtered_by_kind_gate_and_words(client_of_expert, asked, market):
    full = page(client_of_expert, candidates_url(asked, "?kind=near_miss&gate=capacity"))
    assert "Full course" in full
    assert "Early course" not in full
    assert "1 candidate" in full
    named = page(client_of_expert, candidates_url(asked, "?q=éarly"))
    assert "Early course" in named
    assert "Full course" not in named
    by_provider = page(client_of_expert, candidates_url(asked, "?q=CICTE"))
    assert "Courses for laboratories" in by_provider
    assert "A guide" not in by_provider
    assert "No candidate fits these filters" in page(client_of_expert, candidates_url(asked, "?q=nothing+such"))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?colour=red", "This list has no filter “colour”"),
        ("?sort=colour", "cannot be sorted by “colour”"),
        ("?kind=best", "This is not in the list"),
        ("?gate=moon", "This is not in the list"),
        ("?kind=suggested&gate=capacity", "Only near misses have something in the way"),
    ],
)
def test_what_the_list_does_not_know_is_said(query, words, client_of_expert, asked, market):
    text = page(client_of_expert, candidates_url(asked, query))
    assert words in text
    assert "Full course" not in text


@pytest.mark.parametrize(
    ("sort", "first", "second"),
    [
        ("title", "A guide", "Courses for laboratories"),
        ("-title", "Courses for laboratories", "A guide"),
        ("-score", "Courses for laboratories", "A guide"),
        ("score", "A guide", "Courses for laboratories"),
        ("ends", "Early course", "Courses for laboratories"),
        ("body", "Courses for laboratories", "A guide"),
    ],
)
def test_the_list_is_sorted_by_its_columns(sort, first, second, client_of_expert, asked, market):
    assert in_order(page(client_of_expert, candidates_url(asked, f"?sort={sort}")), first, second)


def test_the_list_is_paged(client_of_expert, asked):
    for number in range(27):
        offered(title=f"Course {number:02}")
    first = page(client_of_expert, candidates_url(asked, "?sort=title"))
    second = page(client_of_expert, candidates_url(asked, "?sort=title&page=2"))
    assert "Course 24" in first
    assert "Course 25" not in first
    assert "Course 26" in second
    assert "27 candidates" in second


def test_the_number_of_queries_does_not_grow_with_the_offers(client_of_expert, asked):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            page(client_of_expert, candidates_url(asked))
        return len(captured)

    queries()
    for values in ({}, {"capacity": 0}):
        offered(**values)
    few = queries()
    for number in range(20):
        offered(capacity=number % 2, title=f"Course {number}")
    assert queries() == few


def test_where_nothing_fits_the_page_says_so_and_what_to_do(client_of_expert, asked, market):
    for name in ("fits", "committee"):
        market[name].delete()
    text = page(client_of_expert, candidates_url(asked))
    assert "Nothing is suggested" in text
    assert "a provider may say yes when asked" in text
    asked.needs.all().delete()
    asked.save()
    text = page(client_of_expert, candidates_url(asked))
    assert "The request states no need, so nothing can be suggested." in text
    assert "fails two gates or more" in text


def test_without_offers_the_page_says_so(client_of_expert, asked):
    text = page(client_of_expert, candidates_url(asked))
    assert "No offer is published that you can read." in text
    assert "0 offers were compared now" in text


def test_a_contradiction_and_a_retired_area_are_told(client_of_expert, asked, market, cicte):
    asked.preferred_providers.add(cicte)
    asked.declined_providers.add(cicte)
    text = page(client_of_expert, candidates_url(asked))
    assert "Both preferred and declined, so declined: CICTE." in text
    area = asked.needs.get().area
    area.is_retired = True
    area.save()
    text = page(client_of_expert, candidates_url(asked))
    assert "These areas are not in the list, or are retired: BIO.LAB." in text
    assert "These areas of the offer are retired and match nothing: BIO.LAB." in page(
        client_of_expert, pair_url(asked, market["fits"])
    )


@pytest.mark.parametrize("address", [candidates_url, admin_candidates_url])
def test_an_ended_request_is_not_compared_and_the_page_says_why(address, client_of_expert, asked):
    asked.status = "closed"
    asked.save()
    assert "This request has ended (Closed)" in page(client_of_expert, address(asked), 409)


@pytest.mark.parametrize("weights", [{}, {"needs": -3}])
def test_a_policy_that_cannot_rank_gives_a_message_and_no_error(weights, client_of_expert, asked, market):
    MatchingPolicy.objects.update(weights=weights)
    for url in (
        candidates_url(asked),
        pair_url(asked, market["fits"]),
        admin_candidates_url(asked),
        admin_pair_url(asked, market["fits"]),
        reverse("assistance:offer_requests", args=[market["fits"].reference]),
    ):
        assert "The matching service cannot rank" in page(client_of_expert, url, 409)


def test_an_offers_page_is_still_there_without_a_policy(signed_in, focal_point, market):
    MatchingPolicy.objects.all().delete()
    text = page(signed_in(focal_point), market["fits"].get_absolute_url())
    assert "There is no matching policy yet" in text


# A pair


@pytest.mark.parametrize("address", [pair_url, admin_pair_url])
def test_a_pair_that_fits_shows_every_gate_and_part(address, client_of_expert, asked, market):
    text = page(client_of_expert, address(asked, market["fits"]))
    assert "It fits" in text
    assert "It is live, until 31 December 2099." in text
    assert "No limit to its places is known." in text
    assert text.count("of 38.0") == 1
    assert "Side by side" in text or "side by side" in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("weak", "It passes, but helps little"),
        ("full", "A near miss: one gate stands in the way"),
        ("elsewhere", "It does not fit: 2 gates stand in the way"),
        ("two", "It does not fit: 2 gates stand in the way"),
    ],
)
def test_a_pair_that_does_not_fit_says_why_not(name, words, client_of_expert, asked, market):
    assert words in page(client_of_expert, pair_url(asked, market[name]))


def test_what_changed_since_the_match_was_stored_is_told(client_of_expert, asked, market):
    offer = market["fits"]
    carry_out(run_on_demand(by=SYSTEM, request=asked).pk)
    same = page(client_of_expert, pair_url(asked, offer))
    assert "It says the same as what is computed today." in same
    version = MatchingPolicy.objects.get().version
    PolicyFactory(weights={"needs": 90, "types": 10}, threshold=40, version=version + 1)
    offer.capacity = 0
    offer.save()
    text = page(client_of_expert, pair_url(asked, offer))
    assert f"It was computed under policy {version}; policy {version + 1} is in force now." in text
    assert "“Places left” is not passed any more: It is full: no place is left." in text
    assert "points; today it has" in text
    assert in_order(text, "Stored", "Today", "Needs met")


def test_history_is_not_compared(client_of_expert, asked, market):
    assert "comes from a public source" in page(client_of_expert, pair_url(asked, market["history"]), 409)


def test_the_whole_pages_leave_no_word_of_others_requests_to_a_provider(signed_in, focal_point, peru, market, cicte):
    hidden = RequestFactory(state=peru, title="Hidden title")
    shown = RequestFactory(state=peru, status="circulated", title="Shown title")
    shown.declined_providers.add(cicte)
    client = signed_in(focal_point)
    offer = market["fits"]
    listed = page(client, reverse("assistance:offer_requests", args=[offer.reference]))
    assert "Shown title" in listed
    assert "Hidden title" not in listed
    assert client.get(pair_url(hidden, offer)).status_code == 404
    text = page(client, pair_url(shown, offer))
    assert "It fits" in text
    for words in ("Provider not declined", "Preferred provider", "Who could help"):
        assert words not in text
    own = page(client, offer.get_absolute_url())
    assert "Shown title" in own
    assert "Hidden title" not in own


def test_others_pairs_are_not_explained_to_a_provider(signed_in, focal_point, peru, market):
    shown = RequestFactory(state=peru, status="circulated")
    assert signed_in(focal_point).get(pair_url(shown, market["weak"])).status_code == 403


def test_without_circulated_requests_a_provider_is_told_when_there_will_be(signed_in, focal_point, market):
    text = page(signed_in(focal_point), reverse("assistance:offer_requests", args=[market["fits"].reference]))
    assert "No request is open to you" in text


def test_an_offer_that_fits_nothing_says_so(signed_in, focal_point, peru, cicte):
    RequestFactory(state=peru, status="circulated")
    offer = OfferFactory(organization=cicte, areas=["BOR.CUS"])
    text = page(signed_in(focal_point), reverse("assistance:offer_requests", args=[offer.reference]))
    assert "It fits none of the open requests" in text


# Picking an offer to compare


def compare_url(request, query=""):
    return reverse("assistance:request_compare", args=[request.reference]) + query


def test_an_offer_is_found_by_words_and_compared(client_of_expert, asked, market):
    text = page(client_of_expert, compare_url(asked, "?q=border"))
    assert pair_url(asked, market["elsewhere"]) in text
    assert pair_url(asked, market["fits"]) not in text
    assert "No offer found" in page(client_of_expert, compare_url(asked, "?q=nothing+such"))
    assert "No offer found" not in page(client_of_expert, compare_url(asked))


def test_an_offer_named_by_its_reference_is_compared_at_once(client_of_expert, asked, market):
    response = client_of_expert.get(compare_url(asked, "?q=off-2026-7007"))
    assert response["Location"] == pair_url(asked, market["elsewhere"])


def test_offers_that_the_reader_does_not_see_are_not_found(signed_in, state_focal_point, asked, market):
    client = signed_in(state_focal_point)
    for query in ("?q=Committee+course", f"?q={market['committee'].reference}"):
        assert pair_url(asked, market["committee"]) not in page(client, compare_url(asked, query))
    assert client.get(pair_url(asked, market["committee"])).status_code == 404


# Ways to the pages


def test_the_requests_page_leads_to_its_candidates(signed_in, people, asked, market):
    for role in ("expert", "observer", "secretariat", "state_focal_point"):
        assert candidates_url(asked) in page(signed_in(people[role]), asked.get_absolute_url())
    asked.status = "circulated"
    asked.save()
    assert candidates_url(asked) not in page(signed_in(people["focal_point"]), asked.get_absolute_url())


def test_match_pages_lead_to_the_pair_as_of_today(client_of_expert, signed_in, focal_point, asked, market):
    match = MatchFactory(request=asked, offer=market["fits"], status="proposed", proposed_at=timezone.now())
    assert pair_url(asked, market["fits"]) in page(client_of_expert, match.get_absolute_url())
    queue = page(client_of_expert, reverse("admin:assistance_match_change", args=[match.pk]))
    assert admin_pair_url(asked, market["fits"]) in queue
    assert admin_candidates_url(asked) in queue
    # Before the request is circulated its provider reads the proposal, and no more.
    assert pair_url(asked, market["fits"]) not in page(signed_in(focal_point), match.get_absolute_url())


def test_the_admin_of_requests_leads_to_the_candidates(client_of_expert, asked):
    assert admin_candidates_url(asked) in page(
        client_of_expert, reverse("admin:assistance_assistancerequest_changelist")
    )
    assert admin_candidates_url(asked) in page(
        client_of_expert, reverse("admin:assistance_assistancerequest_change", args=[asked.pk])
    )


def test_contacts_to_ask_are_those_that_the_reader_may_read(signed_in, people, asked, market, cicte):
    ContactFactory(organization=cicte, name="Example Committee Contact", visibility="committee")
    ContactFactory(organization=cicte, name="Example Network Contact", visibility="network")
    ended = timezone.localdate() - timedelta(days=1)
    ContactFactory(organization=cicte, name="Example Former Contact", valid_until=ended)
    url = pair_url(asked, market["fits"])
    text = page(signed_in(people["state_focal_point"]), url)
    assert "Example Network Contact" in text
    assert "Example Committee Contact" not in text
    assert "Example Former Contact" not in text
    assert "Example Committee Contact" in page(signed_in(people["expert"]), url)
