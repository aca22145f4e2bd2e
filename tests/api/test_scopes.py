"""Scopes of single apps: a key reads and writes what they name, and hears which one it lacks for the rest."""

from __future__ import annotations

import pytest

from cooperation_portal.api.catalogue import resources
from cooperation_portal.api.permissions import apps_read_by, readable_types
from cooperation_portal.api.scopes import APPS, Scope, covers
from tests.factories import ApiKeyFactory, DocumentFactory, MeetingFactory, OfferFactory, RequestFactory

from .conftest import Caller

pytestmark = pytest.mark.django_db

#: A list of each app.
LISTS = {"organizations": "organizations", "assistance": "offers", "meetings": "meetings"}


def caller_with(cicte, *scopes: str) -> Caller:
    return Caller(ApiKeyFactory(organization=cicte, scopes=list(scopes)))


def test_every_resource_belongs_to_an_app_with_scopes():
    assert {one.model._meta.app_label for one in resources().values()} == set(APPS)
    assert set(Scope.values) == {"read", "write"} | {f"{app}:{verb}" for app in APPS for verb in ("read", "write")}


@pytest.mark.parametrize("app", APPS)
def test_a_key_for_one_app_reads_its_lists_and_records_and_no_others(app, cicte):
    records = {"organizations": cicte, "assistance": OfferFactory(), "meetings": MeetingFactory(visibility="public")}
    caller = caller_with(cicte, f"{app}:read")
    for other, name in LISTS.items():
        for path in (f"/api/v1/{name}/", f"/api/v1/{name}/{records[other].pk}/"):
            answer = caller.get(path)
            assert answer.status_code == (200 if other == app else 403), path
            if other != app:
                problem = answer.json()
                assert problem["type"] == "/api/v1/problems/forbidden/"
                assert f"{other}:read" in problem["detail"]
                assert [entry["code"] for entry in problem["errors"]] == ["missing_scope"]


def test_a_record_out_of_scope_is_refused_alike_whether_it_exists_or_not(cicte):
    caller = caller_with(cicte, "meetings:read")
    offer = OfferFactory()
    there, gone = (caller.get(f"/api/v1/offers/{pk}/") for pk in (offer.pk, offer.pk + 1))
    assert there.status_code == gone.status_code == 403
    assert there.json()["detail"] == gone.json()["detail"]


def test_two_scopes_add_up_and_the_wide_ones_hold_for_every_app(cicte):
    two = caller_with(cicte, "meetings:read", "assistance:read")
    wide = caller_with(cicte, "read")
    assert [two.get(f"/api/v1/{name}/").status_code for name in LISTS.values()] == [403, 200, 200]
    assert [wide.get(f"/api/v1/{name}/").status_code for name in LISTS.values()] == [200, 200, 200]


def test_reading_is_not_writing_and_writing_one_app_is_not_writing_another(cicte):
    body = {"title": "A course"}
    for scopes, status in [
        (["assistance:read"], 403),
        (["meetings:write", "organizations:write"], 403),
        (["assistance:write"], 201),
    ]:
        answer = caller_with(cicte, *scopes).send("POST", "/api/v1/offers/", body)
        assert answer.status_code == status, scopes
    assert "assistance:write" in caller_with(cicte, "read").send("POST", "/api/v1/offers/", body).json()["detail"]


def test_candidates_need_the_scope_of_assistance(cicte):
    request = RequestFactory(organization=cicte, state=None)
    path = f"/api/v1/requests/{request.reference}/candidates/"
    assert caller_with(cicte, "meetings:read").get(path).status_code == 403
    assert caller_with(cicte, "assistance:read").get(path).status_code != 403


@pytest.mark.parametrize("path", ["/api/v1/documents/", "/api/v1/documents/{pk}/"])
def test_what_the_scopes_do_not_cover_is_not_opened_by_expand(path, cicte):
    document = DocumentFactory(organization=cicte, meeting=MeetingFactory(visibility="public"), visibility="public")
    address = path.format(pk=document.pk)
    narrow, both = caller_with(cicte, "meetings:read"), caller_with(cicte, "meetings:read", "organizations:read")
    refused = narrow.get(f"{address}?expand=organization")
    assert refused.status_code == 400
    (entry,) = refused.json()["errors"]
    assert (entry["pointer"], entry["code"]) == ("?expand", "missing_scope")
    assert "organizations:read" in entry["detail"]
    assert narrow.get(f"{address}?expand=meeting").status_code == 200
    opened = both.get(f"{address}?expand=organization").json()
    assert (opened["data"][0] if "data" in opened else opened)["organization"]["type"] == "organization"


def test_an_expand_out_of_scope_is_refused_also_for_who_has_the_answer_already(cicte):
    """The same address gives another key of the organization a tag: it must not stand for this one."""
    DocumentFactory(organization=cicte, meeting=MeetingFactory(visibility="public"), visibility="public")
    path = "/api/v1/documents/?expand=organization"
    tag = caller_with(cicte, "read").get(path).headers["ETag"]
    assert caller_with(cicte, "meetings:read").get(path, headers={"If-None-Match": tag}).status_code == 400


def test_the_interface_itself_is_open_to_any_key_that_reads(cicte):
    assert caller_with(cicte, "meetings:read").get("/api/v1/").status_code == 200
    assert caller_with(cicte, "meetings:write").get("/api/v1/").status_code == 403


def test_readable_types_follow_the_scopes_and_a_visitor_has_none_to_keep(cicte):
    everything = frozenset(one.type for one in resources().values())
    meetings = ApiKeyFactory(organization=cicte, scopes=["meetings:read", "assistance:write"])
    assert apps_read_by(meetings) == {"meetings"}
    assert readable_types(meetings) == {"meeting", "note", "document"}
    assert readable_types(ApiKeyFactory(organization=cicte, scopes=["read"])) == everything
    assert readable_types(ApiKeyFactory(organization=cicte, scopes=["write"])) == frozenset()
    assert readable_types(None) == everything


@pytest.mark.parametrize(
    ("scopes", "verb", "app", "expected"),
    [
        (["read"], "read", "meetings", True),
        (["read"], "write", "meetings", False),
        (["meetings:read"], "read", "assistance", False),
        (["meetings:read"], "read", None, True),
        (["meetings:read"], "write", None, False),
        ([], "read", None, False),
        (["Meetings:read", "meetings"], "read", "meetings", False),
    ],
)
def test_what_scopes_cover(scopes, verb, app, expected):
    assert covers(scopes, verb, app) is expected
