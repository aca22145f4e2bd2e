"""Candidates and pairs in the partner API: who reads them, in what order, and in which words."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistance.matching.policy import DEFAULT_WEIGHTS
from assistance.models import MatchingPolicy
from tests.factories import (
    ApiKeyFactory,
    AreaFactory,
    MatchFactory,
    MembershipFactory,
    OfferFactory,
    OrganizationFactory,
    PolicyFactory,
    RequestFactory,
)

from .conftest import Caller

pytestmark = pytest.mark.django_db

SECRET = "canary9c1d"


@pytest.fixture(autouse=True)
def policy(db):
    return PolicyFactory(weights=dict(DEFAULT_WEIGHTS), threshold=40)


@pytest.fixture
def sica(peru):
    organization = OrganizationFactory(acronym="SICA")
    MembershipFactory(organization=organization, state=peru)
    return organization


@pytest.fixture
def asker(sica) -> Caller:
    """A key of the organization that asks."""
    return Caller(ApiKeyFactory(organization=sica, scopes=["read", "write"]))


@pytest.fixture
def asked(sica):
    return RequestFactory(organization=sica, reference="REQ-2026-8001", description=SECRET, status="submitted")


@pytest.fixture
def offers(cicte):
    return {
        "fits": OfferFactory(organization=cicte, reference="OFF-2026-8001"),
        "weak": OfferFactory(reference="OFF-2026-8002", types=["GUID"]),
        "full": OfferFactory(reference="OFF-2026-8003", capacity=0),
        "held": OfferFactory(reference="OFF-2026-8004", status="suspended"),
        "elsewhere": OfferFactory(reference="OFF-2026-8005", areas=["BOR.CUS"]),
        "hidden": OfferFactory(reference="OFF-2026-8006", visibility="committee"),
    }


def candidates(request, query=""):
    return f"/api/v1/requests/{request.reference}/candidates/{query}"


def pair(request, offer):
    return f"/api/v1/requests/{request.reference}/candidates/{offer.reference}/"


def test_the_key_of_who_asks_reads_its_candidates_best_first(asker, asked, offers):
    answer = asker.get(candidates(asked, "?count=true")).json()
    assert [(row["offer"], row["kind"], row["failed"] and row["failed"]["code"]) for row in answer["data"]] == [
        ("OFF-2026-8001", "suggested", None),
        ("OFF-2026-8002", "below_threshold", None),
        ("OFF-2026-8003", "near_miss", "capacity"),
        ("OFF-2026-8004", "near_miss", "live"),
    ]
    assert answer["meta"] == {
        "limit": 50,
        "count": 4,
        "policy": str(MatchingPolicy.objects.get().version),
        "threshold": 40.0,
        "compared": 5,
        "warnings": [],
    }
    assert answer["data"][2]["failed"]["sentence"] == "It is full: no place is left."
    assert answer["data"][0]["url"].endswith(pair(asked, offers["fits"]))


def test_filters_narrow_and_unknown_ones_are_refused(asker, asked, offers):
    rows = asker.get(candidates(asked, "?kind=near_miss&gate=capacity")).json()["data"]
    assert [row["offer"] for row in rows] == ["OFF-2026-8003"]
    assert asker.get(candidates(asked, "?gate=period")).json()["data"] == []
    assert asker.get(candidates(asked, "?gate=capacity&kind=suggested")).json()["data"] == []
    for query, pointer in [
        ("?kind=best", "?kind"),
        ("?gate=moon", "?gate"),
        ("?colour=red", "?colour"),
        ("?fields=offer", "?fields"),
        ("?limit=0", "?limit"),
        ("?kind=suggested&kind=suggested", "?kind"),
    ]:
        refused = asker.get(candidates(asked, query))
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["pointer"] == pointer


def test_pages_follow_each_other_while_others_write(asker, asked, offers):
    whole = [row["offer"] for row in asker.get(candidates(asked)).json()["data"]]
    first = asker.get(candidates(asked, "?limit=2"))
    assert first.headers["Link"] == f'<{first.json()["next"]}>; rel="next"'
    OfferFactory(reference="OFF-2026-0001")  # sorts before all that were read
    second = asker.get(first.json()["next"]).json()
    assert [row["offer"] for row in first.json()["data"] + second["data"]] == whole
    assert second["next"] is None
    assert asker.crawl(candidates(asked, "?limit=1&kind=near_miss"))[-1]["offer"] == "OFF-2026-8004"


def test_a_cursor_is_good_for_its_key_request_and_filters_alone(asker, stranger, asked, offers, sica):
    cursor = asker.get(candidates(asked, "?limit=1")).json()["next"].partition("cursor=")[2]
    other = RequestFactory(organization=sica)
    colleague = Caller(ApiKeyFactory(organization=sica))
    for caller, url in [
        (asker, candidates(other, f"?cursor={cursor}")),
        (asker, candidates(asked, f"?kind=suggested&cursor={cursor}")),
        (asker, candidates(asked, f"?cursor={cursor}x")),
        (colleague, candidates(asked, f"?cursor={cursor}")),
    ]:
        refused = caller.get(url)
        assert refused.status_code == 400
        assert refused.json()["type"] == "/api/v1/problems/invalid-cursor/"


def test_a_pair_is_explained_with_a_sentence_for_every_code(asker, asked, offers):
    told = asker.get(pair(asked, offers["fits"])).json()
    assert told["kind"] == "suggested"
    assert told["score"] == pytest.approx(sum(part["points"] for part in told["parts"]))
    for name in ("gates", "parts", "needs", "missing", "paragraphs", "readings"):
        assert all(item["sentence"] for item in told[name])
    assert len(told["gates"]) == 11
    full = asker.get(pair(asked, offers["full"])).json()
    assert (full["kind"], [gate["code"] for gate in full["gates"] if not gate["passed"]]) == ("near_miss", ["capacity"])
    assert asker.get(pair(asked, offers["weak"])).json()["kind"] == "below_threshold"
    assert asker.get(pair(asked, offers["elsewhere"])).json()["kind"] == "no_candidate"


def test_sentences_follow_the_language_asked_for_and_codes_do_not(asker, asked, offers, settings):
    settings.LANGUAGES = [("en", "English"), ("fr", "French")]
    english, french = (
        asker.get(pair(asked, offers["full"]), headers={"Accept-Language": language})
        for language in ("en", "fr, en;q=0.5")
    )
    for answer, language, month in ((english, "en", "December"), (french, "fr", "décembre")):
        assert answer.headers["Content-Language"] == language
        assert "Accept-Language" in answer.headers["Vary"]
        assert any(month in gate["sentence"] for gate in answer.json()["gates"])
    assert french.headers["ETag"] != english.headers["ETag"]
    assert [gate["code"] for gate in french.json()["gates"]] == [gate["code"] for gate in english.json()["gates"]]


# Who reads


def test_who_reads_candidates(asker, reader, stranger, visitor, asked, offers):
    assert asker.get(candidates(asked)).status_code == 200
    for caller in (reader, stranger, visitor):
        assert caller.get(candidates(asked)).status_code == 404
        assert caller.get(pair(asked, offers["fits"])).status_code == 404
    asked.status = "circulated"
    asked.save()
    # CICTE may know why its own offer fits a circulated request, and no more.
    assert reader.get(pair(asked, offers["fits"])).status_code == 200
    assert reader.get(pair(asked, offers["weak"])).status_code == 403
    assert reader.get(candidates(asked)).status_code == 403
    assert stranger.get(pair(asked, offers["fits"])).status_code == 403
    assert visitor.get(candidates(asked)).status_code == 404


def test_readers_of_a_public_summary_are_told_nothing_of_needs(visitor, reader, asked, offers):
    asked.public_summary, asked.summary_consent_on, asked.summary_published_on = "In short.", "2026-01-01", "2026-01-08"
    asked.save()
    for caller in (visitor, reader):
        for url in (candidates(asked), pair(asked, offers["fits"])):
            refused = caller.get(url)
            assert refused.status_code in (403, 404)
            assert refused.headers["Content-Type"] == "application/problem+json"


def test_offers_that_the_key_does_not_read_are_not_compared(asker, asked, offers):
    assert "OFF-2026-8006" not in json.dumps(asker.get(candidates(asked)).json())
    assert asker.get(pair(asked, offers["hidden"])).status_code == 404
    assert asker.get(candidates(asked) + "OFF-0000/").status_code == 404
    assert asker.get("/api/v1/requests/REQ-0000/candidates/").status_code == 404


def test_a_provider_does_not_learn_whom_the_requester_prefers_or_declines(reader, asked, offers, cicte):
    asked.status = "circulated"
    asked.save()
    before = reader.get(pair(asked, offers["fits"])).json()
    asked.declined_providers.add(cicte)
    asked.save()
    assert reader.get(pair(asked, offers["fits"])).json() == before
    assert "preferred" not in {part["code"] for part in before["parts"]}
    assert "not_declined" not in {gate["code"] for gate in before["gates"]}
    assert SECRET not in json.dumps(before)


def test_a_suggestion_stays_with_the_committee(asker, asked, offers):
    match = MatchFactory(request=asked, offer=offers["fits"], status="suggested")
    assert asker.get(pair(asked, offers["fits"])).json()["match"] is None
    match.status, match.proposed_at = "proposed", "2026-11-01T00:00:00Z"
    match.save()
    assert asker.get(pair(asked, offers["fits"])).json()["match"] == match.pk


# What cannot be computed


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda asked: MatchingPolicy.objects.all().delete(), "There is no matching policy yet"),
        (lambda asked: MatchingPolicy.objects.update(weights={"needs": -1}), "negative"),
        (lambda asked: type(asked).objects.update(status="closed"), "has ended"),
    ],
)
def test_what_cannot_be_compared_is_a_conflict_with_the_reason(break_it, words, asker, asked, offers):
    break_it(asked)
    refused = asker.get(candidates(asked))
    assert refused.status_code == 409
    assert words in refused.json()["detail"]


def test_history_is_not_compared(asker, asked, offers):
    offer = OfferFactory(provenance="public_source", visibility="public")
    assert asker.get(pair(asked, offer)).status_code == 409


def test_warnings_say_what_is_wrong_with_the_request(asker, asked, offers):
    area = AreaFactory(code="BIO.LAB")
    area.is_retired = True
    area.save()
    answer = asker.get(candidates(asked)).json()
    assert answer["data"] == []
    (warning,) = answer["meta"]["warnings"]
    assert (warning["code"], warning["params"]) == ("unknown_areas", {"areas": ["BIO.LAB"]})
    assert "BIO.LAB" in warning["sentence"]


def test_no_offers_give_an_empty_page(asker, asked):
    answer = asker.get(candidates(asked)).json()
    assert (answer["data"], answer["next"], answer["meta"]["compared"]) == ([], None, 0)


# Like the rest of the interface


def test_an_unchanged_answer_is_not_sent_again(asker, asked, offers):
    for url in (candidates(asked), pair(asked, offers["fits"])):
        tag = asker.get(url).headers["ETag"]
        again = asker.get(url, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
    offers["full"].title = "Another title"
    offers["full"].capacity = 2
    offers["full"].save()
    assert asker.get(candidates(asked), headers={"If-None-Match": tag}).status_code == 200


def test_nothing_is_written_here(asker, asked, offers):
    for url in (candidates(asked), pair(asked, offers["fits"])):
        for method in ("POST", "PATCH", "PUT", "DELETE"):
            assert asker.send(method, url, {}).status_code == 405


def test_the_number_of_queries_does_not_grow(asker, asked):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert asker.get(candidates(asked)).status_code == 200
        return len(captured)

    queries()
    OfferFactory()
    few = queries()
    for _number in range(12):
        OfferFactory()
    assert queries() == few
