"""What holds for every resource, found by walking the router: a new one is tested the day it is added."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from cooperation_portal.api.catalogue import resource, resources
from cooperation_portal.api.views import CollectionView
from tests.factories import ApiKeyFactory, ContactFactory, DocumentFactory, MatchFactory, OfferFactory

from .conftest import Caller
from .samples import HIDDEN, PUBLIC

pytestmark = pytest.mark.django_db

ROUTED = sorted(
    pattern.callback.initkwargs["resource"].name
    for pattern in get_resolver("cooperation_portal.api.urls").url_patterns
    if issubclass(getattr(pattern.callback, "cls", object), CollectionView)
)


def proposed_match(organization):
    """A match that the organization, its offer's provider, may read."""
    return MatchFactory(
        offer__organization=organization,
        status="proposed",
        proposed_at="2026-01-01T00:00:00Z",
        explanation={"total": 70},
    )


#: Of each resource that keys write, a record of an organization.
OWN = {
    "contacts": lambda owner: ContactFactory(organization=owner),
    "documents": lambda owner: DocumentFactory(organization=owner),
    "offers": lambda owner: OfferFactory(organization=owner),
}


@pytest.fixture
def make_readable(cicte):
    """Makes a record that `reader` reads: a public one, or a match that concerns CICTE."""
    return lambda name: PUBLIC[name]() if name in PUBLIC else proposed_match(cicte)


def test_the_router_has_every_resource_of_the_contract():
    expected = """areas assistance-types contacts documents information-sheets matches meetings notes offers
    organizations projects requests resolution-paragraphs states"""
    assert expected.split() == ROUTED == sorted(resources())
    assert set(HIDDEN) == set(ROUTED)


@pytest.mark.parametrize("name", ROUTED)
def test_visitors_read_what_is_public_and_nothing_else(name, visitor):
    shown = PUBLIC[name]() if name in PUBLIC else None
    hidden = HIDDEN[name]()
    ids = {row["id"] for row in visitor.crawl(f"/api/v1/{name}/?limit=200")}
    visible = set(resource(name).model._default_manager.visible_to(None).values_list("pk", flat=True))
    assert ids == visible
    assert shown is None or shown.pk in ids
    assert hidden is None or hidden.pk not in ids


@pytest.mark.parametrize("name", ROUTED)
def test_invisible_and_missing_give_the_same_404(name, visitor):
    hidden = HIDDEN[name]()
    missing = visitor.get(f"/api/v1/{name}/999999/")
    assert missing.status_code == 404
    assert missing.json()["type"] == "/api/v1/problems/not-found/"
    if hidden is not None:
        invisible = visitor.get(f"/api/v1/{name}/{hidden.pk}/")
        assert invisible.status_code == 404
        assert {**invisible.json(), "instance": ""} == {**missing.json(), "instance": ""}
        differing = {"X-Request-Id", "Content-Length", "RateLimit"}
        assert {k: v for k, v in invisible.headers.items() if k not in differing} == {
            k: v for k, v in missing.headers.items() if k not in differing
        }


MALFORMED = [
    "nonsense=1",
    "ordering=id",
    "fields=nonsense",
    "fields=id,nonsense",
    "fields=ref,ref",
    "expand=nonsense",
    "limit=0",
    "limit=201",
    "limit=-1",
    "limit=1e9",
    "limit=ten",
    "limit=10&limit=10",
    "id=1&id=2",
    "cursor=nonsense",
    "count=yes",
    "id=one",
    "id=99999999999999999999",
    "id__in=1,,2",
    "ref=",
    "ref=%00",
    "ref=%ff",
    "created_at__gte=yesterday",
    "created_at__gte=2026-01-01T00:00:00",
    "visibility=secret",
    "id__contains=1",
    "id__gte=1",
]


@pytest.mark.parametrize("name", ROUTED)
def test_what_is_unknown_repeated_or_malformed_is_400(name, visitor):
    for query in MALFORMED:
        answer = visitor.get(f"/api/v1/{name}/?{query}")
        assert answer.status_code == 400, query
        assert answer.json()["type"] in ("/api/v1/problems/invalid-request/", "/api/v1/problems/invalid-cursor/")


@pytest.mark.parametrize("name", ROUTED)
def test_unknown_parameters_of_a_record_are_400(name, reader, make_readable):
    record = make_readable(name)
    for query in ("limit=1", "nonsense=1", "fields=nonsense", "id=1"):
        assert reader.get(f"/api/v1/{name}/{record.pk}/?{query}").status_code == 400


@pytest.mark.parametrize("name", ROUTED)
def test_pages_show_every_row_once_in_a_stable_order(name, reader, make_readable):
    for _row in range(5):
        make_readable(name)
    whole = [row["id"] for row in reader.crawl(f"/api/v1/{name}/?limit=200")]
    in_pages = [row["id"] for row in reader.crawl(f"/api/v1/{name}/?limit=2")]
    assert whole == sorted(whole) == in_pages
    assert len(set(whole)) == len(whole) >= 5
    assert reader.get(f"/api/v1/{name}/?count=true&limit=1").json()["meta"] == {"limit": 1, "count": len(whole)}


@pytest.mark.parametrize("name", ROUTED)
def test_lists_and_records_say_the_same(name, reader, make_readable):
    make_readable(name)
    for row in reader.crawl(f"/api/v1/{name}/"):
        assert reader.get(row["url"]).json() == row
        assert row["type"] == resource(name).type
        assert set(row) == resource(name).names
        assert reader.get(f"/api/v1/{name}/", {"ref": row["ref"]}).json()["data"] == [row]


