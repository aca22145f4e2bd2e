"""What the interface says to a caller who nearly had it right."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.factories import OfferFactory

ALL = "All stand in the reference, /api/v1/docs/."


def details(answer: Any) -> dict[str, str]:
    return {one["pointer"]: one["detail"] for one in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/api/v1/offers", "/api/v1/offers/"),
        ("/api/v1/offers/7", "/api/v1/offers/7/"),
        ("/api/v1/offer/", "/api/v1/offers/"),
        ("/api/v1/offer", "/api/v1/offers/"),
        ("/api/v1/offer/7/publish", "/api/v1/offers/7/publish/"),
        ("/api/v1/information_sheet/", "/api/v1/information-sheets/"),
        ("/api/v1/assistance_types/", "/api/v1/assistance-types/"),
        ("/api/v1/change", "/api/v1/changes/"),
        ("/api/v1/requests/REQ-2026-0001/candidates", "/api/v1/requests/REQ-2026-0001/candidates/"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_that_is_nearly_right_leads_on(path, meant, method, writer):
    answer = writer.send(method, path)
    assert (answer.status_code, answer.json()["detail"]) == (404, f"Did you mean {meant}?")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nowhere/",
        "/api/v1/offers/7/nothing/",
        "/api/v1/offers/n1540_abcdefgh/",
        "/api/v1/n1540_abcdefgh/",
        "/api/v2/offers",
        "/api/v1/offers/<script>/",
    ],
)
def test_any_other_address_leads_nowhere(path, visitor):
    answer = visitor.get(path)
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is nothing here that you may read.")


@pytest.mark.parametrize("part", ["offers", "offer"])
def test_a_record_asked_for_by_its_reference_is_found_by_the_address_that_is_named(part, visitor):
    OfferFactory(reference="OFF-2026-0001", visibility="public")
    OfferFactory(reference="OFF-2026-0002", status="draft")
    told = {
        ref: visitor.get(f"/api/v1/{part}/{ref}/").json()["detail"].replace(ref, "REF")
        for ref in ("OFF-2026-0001", "OFF-2026-0002", "OFF-2026-0003")
    }
    assert set(told.values()) == {
        "Records are addressed by their number, the member id. /api/v1/offers/?ref=REF finds one by its reference."
    }, "the same whether the record is public, hidden or not there"
    assert len(visitor.get("/api/v1/offers/?ref=OFF-2026-0001").json()["data"]) == 1


def test_unknown_parameters_and_fields_come_with_the_closest_name(visitor, writer):
    asked = visitor.get("/api/v1/offers/?stauts=ongoing&zzzzzz=1")
    assert details(asked) == {
        "?stauts": f"There is no such parameter here. Did you mean “status”? {ALL}",
        "?zzzzzz": f"There is no such parameter here. {ALL}",
    }
    assert details(visitor.get("/api/v1/offers/?fields=titel")) == {
        "?fields": f"There is no field “titel” here. Did you mean “title”? {ALL}"
    }
    sent = writer.send("POST", "/api/v1/offers/", {"title": "A course", "area": []})
    assert details(sent) == {"/area": f"There is no such field. Did you mean “areas”? {ALL}"}
    batch = writer.send("POST", "/api/v1/offers/batch/", {"items": [{"dta": {}, "data": {"title": "A"}}]})
    assert details(batch) == {"/items/0/dta": f"There is no such field. Did you mean “data”? {ALL}"}


def test_many_wrong_names_cost_little(writer):
    body = {
        "title": "A",
        **{f"{number}{'title' * 200}": 1 for number in range(500)},
        **{f"t{n}": 1 for n in range(500)},
    }
    began = time.perf_counter()
    answer = writer.send("POST", "/api/v1/offers/", body)
    assert answer.status_code == 400
    assert time.perf_counter() - began < 2
    assert sum("reference" in told for told in details(answer).values()) == 5


def test_an_unknown_type_is_answered_with_those_that_there_are(reader):
    answer = reader.send("POST", "/api/v1/snapshots/", {"types": ["offers"]})
    (found,) = answer.json()["errors"]
    assert (answer.status_code, found["pointer"], found["code"]) == (400, "/types/0", "unknown_type")
    assert found["detail"].startswith("There is no record type “offers” here. There are: state, organization, ")
    assert found["detail"].endswith("Did you mean “offer”?")
    (found,) = reader.get("/api/v1/changes/?type=meetings").json()["errors"]
    assert found["code"] == "unknown_type"
    assert found["detail"].endswith("Did you mean “meeting”?")


def test_a_key_that_writes_what_is_anothers_is_told_for_whom_it_writes(writer, stranger):
    theirs = OfferFactory(organization=stranger.key.organization, visibility="network")
    path = f"/api/v1/offers/{theirs.pk}/"
    item = {"id": theirs.pk, "if_match": "*", "data": {"title": "Mine"}}
    answers = [
        writer.send("PATCH", path, {"title": "Mine"}, If_Match="*"),
        writer.send("POST", f"{path}suspend/", {"reason": "x"}, If_Match="*"),
        writer.send("POST", "/api/v1/offers/batch/", {"items": [item]}),
        writer.send("POST", "/api/v1/offers/", {"title": "Theirs", "organization": "STRANGER"}),
        writer.send("POST", "/api/v1/offers/", {"title": "Nobody's", "organization": "NOBODY"}),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["detail"]) == (403, "This key writes for CICTE alone.")


def test_the_offset_of_a_time_is_written_as_people_type_it(visitor):
    answer = visitor.get("/api/v1/offers/?created_at__gte=2026-01-01T00:00:00+02:00")
    assert details(answer)["?created_at__gte"].endswith("In an address, write + as %2B.")


def test_a_misspelt_scope_is_answered_with_those_that_there_are(cicte):
    with pytest.raises(CommandError, match=r"There is no scope reed\. Scopes are: read, write, organizations:read, "):
        call_command("create_api_key", organization="CICTE", scopes="reed,write")
