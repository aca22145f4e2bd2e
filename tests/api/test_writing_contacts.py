"""An IRO's key names, corrects, replaces, ends and verifies its organization's own points of contact."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.policy import allows
from cooperation_portal.access.role_table import ROLE_TABLE
from cooperation_portal.access.roles import Role
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from organizations.models import PointOfContact
from tests.factories import ApiKeyFactory, ContactFactory

from .conftest import Caller

pytestmark = pytest.mark.django_db

CONTACTS = "/api/v1/contacts/"
COORDINATOR = {
    "organization": "CICTE",
    "kind": "person",
    "role": "coordinator",
    "name": "Example Coordinator",
    "job_title": "Programme officer",
    "agency": "Executive secretariat",
    "email": "coordinator@cicte.example",
    "phone": "+1 555 0100",
    "languages": ["en", "es"],
    "valid_from": "2026-01-01",
    "visibility": "network",
    "source": "Letter of the organization",
}


def create(caller, body=None, **headers):
    return caller.send("POST", CONTACTS, COORDINATOR if body is None else body, **headers)


def tag_of(caller, contact) -> str:
    return caller.get(f"{CONTACTS}{contact.pk}/").headers["ETag"]


def patch(caller, contact, body, **headers):
    given = {"If_Match": tag_of(caller, contact)} | headers
    return caller.send("PATCH", f"{CONTACTS}{contact.pk}/", body, **given)


def step(caller, contact, name, body=None, **headers):
    given = {"If_Match": tag_of(caller, contact)} | headers
    return caller.send("POST", f"{CONTACTS}{contact.pk}/{name}/", body, **given)


def pointers(answer):
    assert answer.status_code == 400, answer.content
    return {(entry["pointer"], entry["code"]) for entry in answer.json()["errors"]}


@pytest.fixture
def own(cicte) -> PointOfContact:
    return ContactFactory(organization=cicte, name="Old Name", valid_from="2025-01-01", visibility="network")


def test_what_is_sent_is_what_is_read(writer):
    answer = create(writer)
    assert answer.status_code == 201
    made = answer.json()
    assert {name: made[name] for name in COORDINATOR} == COORDINATOR
    assert made["verified_on"] == made["confirmed_on"] == timezone.localdate().isoformat()
    again = writer.get(answer.headers["Location"])
    assert (again.json(), again.headers["ETag"]) == (made, answer.headers["ETag"])


def test_a_write_is_audited_and_noted_as_on_the_web(writer):
    create(writer)
    entry = AuditEntry.objects.get(action="contact.created")
    assert (entry.actor_kind, entry.actor_id, entry.source) == ("api_key", writer.key.pk, "api")
    assert Change.objects.filter(object_type="contact", op="upsert").count() == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": ""}, ("/name", "blank")),
        ({"name": None}, ("/name", "null")),
        ({"name": "Two\nlines"}, ("/name", "line_break")),
        ({"job_title": "Two\r\nlines"}, ("/job_title", "line_break")),
        ({"email": "nobody"}, ("/email", "invalid")),
        ({"email": 7}, ("/email", "wrong_type")),
        ({"email": "", "phone": ""}, ("", "invalid")),
        ({"kind": "robot"}, ("/kind", "invalid_choice")),
        ({"visibility": "participants"}, ("/visibility", "invalid_choice")),
        ({"languages": ["xx"]}, ("/languages/0", "invalid_choice")),
        ({"valid_from": "yesterday"}, ("/valid_from", "invalid_value")),
        ({"valid_from": None}, ("/valid_from", "null")),
        ({"valid_until": "2030-01-01"}, ("/valid_until", "read_only")),
        ({"replaces": "contact-1"}, ("/replaces", "read_only")),
        ({"state": "PER"}, ("/state", "read_only")),
        ({"verified_on": "2026-01-01"}, ("/verified_on", "read_only")),
        ({"nonsense": 1}, ("/nonsense", "unknown_field")),
    ],
)
def test_mistakes_are_pointed_at(change, expected, writer):
    found = pointers(create(writer, COORDINATOR | change))
    assert expected in found or (expected[0] == "" and {pointer for pointer, _ in found} == {""})
    assert not PointOfContact.objects.exists()


@pytest.mark.parametrize("name", ["STRANGER", "NOBODY"])
def test_another_organizations_contact_cannot_be_named(name, writer, stranger):
    assert create(writer, COORDINATOR | {"organization": name}).status_code == 403
    assert not PointOfContact.objects.exists()


def test_a_change_keeps_what_was_not_sent(writer, own):
    before = writer.get(f"{CONTACTS}{own.pk}/").json()
    answer = patch(writer, own, {"phone": "+1 555 0199", "languages": ["fr"]})
    after = answer.json()
    assert (answer.status_code, after["phone"], after["languages"]) == (200, "+1 555 0199", ["fr"])
    told = {"phone", "languages", "version", "updated_at", "confirmed_on", "verified_on"}
    assert {k: v for k, v in after.items() if k not in told} == {k: v for k, v in before.items() if k not in told}
    assert answer.headers["ETag"] == tag_of(writer, own)


def test_whose_contact_it_is_does_not_change(writer, own):
    assert pointers(patch(writer, own, {"organization": "CICTE"})) == {("/organization", "read_only")}


def test_a_change_needs_the_present_etag(writer, own):
    tag = tag_of(writer, own)
    assert writer.send("PATCH", f"{CONTACTS}{own.pk}/", {"phone": "1"}).status_code == 428
    assert patch(writer, own, {"phone": "1"}, If_Match=tag).status_code == 200
    for name, body in (("verify", None), ("end", {"last_day": "2026-01-01"}), ("replace", {"name": "New"})):
        assert step(writer, own, name, body, If_Match=tag).status_code == 412
    assert patch(writer, own, {"phone": "2"}, If_Match=tag).status_code == 412


def test_a_successor_is_named_and_the_old_contact_ends_the_day_before(writer, own):
    answer = step(
        writer, own, "replace", {"name": "New Name", "email": "new@cicte.example", "valid_from": "2026-03-01"}
    )
    assert answer.status_code == 201
    successor = answer.json()
    assert (successor["name"], successor["replaces"]) == ("New Name", f"contact-{own.pk}")
    assert answer.headers["Location"] == successor["url"]
    assert writer.get(f"{CONTACTS}{own.pk}/").json()["valid_until"] == "2026-02-28"
    again = step(writer, own, "replace", {"name": "Third", "email": "third@cicte.example"})
    assert (again.status_code, again.json()["type"]) == (409, "/api/v1/problems/conflict/")


def test_a_successor_needs_a_name_and_begins_after_the_other(writer, own):
    assert pointers(step(writer, own, "replace")) == {("/name", "required")}
    early = {"name": "New Name", "email": "new@cicte.example", "valid_from": "2025-01-01"}
    assert {pointer for pointer, _ in pointers(step(writer, own, "replace", early))} == {"/valid_from"}
    assert pointers(step(writer, own, "replace", early | {"organization": "X"})) == {("/organization", "unknown_field")}
    assert PointOfContact.objects.count() == 1


def test_an_ended_contact_stays_as_it_is(writer, own, stranger):
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    assert pointers(step(writer, own, "end", {})) == {("/last_day", "required")}
    assert pointers(step(writer, own, "end", {"last_day": "2024-01-01"})) == {("/last_day", "invalid")}
    answer = step(writer, own, "end", {"last_day": yesterday, "reason": "Moved on"})
    assert (answer.status_code, answer.json()["valid_until"]) == (200, yesterday)
    assert AuditEntry.objects.get(action="contact.ended").reason == "Moved on"
    for answer in (
        patch(writer, own, {"phone": "1"}),
        step(writer, own, "verify"),
        step(writer, own, "replace", {"name": "N"}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (409, "/api/v1/problems/conflict/")
    assert stranger.get(f"{CONTACTS}{own.pk}/").json()["name"] is None


def test_verifying_says_when(writer, own):
    PointOfContact.objects.update(verified_on="2020-01-01")
    assert step(writer, own, "verify").json()["verified_on"] == timezone.localdate().isoformat()
    assert pointers(step(writer, own, "verify", {"reason": "x"})) == {("/reason", "unknown_field")}


def test_another_organizations_contact_is_403_if_visible_and_404_if_not(writer, stranger):
    theirs = {"organization": stranger.key.organization}
    visible, hidden = ContactFactory(visibility="network", **theirs), ContactFactory(visibility="committee", **theirs)
    calls = [("PATCH", "", {"phone": "1"}), ("POST", "replace/", {"name": "Mine"}), ("POST", "verify/", None)]
    for method, rest, body in [*calls, ("POST", "end/", {"last_day": "2026-01-01"})]:
        assert writer.send(method, f"{CONTACTS}{visible.pk}/{rest}", body, If_Match="*").status_code == 403
        assert writer.send(method, f"{CONTACTS}{hidden.pk}/{rest}", body, If_Match="*").status_code == 404
    visible.refresh_from_db()
    assert visible.version == 1


def test_a_contact_is_never_deleted(writer, own):
    assert writer.send("DELETE", f"{CONTACTS}{own.pk}/", If_Match="*").status_code == 405


def test_a_key_that_only_reads_writes_nothing(cicte, own):
    reader = Caller(ApiKeyFactory(organization=cicte, scopes=["read"]))
    assert create(reader).status_code == 403
    assert patch(reader, own, {"phone": "1"}).status_code == 403


def test_what_a_key_may_beyond_an_editor_is_contacts_alone(cicte, editor):
    beyond = {row for row, roles in ROLE_TABLE.items() if Role.PARTNER_SYSTEM in roles and row[0] != "coverage"}
    assert beyond == {("contact", action) for action in ("create", "update", "replace", "end", "verify")}
    own = ContactFactory(organization=cicte)
    assert not any(allows(editor, action, own) for _record, action in beyond)
    key = actor_for(ApiKeyFactory(organization=cicte))
    assert all(allows(key, action, own) for _record, action in beyond)
    assert not any(allows(key, action, "affiliation") for action in ("view", "invite", "approve", "end"))
    assert not any(allows(key, action, "api_key") for action in ("view", "create", "revoke"))
