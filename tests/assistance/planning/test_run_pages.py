"""The pages of runs: what they say, who asks for a run, and how the page follows it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from assistance.models import MatchingRun
from tests.factories import OfferFactory, RequestFactory

pytestmark = pytest.mark.django_db

LIST = reverse("assistance:run_list")
Status, Cause = MatchingRun.Status, MatchingRun.Cause


def a_run(**values):
    began = timezone.now()
    defaults = {
        "cause": Cause.NIGHTLY,
        "status": Status.DONE,
        "started_at": began,
        "finished_at": began + timedelta(seconds=7.2),
    }
    return MatchingRun.objects.create(**defaults | values)


@pytest.fixture
def reader(signed_in, observer):
    return signed_in(observer)


def text_of(response):
    return " ".join(response.content.decode().split())


def test_the_list_tells_cause_state_policy_counts_and_duration(reader):
    a_run(policy_version=3, requests_total=41, suggested=17, changed=5, superseded=2)
    page = text_of(reader.get(LIST))
    for told in ("Nightly run", "Done", "All open requests", ">3<", ">41<", ">17<", ">5<", ">2<", "7.2 s"):
        assert told in page


def test_the_list_is_filtered_sorted_and_paged(reader):
    offer = OfferFactory()
    slow = a_run(finished_at=timezone.now() + timedelta(minutes=3))
    about_offer = a_run(cause=Cause.OFFER, offer=offer)
    failed = a_run(status=Status.FAILED, problem_code="no_policy")

    def shown(query):
        return [row["run"].pk for row in reader.get(f"{LIST}?{query}").context["rows"]]

    assert shown("") == [failed.pk, about_offer.pk, slow.pk]
    assert shown("status=failed") == [failed.pk]
    assert shown("cause=offer") == shown("over=offer") == shown(f"q={offer.reference}") == [about_offer.pk]
    assert shown("over=everything") == [failed.pk, slow.pk]
    assert shown("sort=-took")[0] == slow.pk
    assert shown("status=unheard-of") == []
    for _ in range(25):
        a_run()
    assert len(shown("")) == 25
    assert len(shown("page=2")) == 3


def test_an_empty_list_says_when_runs_come(reader):
    assert "every night" in text_of(reader.get(LIST))


def test_the_list_asks_the_same_of_the_database_for_few_and_many(reader, django_assert_max_num_queries):
    a_run(cause=Cause.OFFER, offer=OfferFactory())
    with django_assert_max_num_queries(20) as few:
        reader.get(LIST)
    for _ in range(10):
        a_run(cause=Cause.REQUEST, request=RequestFactory())
    with django_assert_max_num_queries(len(few)):
        reader.get(LIST)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"status": Status.QUEUED, "finished_at": None, "started_at": None}, "Waiting for a worker."),
        ({"status": Status.RUNNING, "finished_at": None}, "Reading the records."),
        ({"status": Status.RUNNING, "finished_at": None, "requests_total": 900, "requests_done": 360}, "360 of 900"),
    ],
)
def test_a_run_at_work_shows_how_far_it_is_and_is_followed(reader, values, told):
    run = a_run(**values)
    page = text_of(reader.get(run.get_absolute_url()))
    assert told in page
    assert "<progress" in page
    assert 'hx-trigger="every 2s"' in page
    assert f'<a href="{run.get_absolute_url()}">Refresh</a>' in page


def test_a_run_that_ended_is_no_longer_followed_and_the_whole_page_is_fetched_once(reader):
    run = a_run()
    page = reader.get(run.get_absolute_url())
    assert "hx-trigger" not in text_of(page)
    assert "<progress" not in text_of(page)
    assert "HX-Refresh" not in page
    assert reader.get(run.get_absolute_url(), headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_the_page_tells_where_the_time_went_and_which_record_it_was_for(reader):
    request = RequestFactory()
    run = a_run(cause=Cause.REQUEST, request=request, reading_ms=1200, scoring_ms=340, writing_ms=560)
    page = text_of(reader.get(run.get_absolute_url()))
    for told in ("A request changed", request.title, request.get_absolute_url(), "1.2", "0.34", "0.56"):
        assert told in page


@pytest.mark.parametrize(
    ("code", "detail", "told"),
    [
        ("no_policy", "", "The secretariat adds one"),
        ("bad_policy", "All weights are 0.", "All weights are 0. The secretariat saves a corrected version"),
        ("bad_records", "The area tree runs in a circle at BIO.", "The area tree runs in a circle at BIO. Correct it"),
        ("worker_died", "", "Three workers stopped"),
        ("unexpected", "ZeroDivisionError", "(ZeroDivisionError)"),
    ],
)
def test_a_failed_run_says_why_and_what_to_do(reader, code, detail, told):
    run = a_run(status=Status.FAILED, problem_code=code, problem=detail)
    page = text_of(reader.get(run.get_absolute_url()))
    assert "The run failed" in page
    assert told in page


def test_the_button_asks_for_a_run_and_leads_to_it(signed_in, expert, monkeypatch):
    monkeypatch.setattr("assistance.services.queueing.hurry", lambda task: None)
    client = signed_in(expert)
    response = client.post(LIST)
    run = MatchingRun.objects.get()
    assert response.url == run.get_absolute_url()
    assert (run.cause, run.status, run.asked_by_label != "") == (Cause.DEMAND, Status.QUEUED, True)
    assert client.post(LIST).url == run.get_absolute_url(), "the waiting run is enough"
    assert MatchingRun.objects.count() == 1
    MatchingRun.objects.update(status=Status.RUNNING)
    assert client.post(LIST).url != run.get_absolute_url(), "what changed since the run began needs another"


def test_the_queue_s_button_leads_to_the_run_and_the_queue_to_the_last_one(signed_in, expert, monkeypatch):
    monkeypatch.setattr("assistance.services.queueing.hurry", lambda task: None)
    client = signed_in(expert)
    run_url = client.post(reverse("admin:assistance_match_run")).url
    assert run_url == MatchingRun.objects.get().get_absolute_url()
    assert run_url in text_of(client.get(reverse("admin:assistance_match_changelist")))


def test_a_run_over_one_request_is_asked_for_with_its_reference(signed_in, expert, monkeypatch):
    monkeypatch.setattr("assistance.services.queueing.hurry", lambda task: None)
    request = RequestFactory()
    client = signed_in(expert)
    client.post(LIST, {"request": request.reference})
    assert MatchingRun.objects.get().request == request
    closed = RequestFactory(status="closed")
    response = client.post(LIST, {"request": closed.reference}, follow=True)
    assert "this one is not open" in text_of(response)
    assert MatchingRun.objects.count() == 1
    assert client.post(LIST, {"request": "REQ-1999-0001"}).status_code == 404


@pytest.mark.parametrize(("status", "is_offered"), [("submitted", True), ("closed", False)])
def test_the_page_of_an_open_request_offers_a_run_over_it(signed_in, expert, status, is_offered):
    request = RequestFactory(status=status)
    page = text_of(signed_in(expert).get(request.get_absolute_url()))
    assert ("Match this request again" in page) is is_offered


def test_the_requester_is_offered_no_run(signed_in, state_focal_point, peru):
    request = RequestFactory(state=peru)
    assert "Match this request again" not in text_of(signed_in(state_focal_point).get(request.get_absolute_url()))


def test_an_observer_sees_runs_but_no_button(reader):
    page = text_of(reader.get(LIST))
    assert "Run over everything" not in page
    assert reader.post(LIST).status_code == 403
    assert not MatchingRun.objects.exists()