@pytest.mark.parametrize("name", ROUTED)
def test_unchanged_answers_are_304_without_a_body(name, reader, make_readable):
    record = make_readable(name)
    for path in (f"/api/v1/{name}/", f"/api/v1/{name}/{record.pk}/", f"/api/v1/{name}/?fields=ref&limit=1"):
        first = reader.get(path)
        tag = first.headers["ETag"]
        assert tag.startswith('"')
        assert first.headers["Cache-Control"] == "private, no-cache"
        assert {"Authorization", "Accept"} <= {part.strip() for part in first.headers["Vary"].split(",")}
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = reader.get(path, headers={"If-None-Match": known})
            assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert reader.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("name", ROUTED)
def test_tags_change_with_the_record_and_differ_between_readers(name, reader, stranger, make_readable):
    record = make_readable(name)
    paths = (f"/api/v1/{name}/", f"/api/v1/{name}/{record.pk}/")
    before = [reader.get(path).headers["ETag"] for path in paths]
    theirs = [stranger.get(path).headers.get("ETag") for path in paths]
    assert not set(before) & set(theirs)
    type(record).objects.filter(pk=record.pk).update(version=record.version + 1)
    after = [reader.get(path).headers["ETag"] for path in paths]
    assert not set(before) & set(after)


@pytest.mark.parametrize("name", ROUTED)
@pytest.mark.parametrize("conditional", [False, True], ids=["plain", "if-none-match"])
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(name, conditional, reader, make_readable):
    headers = {"If-None-Match": '"other"'} if conditional else {}

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            reader.get(f"/api/v1/{name}/?limit=200", headers=headers)
        return len(captured)

    for _row in range(2):
        make_readable(name)
    reader.get(f"/api/v1/{name}/")
    few = queries()
    for _row in range(28):
        make_readable(name)
    assert queries() == few <= 8 + conditional


@pytest.mark.parametrize("name", ROUTED)
def test_each_relation_opens_and_each_field_can_be_picked(name, reader, make_readable):
    made = make_readable(name)
    path = f"/api/v1/{name}/{made.pk}/"
    whole = reader.get(path).json()
    for field in resource(name).names:
        assert reader.get(f"{path}?fields={field}").json() == {
            key: value for key, value in whole.items() if key in ("type", "id", field)
        }
    for field in resource(name).expandable:
        opened = reader.get(f"{path}?expand={field}").json()[field]
        for key, value in zip(_several(whole[field]), _several(opened), strict=True):
            assert value == key or value["ref"] == key
        (row,) = (row for row in reader.crawl(f"/api/v1/{name}/?expand={field}") if row["id"] == made.pk)
        assert row[field] == opened


def _several(value):
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("name", ROUTED)
def test_only_documented_methods_are_answered(name, writer, make_readable):
    record, writes = make_readable(name), resource(name).writes
    on_record = {"PATCH"} | ({"DELETE"} if writes and writes.remove else set())
    for path, allowed in ((f"/api/v1/{name}/", {"POST"}), (f"/api/v1/{name}/{record.pk}/", on_record)):
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
            if writes is not None and method in allowed:
                continue
            answer = writer.send(method, path)
            assert answer.status_code == 405, (method, path)
            assert method not in answer.headers["Allow"]


@pytest.mark.parametrize("name", [name for name in ROUTED if resource(name).writes])
def test_every_field_that_is_only_read_is_refused_when_sent(name, cicte, writer):
    own = OWN[name](cicte)
    path, one = f"/api/v1/{name}/{own.pk}/", resource(name)
    whole = writer.get(path).json()
    for field in one.names - one.changeable.keys():
        body = {field: whole[field]}
        item = {"id": own.pk, "if_match": "*", "data": body}
        calls = [("PATCH", path, body, ""), ("POST", f"/api/v1/{name}/batch/", {"items": [item]}, "/items/0/data")]
        if field not in one.writable and not one.takes_file:
            calls.append(("POST", f"/api/v1/{name}/", body, ""))
        for method, address, sent, before in calls:
            answer = writer.send(method, address, sent, If_Match="*")
            assert answer.status_code == 400, (method, field)
            told = {(entry["pointer"], entry["code"]) for entry in answer.json()["errors"]}
            assert (f"{before}/{field}", "read_only") in told
    assert writer.get(path).json() == whole


@pytest.mark.parametrize("name", ROUTED)
def test_cursors_are_good_for_one_key_list_and_filter(name, reader, stranger, make_readable):
    for _row in range(3):
        make_readable(name)
    following = reader.get(f"/api/v1/{name}/?limit=1").json()["next"]
    cursor = following.split("cursor=")[1].split("&")[0]
    assert reader.get(following).status_code == 200
    other = "areas" if name != "areas" else "states"
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for caller, path in (
        (stranger, following),
        (Caller(ApiKeyFactory(organization=reader.key.organization)), following),
        (reader, f"/api/v1/{other}/?cursor={cursor}"),
        (reader, f"/api/v1/{name}/?cursor={cursor}&visibility=public"),
        (reader, f"/api/v1/{name}/?cursor={changed}"),
    ):
        answer = caller.get(path)
        assert (answer.status_code, answer.json()["type"]) == (400, "/api/v1/problems/invalid-cursor/")


@pytest.mark.parametrize("name", ROUTED)
def test_no_answer_holds_a_secret(name, reader, make_readable):
    make_readable(name)
    assert reader.key.secret_hash not in json.dumps(reader.crawl(f"/api/v1/{name}/"))
