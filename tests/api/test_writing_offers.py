"""An IRO's key drafts, publishes, changes and ends its organization's own offers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from assistance.models import MatchingRun, Offer
from cooperation_portal.api.catalogue import resource
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from tests.factories import AreaFactory, AssistanceTypeFactory, MembershipFactory, OfferFactory, StateFactory

pytestmark = pytest.mark.django_db

OFFERS = "/api/v1/offers/"


@pytest.fixture
def words(peru):
    """The vocabulary that the examples use."""
    AreaFactory(code="LEG.BIO")
    AreaFactory(code="BIO.LAB")
    AssistanceTypeFactory(code="TRNG")
    AssistanceTypeFactory(code="DRFT")
    StateFactory(iso3="CAN")


@pytest.fixture
def course(words) -> dict[str, object]:
    """Everything that a partner can say about an offer."""
    return {
        "organization": "CICTE",
        "kind": "programme",
        "title": "Course for laboratory staff",
        "summary": "Two weeks for those who run laboratories.",
        "areas": ["BIO.LAB", "LEG.BIO"],
        "types": ["TRNG"],
        "weapon_types": ["BW"],
        "coverage": "selected",
        "regional_groups": ["GRULAC"],
        "members_of": ["CICTE"],
        "states": ["PER"],
        "languages": ["en", "es"],
        "starts_on": "2026-01-01",
        "ends_on": "2099-12-31",
        "capacity": 3,
        "funders": ["CAN", "Example fund"],
        "implementers": ["CICTE"],
        "visibility": "public",
    }


def create(writer, body, **headers):
    return writer.send("POST", OFFERS, body, **headers)


def test_what_is_sent_is_what_is_read(writer, course):
    answer = create(writer, course | {"publish": True})
    assert answer.status_code == 201
    made = answer.json()
    assert {name: made[name] for name in course} == course
    assert (made["status"], made["version"]) == ("ongoing", 1)
    assert answer.headers["Location"] == made["url"]
    again = writer.get(made["url"])
    assert again.json() == made
    assert again.headers["ETag"] == answer.headers["ETag"]


def test_a_write_is_audited_noted_and_matched_as_on_the_web(writer, course):
    create(writer, course | {"publish": True})
    entry = AuditEntry.objects.get(action="offer.published")
    assert (entry.actor_kind, entry.actor_id, entry.source) == ("api_key", writer.key.pk, "api")
    assert entry.request_id
    assert Change.objects.filter(object_type="offer", op="upsert").count() == 1
    assert MatchingRun.objects.filter(cause="offer").exists()


def test_a_draft_needs_a_title_alone(writer, stranger):
    made = create(writer, {"title": "To be written"}).json()
    assert (made["status"], made["organization"], made["visibility"]) == ("draft", "CICTE", "network")
    assert stranger.get(made["url"]).status_code == 404


def pointers(answer):
    assert answer.status_code == 400, answer.content
    assert answer.json()["type"] == "/api/v1/problems/invalid-request/"
    return {(entry["pointer"], entry["code"]) for entry in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": ""}, ("/title", "blank")),
        ({"title": "  "}, ("/title", "blank")),
        ({"title": 7}, ("/title", "wrong_type")),
        ({"title": None}, ("/title", "null")),
        ({"title": "x" * 201}, ("/title", "max_length")),
        ({"title": "a\x00b"}, ("/title", "nul")),
        ({"summary": ["x"]}, ("/summary", "wrong_type")),
        ({"kind": "course"}, ("/kind", "invalid_choice")),
        ({"areas": "LEG.BIO"}, ("/areas", "wrong_type")),
        ({"areas": ["LEG.BIO", "NO.SUCH"]}, ("/areas/1", "unknown_key")),
        ({"areas": [1]}, ("/areas/0", "wrong_type")),
        ({"areas": ["LEG.BIO", "LEG.BIO"]}, ("/areas", "repeated")),
        ({"areas": [["LEG.BIO"]]}, ("/areas/0", "wrong_type")),
        ({"areas": {"0": "LEG.BIO"}}, ("/areas", "wrong_type")),
        ({"states": ["XXX"]}, ("/states/0", "unknown_key")),
        ({"members_of": ["NOBODY"]}, ("/members_of/0", "unknown_key")),
        ({"weapon_types": ["XX"]}, ("/weapon_types/0", "invalid_choice")),
        ({"languages": ["english"]}, ("/languages/0", "invalid_choice")),
        ({"coverage": "global"}, ("/regional_groups", "invalid")),
        ({"starts_on": "01/02/2026"}, ("/starts_on", "invalid_value")),
        ({"starts_on": 20260101}, ("/starts_on", "wrong_type")),
        ({"starts_on": "2026-02-30"}, ("/starts_on", "invalid_value")),
        ({"capacity": -1}, ("/capacity", "min_value")),
        ({"capacity": 40000}, ("/capacity", "max_value")),
        ({"capacity": 10**30}, ("/capacity", "max_value")),
        ({"capacity": "3"}, ("/capacity", "wrong_type")),
        ({"capacity": True}, ("/capacity", "wrong_type")),
        ({"capacity": 1.5}, ("/capacity", "wrong_type")),
        ({"visibility": "participants"}, ("/visibility", "invalid_choice")),
        ({"publish": "yes"}, ("/publish", "wrong_type")),
        ({"nonsense": 1}, ("/nonsense", "unknown_field")),
        ({"a/b~c": 1}, ("/a~1b~0c", "unknown_field")),
        ({"status": "ongoing"}, ("/status", "read_only")),
        ({"id": 1}, ("/id", "read_only")),
        ({"url": "x"}, ("/url", "read_only")),
        ({"state": "PER"}, ("/state", "read_only")),
        ({"provenance": "portal"}, ("/provenance", "read_only")),
        ({"reference": "OFF-1"}, ("/reference", "unknown_field")),
        ({"organization_id": 1}, ("/organization_id", "unknown_field")),
    ],
)
def test_mistakes_are_pointed_at(change, expected, writer, course):
    assert expected in pointers(create(writer, course | change))
    assert not Offer.objects.exists()


def test_several_mistakes_are_told_at_once(writer, course):
    answer = create(writer, course | {"kind": "course", "capacity": -1, "nonsense": 1, "status": "ongoing"})
    assert {pointer for pointer, _ in pointers(answer)} == {"/kind", "/capacity", "/nonsense", "/status"}


def test_dates_the_wrong_way_round_and_missing_parts_are_refused(writer, course):
    assert create(writer, course | {"starts_on": "2099-12-31", "ends_on": "2026-01-01"}).status_code == 400
    lacking = pointers(create(writer, {"title": "A course", "publish": True}))
    assert {pointer for pointer, _ in lacking} == {"/summary", "/areas", "/types", "/languages", "/coverage"}


@pytest.mark.parametrize("name", ["STRANGER", "NOBODY"])
def test_another_organizations_offer_cannot_be_made(name, writer, stranger, course):
    answer = create(writer, course | {"organization": name})
    assert answer.status_code == 403
    assert not Offer.objects.exists()


def test_no_field_of_the_model_is_written_unless_it_is_meant_to_be(writer, words):
    writable = set(resource("offers").writable)
    names = {field.name for field in Offer._meta.get_fields()} | {"reference", "created_at", "version", "id"}
    for name in sorted(names - writable):
        answer = create(writer, {"title": "A course", name: "x"})
        assert pointers(answer) <= {(f"/{name}", "read_only"), (f"/{name}", "unknown_field")}


@pytest.fixture
def own(writer, words):
    MembershipFactory(organization=writer.key.organization)
    return OfferFactory(organization=writer.key.organization, title="Old title", areas=["BIO.LAB"], types=["TRNG"])


def tag_of(caller, offer) -> str:
    return caller.get(f"{OFFERS}{offer.pk}/").headers["ETag"]


def patch(caller, offer, body, **headers):
    return caller.send("PATCH", f"{OFFERS}{offer.pk}/", body, **headers)


def test_a_change_keeps_what_was_not_sent(writer, own):
    before = writer.get(f"{OFFERS}{own.pk}/").json()
    answer = patch(writer, own, {"title": "New title", "capacity": 5, "funders": ["CAN"]}, If_Match=tag_of(writer, own))
    assert answer.status_code == 200
    after = answer.json()
    assert (after["title"], after["capacity"], after["funders"]) == ("New title", 5, ["CAN"])
    told = {"title", "capacity", "funders", "version", "updated_at", "confirmed_on"}
    assert {k: v for k, v in after.items() if k not in told} == {k: v for k, v in before.items() if k not in told}
    assert answer.headers["ETag"] == tag_of(writer, own)


def test_each_list_of_partners_is_changed_by_itself(writer, own):
    patch(writer, own, {"funders": ["CAN"], "implementers": ["Example institute"]}, If_Match=tag_of(writer, own))
    answer = patch(writer, own, {"funders": []}, If_Match=tag_of(writer, own))
    assert (answer.json()["funders"], answer.json()["implementers"]) == ([], ["Example institute"])


def test_a_change_without_if_match_is_428_and_a_stale_one_412(writer, own):
    tag = tag_of(writer, own)
    missing = patch(writer, own, {"title": "New"})
    assert (missing.status_code, missing.json()["type"]) == (428, "/api/v1/problems/precondition-required/")
    assert patch(writer, own, {"title": "First"}, If_Match=tag).status_code == 200
    stale = patch(writer, own, {"title": "Second"}, If_Match=tag)
    assert (stale.status_code, stale.json()["type"]) == (412, "/api/v1/problems/stale/")
    for wrong in ("nonsense", '"nonsense"', f"W/{tag_of(writer, own)}", '""', '"2-0"'):
        assert patch(writer, own, {"title": "Third"}, If_Match=wrong).status_code == 412
    own.refresh_from_db()
    assert own.title == "First"


def test_if_match_takes_any_tag_of_the_present_record(writer, own):
    picked = writer.get(f"{OFFERS}{own.pk}/?fields=title&expand=organization").headers["ETag"]
    assert picked != tag_of(writer, own)
    assert patch(writer, own, {"title": "New"}, If_Match=f'"other", {picked}').status_code == 200


def test_an_empty_change_and_a_changed_provider_are_refused(writer, own, stranger):
    tag = tag_of(writer, own)
    assert pointers(patch(writer, own, {}, If_Match=tag)) == {("", "empty")}
    assert pointers(patch(writer, own, {"organization": "STRANGER"}, If_Match=tag)) == {("/organization", "read_only")}
    assert pointers(patch(writer, own, {"publish": True}, If_Match=tag)) == {("/publish", "read_only")}
    assert patch(writer, own, {"organization": "CICTE"}, If_Match=tag).status_code == 200


def test_another_organizations_offer_is_403_if_visible_and_404_if_not(writer, stranger):
    visible = OfferFactory(organization=stranger.key.organization, visibility="network")
    hidden = OfferFactory(organization=stranger.key.organization, status="draft")
    for path, body in ((f"{OFFERS}%d/", {"title": "Mine"}), (f"{OFFERS}%d/suspend/", {"reason": "x"})):
        method = "PATCH" if path.endswith("%d/") else "POST"
        assert writer.send(method, path % visible.pk, body, If_Match="*").status_code == 403
        assert writer.send(method, path % hidden.pk, body, If_Match="*").status_code == 404
        assert writer.send(method, path % 999999, body, If_Match="*").status_code == 404
    visible.refresh_from_db()
    assert (visible.version, visible.status) == (1, "ongoing")


def step(caller, offer, name, body=None, **headers):
    given = {"If_Match": tag_of(caller, offer)} | headers
    return caller.send("POST", f"{OFFERS}{offer.pk}/{name}/", body, **given)


def test_an_offer_walks_its_life_cycle(writer, course):
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    made = create(writer, course | {"starts_on": tomorrow}).json()
    offer = Offer.objects.get(pk=made["id"])
    walked = [
        step(writer, offer, name, body).json()["status"]
        for name, body in (
            ("publish", None),
            ("start", {}),
            ("suspend", {"reason": "The trainer is ill."}),
            ("resume", None),
            ("confirm", None),
            ("complete", None),
        )
    ]
    assert walked == ["planned", "ongoing", "suspended", "ongoing", "ongoing", "completed"]
    told = AuditEntry.objects.filter(object_type="offer").order_by("pk").values_list("action", flat=True)
    assert list(told)[1:4] == ["offer.published", "offer.started", "offer.suspended"]
    assert AuditEntry.objects.get(action="offer.suspended").reason == "The trainer is ill."


def test_a_withdrawal_needs_its_reason_and_is_for_good(writer, own):
    assert pointers(step(writer, own, "withdraw")) == {("/reason", "invalid")}
    assert step(writer, own, "withdraw", {"reason": "No money"}).json()["status"] == "withdrawn"
    again = step(writer, own, "withdraw", {"reason": "No money"})
    assert (again.status_code, again.json()["type"]) == (409, "/api/v1/problems/conflict/")
    assert patch(writer, own, {"title": "New"}, If_Match=tag_of(writer, own)).status_code == 409


def test_steps_need_if_match_and_take_only_what_they_know(writer, own):
    path = f"{OFFERS}{own.pk}/suspend/"
    assert writer.send("POST", path, {"reason": "x"}).status_code == 428
    assert writer.send("POST", path, {"reason": "x"}, If_Match='"1-0"').status_code == 412
    assert pointers(step(writer, own, "suspend", {"why": "x"})) == {("/why", "unknown_field")}
    assert pointers(step(writer, own, "complete", {"reason": "x"})) == {("/reason", "unknown_field")}
    assert writer.send("POST", f"{OFFERS}{own.pk}/explode/", {}, If_Match="*").status_code == 404
    assert writer.get(path).status_code == 405


@pytest.mark.parametrize(
    ("body", "content_type", "status", "kind"),
    [
        (b"{", "application/json", 400, "malformed-body"),
        (b"", "application/json", 400, "invalid-request"),
        (b"[]", "application/json", 400, "malformed-body"),
        (b'"title"', "application/json", 400, "malformed-body"),
        (b'{"title": "a", "title": "b"}', "application/json", 400, "malformed-body"),
        (b'{"title": NaN}', "application/json", 400, "malformed-body"),
        (b'{"title": "\\ud800"}', "application/json", 400, "malformed-body"),
        (b'{"title": "\xff"}', "application/json", 400, "malformed-body"),
        (b"[" * 100_000, "application/json", 400, "malformed-body"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, "application/json", 400, "malformed-body"),
        (b'{"title": "a"}', "text/plain", 415, "unsupported-media-type"),
        (b"title=a", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b'{"title": "' + b"x" * 1_000_001 + b'"}', "application/json", 413, "too-large"),
    ],
)
def test_bodies_that_are_no_json_object_are_refused(body, content_type, status, kind, writer):
    answer = writer.generic("POST", OFFERS, body, content_type=content_type)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/api/v1/problems/{kind}/")
    assert not Offer.objects.exists()


def test_markup_and_formulas_are_kept_as_text(writer):
    nasty = '=cmd|"/C calc"!A1 <script>alert(1)</script> {{7*7}} ‮'
    assert create(writer, {"title": nasty}).json()["title"] == nasty
