"""An ETag belongs to one reader and one state of what that reader sees: no 304 is ever wrong."""

from __future__ import annotations

import pytest
from django.db import transaction

from cooperation_portal import changes
from cooperation_portal.records.write import recorded
from tests.factories import (
    ApiKeyFactory,
    AreaFactory,
    MeetingFactory,
    OfferFactory,
    OrganizationFactory,
    RequestFactory,
    StateFactory,
)

from .conftest import Caller
from .samples import full_offer, full_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def callers(visitor, reader, stranger) -> list[Caller]:
    return [visitor, reader, stranger]


@pytest.mark.parametrize("path", ["/api/v1/offers/", "/api/v1/offers/{offer}/", "/api/v1/requests/", "/api/v1/states/"])
def test_nobody_gets_304_for_the_tag_of_another(path, callers):
    path = path.format(offer=full_offer().pk)
    full_request()
    tags = [caller.get(path).headers["ETag"] for caller in callers]
    for caller, own in zip(callers, tags, strict=True):
        for tag in tags:
            status = caller.get(path, headers={"If-None-Match": tag}).status_code
            assert status == (304 if tag == own else 200)
    assert len(set(tags)) == len(tags)


def test_two_keys_of_one_organization_share_their_tags(reader, cicte):
    full_offer()
    second = Caller(ApiKeyFactory(organization=cicte))
    tag = reader.get("/api/v1/offers/").headers["ETag"]
    assert second.get("/api/v1/offers/", headers={"If-None-Match": tag}).status_code == 304


def test_a_tag_is_good_for_one_address_alone(reader):
    full_offer(), full_offer()
    addresses = [
        f"/api/v1/offers/{query}"
        for query in ("", "?limit=1", "?fields=title", "?expand=organization", "?count=true", "?q=a", "?status=ongoing")
    ]
    tags = [reader.get(address).headers["ETag"] for address in addresses]
    assert len(set(tags)) == len(tags)


def test_every_change_that_shows_changes_the_tags(secretariat, reader):
    """Of the record, of its parts and relations, and of what an opened relation says."""
    offer = full_offer()
    paths = [f"/api/v1/offers/{place}?expand=organization,areas,states" for place in ("", f"{offer.pk}/")]

    def tags() -> list[str]:
        return [reader.get(path).headers["ETag"] for path in paths]

    def change(record, action, what) -> None:
        with recorded(record, by=secretariat, action=action, clean=False) as locked:
            what(locked)

    changes = [
        (offer, "offer.updated", lambda one: setattr(one, "title", "Another")),
        (offer, "offer.updated", lambda one: one.areas.add(AreaFactory(code="LEG"))),
        (offer, "offer.updated", lambda one: one.states.add(StateFactory())),
        (offer, "offer.updated", lambda one: one.partners.all().delete()),
        (offer, "offer.updated", lambda one: setattr(one, "visibility", "network")),
        (offer.organization, "organization.updated", lambda one: setattr(one, "name", "Renamed")),
        (offer.areas.first(), "vocabulary.updated", lambda one: setattr(one, "label", "Relabelled")),
    ]
    seen = [tags()]
    assert tags() == seen[0]
    for record, action, what in changes:
        change(record, action, what)
        seen.append(tags())
    for of_path in zip(*seen, strict=True):
        assert len(set(of_path)) == len(of_path)


def test_rows_that_come_and_go_change_the_tag_of_their_list(reader):
    full_offer()
    seen = [reader.get("/api/v1/offers/").headers["ETag"]]
    second = full_offer()
    seen.append(reader.get("/api/v1/offers/").headers["ETag"])
    second.delete()
    seen.append(reader.get("/api/v1/offers/").headers["ETag"])
    assert len(set(seen[:2])) == 2
    assert seen[2] != seen[1]


def test_another_day_is_another_tag_since_terms_end_overnight(reader, time_machine):
    OrganizationFactory()
    time_machine.move_to("2027-03-01T12:00:00Z")
    key = Caller(ApiKeyFactory(organization=reader.key.organization))
    tag = key.get("/api/v1/contacts/").headers["ETag"]
    time_machine.move_to("2027-03-02T12:00:00Z")
    assert key.get("/api/v1/contacts/", headers={"If-None-Match": tag}).status_code == 200


def test_what_happens_to_hidden_records_does_not_show_in_the_tag_of_a_list(visitor, stranger, cicte):
    """Neither in the API nor in the files that everybody fetches."""
    RequestFactory(status="submitted")
    paths = ["/api/v1/requests/", "/api/v1/offers/"]
    tags = {(caller, path): caller.get(path).headers["ETag"] for caller in (visitor, stranger) for path in paths}
    files = {path: visitor.get(path).headers["Last-Modified"] for path in ("/news.atom", "/iati/activities.xml")}
    with transaction.atomic():
        changes.record(OfferFactory(organization=cicte, status="draft"))
        changes.record(RequestFactory(status="submitted"))
        changes.record(MeetingFactory(visibility="committee"))
    for (caller, path), tag in tags.items():
        assert caller.get(path, headers={"If-None-Match": tag}).status_code == 304, path
    assert files == {path: visitor.get(path).headers["Last-Modified"] for path in files}
    with transaction.atomic():
        changes.record(OfferFactory(organization=cicte, visibility="network"))
    assert stranger.get("/api/v1/offers/", headers={"If-None-Match": tags[stranger, paths[1]]}).status_code == 200
    assert visitor.get("/api/v1/offers/", headers={"If-None-Match": tags[visitor, paths[1]]}).status_code == 304
