"""Every answer that is not a success has the same form and a documented kind."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from django.db import OperationalError

from cooperation_portal.api import views
from cooperation_portal.api.problems import KINDS
from tests.factories import StateFactory

pytestmark = pytest.mark.django_db


def kind_of(answer) -> str:
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["title"]
    assert body["detail"]
    return body["type"].removeprefix("/api/v1/problems/").removesuffix("/")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nowhere/",
        "/api/v1/offers",
        "/api/v1/offers/one/",
        "/api/v1/offers/1/2/3/",
        "/api/v1/offers/99999999999999999999999/",
        "/api/v1//",
        "/api/",
        "/api/v2/offers/",
        "/api/v1/ünbekannt/",
        "/api/v1/problems/no-such-kind/",
    ],
)
def test_unknown_addresses_are_404_in_the_same_form(method, path, writer):
    answer = writer.send(method, path)
    if path.startswith(("/api/v1/offers/9", "/api/v1/problems/")) and method != "GET":
        assert answer.status_code in (404, 405)
        return
    assert (answer.status_code, kind_of(answer)) == (404, "not-found")
    assert unquote(answer.json()["instance"]) == path


def test_a_wrong_key_is_told_at_unknown_addresses_too(visitor):
    answer = visitor.get("/api/v1/nowhere/", headers={"Authorization": "Bearer nonsense"})
    assert (answer.status_code, kind_of(answer)) == (401, "not-authenticated")


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("*/*", 200),
        ("application/*;q=0.5", 200),
        ("text/html,application/xhtml+xml,*/*;q=0.8", 200),
        ("application/problem+json", 200),
        ("text/csv", 406),
        ("application/xml, text/*", 406),
        ("application/json;q=0", 406),
        ("nonsense", 406),
    ],
)
def test_who_accepts_no_json_is_told(accept, status, visitor):
    answer = visitor.get("/api/v1/states/", headers={"Accept": accept})
    assert answer.status_code == status
    if status == 406:
        assert kind_of(answer) == "not-acceptable"


def test_format_suffixes_and_overrides_do_nothing(visitor):
    assert visitor.get("/api/v1/states/?format=csv").status_code == 400
    assert visitor.get("/api/v1/states.json").status_code == 404


@pytest.mark.parametrize("name", sorted(KINDS))
def test_the_address_of_a_kind_explains_it(name, visitor):
    answer = visitor.get(KINDS[name].uri)
    assert answer.json()["type"] == KINDS[name].uri
    assert answer.json()["status"] == KINDS[name].status
    assert answer.json() in visitor.get("/api/v1/problems/").json()["data"]


def test_the_index_names_every_address(visitor):
    index = visitor.get("/api/v1/").json()
    assert {one["name"] for one in index["resources"] if one["writable"]} == {"contacts", "documents", "offers"}
    for one in index["resources"]:
        assert visitor.get(one["url"]).status_code == 200
    assert visitor.get(index["problems"]).status_code == 200
    assert visitor.get(index["openapi"]).headers["Content-Type"] == "application/json"
    tag = visitor.get("/api/v1/").headers["ETag"]
    assert visitor.get("/api/v1/", headers={"If-None-Match": tag}).status_code == 304
    assert visitor.get("/api/v1/?x=1").status_code == 400


def test_a_crash_is_told_without_its_cause(visitor, monkeypatch, caplog):
    def crash(*args):
        raise RuntimeError("canary cause")

    monkeypatch.setattr(views.querystring, "read_list", crash)
    visitor.raise_request_exception = False
    answer = visitor.get("/api/v1/states/")
    assert (answer.status_code, kind_of(answer)) == (500, "internal-error")
    assert "canary" not in answer.content.decode()
    assert "canary cause" in caplog.text


def test_a_crash_reaches_whoever_listens_for_them(visitor, monkeypatch):
    def crash(*args):
        raise RuntimeError("cause")

    monkeypatch.setattr(views.querystring, "read_list", crash)
    with pytest.raises(RuntimeError):
        visitor.get("/api/v1/states/")


def test_a_database_that_is_away_is_503_with_when_to_try_again(visitor, monkeypatch):
    def away(*args):
        raise OperationalError("connection refused")

    monkeypatch.setattr(views.etags, "newest_changes", away)
    answer = visitor.get("/api/v1/states/")
    assert (answer.status_code, kind_of(answer)) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_every_answer_carries_the_request_id(visitor):
    StateFactory()
    for path in ("/api/v1/", "/api/v1/states/", "/api/v1/nowhere/"):
        assert visitor.get(path, headers={"X-Request-Id": "caller-0001"}).headers["X-Request-Id"] == "caller-0001"
        assert len(visitor.get(path, headers={"X-Request-Id": "a b\x1b[31m"}).headers["X-Request-Id"]) == 32


def test_other_sites_scripts_may_not_read(visitor):
    answer = visitor.get("/api/v1/states/", headers={"Origin": "https://other.example"})
    assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_reading_changes_nothing(reader, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    StateFactory()
    reader.get("/api/v1/")
    with CaptureQueriesContext(connection) as captured:
        for path in ("/api/v1/states/", "/api/v1/offers/", "/api/v1/contacts/", "/api/v1/requests/"):
            reader.get(path)
    reads = re.compile(
        r"\(*SELECT |(PREPARE kept_\d+ \([\w, ]+\) AS (SELECT|WITH wanted) .*; )?EXECUTE kept_\d+ ", re.S
    )
    assert all(reads.match(query["sql"]) for query in captured)
