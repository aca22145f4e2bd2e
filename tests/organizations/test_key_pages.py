"""Pages on which focal points keep the API keys of their organization; a secret is on one answer and nowhere else."""

from __future__ import annotations

import re
import threading
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from cooperation_portal.api import services
from cooperation_portal.api.models import ApiKey, KeyState
from cooperation_portal.api.tasks import warn_of_expiring_keys
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.notices.models import Notice
from cooperation_portal.notices.sending import send_pending
from organizations.models import Affiliation
from tests.factories import AffiliationFactory, ApiKeyFactory, OrganizationFactory

pytestmark = pytest.mark.django_db

KEYS = "/organizations/cicte/keys/"
SECRET = re.compile(r"n1540_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")


@pytest.fixture
def focal(signed_in, focal_point) -> Client:
    return signed_in(focal_point)


def form(client: Client, path: str, **values: Any) -> dict[str, Any]:
    """What a person sends who filled in the page's form, with the number that the page gave it."""
    page = client.get(path)
    token = re.search(r'name="form_token" value="([0-9a-f-]{36})"', page.content.decode())
    return {"form_token": token.group(1), "life": "90", **values}


def new_key(client: Client, **values: Any) -> Any:
    return client.post(f"{KEYS}new/", form(client, f"{KEYS}new/", **{"name": "Mirror", "scopes": ["read"], **values}))


def secret_in(response: Any) -> str:
    return secret_in_page(response.content.decode())


def secret_in_page(page: str) -> str:
    (found,) = set(SECRET.findall(page))
    return found


def works(plain: str) -> bool:
    return Client().get("/api/v1/states/", headers={"Authorization": f"Bearer {plain}"}).status_code == 200


# Made and shown once


def test_a_new_key_is_shown_on_the_answer_and_works(focal, focal_point, cicte):
    answer = new_key(focal, scopes=["assistance:read", "assistance:write"])
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    key = ApiKey.objects.get()
    assert (key.organization, key.name, key.scopes) == (cicte, "Mirror", ["assistance:read", "assistance:write"])
    assert (key.created_by, key.created_by_label) == (focal_point, str(focal_point))
    assert key.expires_at.date() == timezone.localdate() + timedelta(days=90)
    offers = Client().get("/api/v1/offers/", headers={"Authorization": f"Bearer {secret_in(answer)}"})
    assert offers.status_code == 200


def test_the_secret_is_in_no_page_session_message_mail_log_or_table(focal, caplog):
    caplog.set_level("DEBUG")
    plain = secret_in(new_key(focal))
    secret = plain.split("_", 2)[2]
    for path in (KEYS, f"{KEYS}new/", "/organizations/cicte/", "/dashboard/", "/notices/"):
        assert secret not in focal.get(path).content.decode()
    send_pending()
    kept = [str([one.get_decoded() for one in Session.objects.all()]), caplog.text]
    kept += [str(message.message()) for message in mail.outbox]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            query = f'SELECT t::text FROM "{table}" AS t WHERE t::text LIKE %s'  # noqa: S608  the table's own name
            cursor.execute(query, [f"%{secret}%"])
            kept += [row[0] for row in cursor.fetchall()]
    assert not [text for text in kept if secret in text]


def test_sending_the_form_again_makes_no_second_key_and_shows_nothing(focal):
    sent = form(focal, f"{KEYS}new/", name="Mirror", scopes=["read"])
    first = focal.post(f"{KEYS}new/", sent)
    again = focal.post(f"{KEYS}new/", sent, follow=True)
    assert again.redirect_chain == [(KEYS, 302)]
    assert "already" in again.content.decode()
    assert secret_in(first) not in again.content.decode()
    assert not SECRET.search(again.content.decode())
    assert ApiKey.objects.count() == 1
    assert new_key(focal).status_code == 200
    assert ApiKey.objects.count() == 2


def test_a_form_number_of_one_organization_says_nothing_in_another(signed_in, focal_point, focal):
    """The numbers are no secret: the same one at another organization makes that one's own key."""
    elsewhere = OrganizationFactory(acronym="ELSE")
    AffiliationFactory(user=focal_point, role="focal_point", organization=elsewhere)
    sent = form(focal, f"{KEYS}new/", name="Mirror", scopes=["read"])
    assert focal.post(f"{KEYS}new/", sent).status_code == 200
    assert focal.post(f"/organizations/{elsewhere.slug}/keys/new/", sent).status_code == 200
    assert ApiKey.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": " "}, "Fill this in"),
        ({"name": "x" * 101}, "Shorten this"),
        ({"scopes": []}, "Tick at least one"),
        ({"scopes": ["read", "assistance:read"]}, "Tick either everything or the parts"),
        ({"scopes": ["write", "read", "meetings:write"]}, "Tick either everything or the parts"),
        ({"scopes": ["read", "admin"]}, "not one of the available choices"),
        ({"life": "366"}, "not one of the available choices"),
        ({"life": "day"}, "Give the last day"),
        ({"life": "day", "last_day": "2020-01-01"}, "twelve months"),
        ({"life": "day", "last_day": "2126-01-01"}, "twelve months"),
        ({"life": "day", "last_day": "tomorrow"}, "Write the date as"),
        ({"form_token": ""}, "form_token"),
        ({"form_token": "x"}, "form_token"),
    ],
)
def test_what_makes_no_key_says_why_beside_the_field(values, sentence, focal):
    answer = new_key(focal, **values)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_everything_to_read_goes_with_a_part_to_write(focal):
    assert new_key(focal, scopes=["read", "assistance:write"]).status_code == 200


def test_the_form_proposes_three_months_and_no_rights(focal, cicte):
    page = focal.get(f"{KEYS}new/").content.decode()
    chosen = re.findall(r'<input[^>]*name="(\w+)"[^>]*\bchecked\b', page)
    assert chosen == ["life"]
    for path in (f"{KEYS}new/", f"{KEYS}{ApiKeyFactory(organization=cicte).pk}/rotate/"):
        assert re.search(r'<input[^>]*name="life"[^>]*value="90"[^>]*\bchecked\b', focal.get(path).content.decode())
    assert "either everything, or single parts" in page


def test_what_to_try_begins_with_the_key_itself(focal):
    page = new_key(focal).content.decode()
    assert f"<code>export PORTAL_KEY={secret_in_page(page)}\ncurl -H" in page


def test_a_chosen_day_is_the_last_on_which_the_key_works(focal):
    day = timezone.localdate() + timedelta(days=10)
    plain = secret_in(new_key(focal, life="day", last_day=day.isoformat()))
    with time_machine.travel(
        datetime.combine(day, datetime.max.time()).astimezone() - timedelta(seconds=1), tick=False
    ):
        assert works(plain)
    with time_machine.travel(
        datetime.combine(day, datetime.max.time()).astimezone() + timedelta(seconds=1), tick=False
    ):
        assert not works(plain)


def test_a_key_lives_twelve_months_at_most(focal):
    last = timezone.localdate() + timedelta(days=365)
    assert new_key(focal, life="day", last_day=last.isoformat()).status_code == 200
    assert new_key(focal, life="365").status_code == 200
    assert all(key.expires_at - key.created_at <= timedelta(days=365) for key in ApiKey.objects.all())


def test_the_keys_of_a_suspended_organization_rest_and_it_gets_no_new_one(focal, signed_in, secretariat, cicte):
    key = ApiKeyFactory(organization=cicte)
    type(cicte).objects.filter(pk=cicte.pk).update(suspended_on=timezone.localdate())
    assert not works(key.plain)
    # Suspension ends every role in the organization, so its people manage nothing either.
    assert focal.get(KEYS).status_code == 403
    overseer = signed_in(secretariat)
    page = overseer.get(KEYS).content.decode()
    assert "refuses all of its keys" in page
    assert f"{KEYS}new/" not in page
    assert new_key(overseer).status_code == 422
    assert ApiKey.objects.get() == key


# Rotated


def rotate(client: Client, key: ApiKey, **values: Any) -> Any:
    path = f"{KEYS}{key.pk}/rotate/"
    day = (timezone.localdate() + timedelta(days=7)).isoformat()
    return client.post(path, form(client, path, **{"old_ends": "day", "old_ends_on": day, **values}))


def test_rotation_gives_a_key_with_the_same_rights_and_both_work_until_the_day_chosen(focal, cicte):
    old = ApiKeyFactory(organization=cicte, name="Mirror", scopes=["read", "meetings:write"])
    plain = secret_in(rotate(focal, old))
    new = ApiKey.objects.exclude(pk=old.pk).get()
    assert (new.name, new.scopes, new.lineage, new.rotated_from) == (old.name, old.scopes, old.lineage, old)
    assert works(plain)
    assert works(old.plain)
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
        assert works(plain)
        assert not works(old.plain)


def test_rotation_at_once_ends_the_old_key_with_the_next_request(focal, cicte):
    old = ApiKeyFactory(organization=cicte)
    plain = secret_in(rotate(focal, old, old_ends="now"))
    assert not works(old.plain)
    assert works(plain)


def test_rotation_never_lengthens_the_life_of_the_old_key(focal, cicte):
    soon = timezone.now() + timedelta(hours=2)
    old = ApiKeyFactory(organization=cicte, expires_at=soon)
    rotate(focal, old)
    assert ApiKey.objects.get(pk=old.pk).expires_at == soon


@pytest.mark.parametrize("days", [-1, 31])
def test_the_old_key_goes_on_for_at_most_thirty_days(days, focal, cicte):
    old = ApiKeyFactory(organization=cicte)
    day = (timezone.localdate() + timedelta(days=days)).isoformat()
    answer = rotate(focal, old, old_ends_on=day)
    assert answer.status_code == 422
    assert "30 days" in answer.content.decode()
    assert ApiKey.objects.count() == 1


def test_two_keys_of_a_lineage_work_at_most(focal, cicte):
    first = ApiKeyFactory(organization=cicte)
    rotate(focal, first)
    second = ApiKey.objects.exclude(pk=first.pk).get()
    for key, sentence in ((first, f"rotated already: {second} takes its place"), (second, "beside this key")):
        answer = rotate(focal, key)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    assert ApiKey.objects.count() == 2
    services.api_key_revoke(by=second.created_by, key=first)
    assert rotate(focal, second).status_code == 200
    assert ApiKey.objects.live().filter(lineage=first.prefix).count() == 2


def test_a_key_that_was_rotated_is_not_offered_to_be_rotated(focal, focal_point, cicte):
    old = ApiKeyFactory(organization=cicte, name="Mirror", expires_at=timezone.now() + timedelta(days=5))
    offered = f'href="{KEYS}{old.pk}/rotate/"'
    page = focal.get(KEYS).content.decode()
    assert page.count(offered) == 2, "in the row and above the table"
    assert "Some keys expire soon" in page
    rotate(focal, old)
    new = ApiKey.objects.exclude(pk=old.pk).get()
    page = focal.get(KEYS).content.decode()
    assert "/rotate/" not in page, "neither key of the line can be rotated while both work"
    assert "expire soon" not in page
    assert "Expires soon" not in page
    assert "Replaced, works until it expires" in page
    services.api_key_revoke(by=focal_point, key=new)
    assert page != focal.get(KEYS).content.decode()
    assert offered in focal.get(KEYS).content.decode(), "the successor is gone"


def test_a_lost_new_key_is_revoked_and_the_old_one_rotated_again(focal, focal_point, cicte):
    old = ApiKeyFactory(organization=cicte)
    rotate(focal, old)
    services.api_key_revoke(by=focal_point, key=ApiKey.objects.exclude(pk=old.pk).get())
    assert works(secret_in(rotate(focal, old)))


@pytest.mark.parametrize("ended", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now()}])
def test_a_key_that_ended_is_not_rotated(ended, focal, cicte):
    answer = rotate(focal, ApiKeyFactory(organization=cicte, **ended))
    assert answer.status_code == 422
    assert "Make a new one" in answer.content.decode()


def press_rotate(key: ApiKey, person: Any, outcomes: list[Exception | None]) -> None:
    """In a thread, so on a connection of its own; notes what came of it."""
    try:
        day = timezone.localdate() + timedelta(days=7)
        services.api_key_rotate(by=type(person).objects.get(pk=person.pk), key=key, old_ends_on=day)
        outcomes.append(None)
    except Exception as problem:
        outcomes.append(problem)
    finally:
        connection.close()


def rotate_at_once_by_two(key: ApiKey, person: Any) -> list[Exception | None]:
    """Two people press the button in the same moment."""
    outcomes: list[Exception | None] = []
    barrier = threading.Barrier(2)

    def press() -> None:
        barrier.wait(timeout=10)
        press_rotate(key, person, outcomes)

    threads = [threading.Thread(target=press) for _turn in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_of_two_rotations_at_once_one_wins_and_the_other_is_told(focal_point, cicte):
    key = ApiKeyFactory(organization=cicte)
    outcomes = rotate_at_once_by_two(key, focal_point)
    (refused,) = [problem for problem in outcomes if problem is not None]
    assert "two_live" in [error.code for error in refused.error_list]
    assert ApiKey.objects.live().filter(lineage=key.prefix).count() == 2


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_only_the_table_itself_stops_the_second_rotation(focal_point, cicte, monkeypatch):
    """The control of the test above: nobody waits, both find the key free, and the unique constraint refuses one."""
    both_checked = threading.Barrier(2)
    monkeypatch.setattr(services, "_locked", lambda organization: organization)
    monkeypatch.setattr(services, "_locked_key", lambda key: ApiKey.objects.get(pk=key.pk))
    checked = services._refuse_rotation

    def check_and_wait(old: ApiKey) -> None:
        checked(old)
        both_checked.wait(timeout=10)

    monkeypatch.setattr(services, "_refuse_rotation", check_and_wait)
    key = ApiKeyFactory(organization=cicte)
    (refused,) = [problem for problem in rotate_at_once_by_two(key, focal_point) if problem is not None]
    # Not the sentence of the check that the lock makes good, but the constraint's name.
    assert "api_key_one_successor" in str(refused)
    assert ApiKey.objects.live().filter(lineage=key.prefix).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_key_that_is_revoked_while_it_is_rotated_stays_revoked(focal_point, cicte):
    """The rotation waits for the revocation, and then finds the key dead."""
    key = ApiKeyFactory(organization=cicte)
    outcomes: list[Exception | None] = []
    rotation = threading.Thread(target=press_rotate, args=(key, focal_point, outcomes))
    with transaction.atomic():
        services.api_key_revoke(by=focal_point, key=key)
        rotation.start()
        # Long enough to come to the key, and past it if nothing keeps it waiting.
        rotation.join(timeout=1.5)
        assert rotation.is_alive()
    rotation.join(timeout=30)
    (refused,) = outcomes
    assert [error.code for error in refused.error_list] == ["not_live"]
    assert not ApiKey.objects.live().filter(lineage=key.prefix).exists()


# Revoked


def test_revoking_asks_once_more_and_bites_at_the_next_request(focal, cicte):
    key = ApiKeyFactory(organization=cicte, name="Mirror")
    asked = focal.get(f"{KEYS}{key.pk}/revoke/").content.decode()
    assert "Mirror" in asked
    assert "cannot be taken back" in asked
    assert works(key.plain)
    answer = focal.post(f"{KEYS}{key.pk}/revoke/", {"reason": "Left on a train"})
    assert (answer.status_code, answer.headers["Location"]) == (302, KEYS)
    assert not works(key.plain)
    assert AuditEntry.objects.get(action="api_key.revoked").reason == "Left on a train"


def test_every_change_leaves_its_entries_with_who_and_what(focal, focal_point):
    new_key(focal)
    first = ApiKey.objects.get()
    rotate(focal, first)
    focal.post(f"{KEYS}{first.pk}/revoke/", {"reason": ""})
    focal.post(f"{KEYS}{first.pk}/revoke/", {"reason": ""})
    second = ApiKey.objects.exclude(pk=first.pk).get()
    entries = AuditEntry.objects.order_by("pk")
    assert [(entry.action, entry.object_id) for entry in entries] == [
        ("api_key.created", first.pk),
        ("api_key.rotated", first.pk),
        ("api_key.created", second.pk),
        ("api_key.revoked", first.pk),
    ]
    assert {(entry.actor_id, entry.source) for entry in entries} == {(focal_point.pk, "web")}
    rotated = entries[1]
    assert rotated.before["expires_at"] > rotated.after["expires_at"]
    assert rotated.after["replaced_by"] == str(second)
    hashes = [key.secret_hash for key in (first, second)]
    assert not any(one in str(list(entries.values())) for one in hashes)


# Who


@pytest.mark.parametrize("way", ["rotate", "revoke"])
def test_a_key_of_another_organization_is_not_there(way, focal):
    """Neither by the own organization's address nor by the other's."""
    foreign = ApiKeyFactory(organization__acronym="OTHER", organization__slug="other")
    own_address, their_address = f"{KEYS}{foreign.pk}/{way}/", f"/organizations/other/keys/{foreign.pk}/{way}/"
    token = {"form_token": str(uuid4()), "life": "90", "old_ends": "now"}
    assert (focal.get(own_address).status_code, focal.post(own_address, token).status_code) == (404, 404)
    assert (focal.get(their_address).status_code, focal.post(their_address, token).status_code) == (403, 403)
    assert ApiKey.objects.get().revoked_at is None


def test_the_secretariat_does_not_reach_a_key_by_another_organizations_address(signed_in, secretariat, cicte):
    client = signed_in(secretariat)
    foreign = ApiKeyFactory(organization__acronym="OTHER", organization__slug="other")
    assert client.post(f"{KEYS}{foreign.pk}/revoke/", {"reason": ""}).status_code == 404
    assert client.post(f"/organizations/other/keys/{foreign.pk}/revoke/", {"reason": ""}).status_code == 302
    assert ApiKey.objects.get().revoked_at is not None


def test_whoever_loses_the_role_keeps_no_page_open(focal, focal_point, cicte):
    key = ApiKeyFactory(organization=cicte)
    opened = form(focal, f"{KEYS}new/", name="Mirror", scopes=["read"])
    Affiliation.objects.filter(user=focal_point).update(status="ended")
    assert focal.post(f"{KEYS}new/", opened).status_code == 403
    assert focal.get(KEYS).status_code == 403
    assert focal.post(f"{KEYS}{key.pk}/rotate/", {**opened, "old_ends": "now"}).status_code == 403
    assert focal.post(f"{KEYS}{key.pk}/revoke/", {"reason": ""}).status_code == 403
    assert ApiKey.objects.get() == key
    assert works(key.plain)


def test_editors_neither_see_nor_find_the_keys(signed_in, editor, cicte):
    ApiKeyFactory(organization=cicte)
    client = signed_in(editor)
    assert client.get(KEYS).status_code == 403
    assert KEYS not in client.get("/organizations/cicte/").content.decode()
    assert KEYS not in client.get("/dashboard/").content.decode()


# The list, the desk, the notice


def test_the_list_shows_what_matters_live_keys_first(focal, focal_point, cicte, django_assert_num_queries):
    now = timezone.now()
    ApiKeyFactory(organization=cicte, name="Zebra", last_used_at=datetime(2026, 3, 12, tzinfo=now.tzinfo))
    ApiKeyFactory(organization=cicte, name="Adder", revoked_at=now)
    ApiKeyFactory(organization=cicte, name="Bison", expires_at=now - timedelta(days=1))
    ApiKeyFactory(organization=cicte, name="Camel", expires_at=now + timedelta(days=3))
    ApiKeyFactory(organization__acronym="OTHER", name="Foreign")
    page = focal.get(KEYS).content.decode()
    places = [page.index(f"<bdi>{name}</bdi>") for name in ("Camel", "Zebra", "Adder", "Bison")]
    assert places == sorted(places)
    assert "Foreign" not in page
    for words in ("12 March 2026", "Expires soon", "Revoked", "Expired", "In use", "Never"):
        assert words in page
    assert ApiKey.objects.get(name="Zebra").secret_hash not in page


def test_the_number_of_queries_does_not_grow_with_the_keys(focal, cicte, django_assert_max_num_queries):
    ApiKeyFactory(organization=cicte)
    with django_assert_max_num_queries(30) as few:
        focal.get(KEYS)
    ApiKeyFactory.create_batch(10, organization=cicte)
    with django_assert_max_num_queries(len(few.captured_queries)):
        focal.get(KEYS)


def test_without_keys_the_page_says_what_they_are_for(focal):
    page = focal.get(KEYS).content.decode()
    assert "/api/v1/docs/" in page
    assert f"{KEYS}new/" in page
    assert "keep a copy" in page


def test_the_organization_and_the_desk_lead_to_the_keys(focal):
    assert KEYS in focal.get("/organizations/cicte/").content.decode()
    assert KEYS in focal.get("/dashboard/").content.decode()


def test_the_desk_asks_to_rotate_what_expires_within_two_weeks_and_nothing_else(focal, cicte):
    soon = timezone.now() + timedelta(days=13)
    ending = ApiKeyFactory(organization=cicte, name="Ending", expires_at=soon)
    ApiKeyFactory(organization=cicte, name="Fresh", expires_at=timezone.now() + timedelta(days=15))
    ApiKeyFactory(organization=cicte, name="Gone", expires_at=soon, revoked_at=timezone.now())
    desk = focal.get("/dashboard/").content.decode()
    assert f"{KEYS}{ending.pk}/rotate/" in desk
    assert "Fresh" not in desk
    assert "Gone" not in desk
    rotate(focal, ending)
    assert f"{KEYS}{ending.pk}/rotate/" not in focal.get("/dashboard/").content.decode()


def test_the_focal_points_are_told_once_before_a_key_ends(focal_point, editor, cicte):
    key = ApiKeyFactory(organization=cicte, name="Ending", expires_at=timezone.now() + timedelta(days=13))
    ApiKeyFactory(organization=cicte, expires_at=timezone.now() + timedelta(days=15))
    ApiKeyFactory(organization=cicte, expires_at=timezone.now() + timedelta(days=1), revoked_at=timezone.now())
    assert [warn_of_expiring_keys(), warn_of_expiring_keys()] == [1, 0]
    notice = Notice.objects.get()
    assert (notice.user, notice.path, notice.object_id) == (focal_point, KEYS, key.pk)
    send_pending()
    (message,) = mail.outbox
    assert "Ending" in message.subject
    assert str(key) in message.body
    assert key.secret_hash not in str(message.message())


def test_where_there_is_no_focal_point_the_secretariat_is_told(secretariat, cicte):
    ApiKeyFactory(organization=cicte, expires_at=timezone.now() + timedelta(days=1))
    assert warn_of_expiring_keys() == 1
    assert Notice.objects.get().user == secretariat


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, KeyState.UNUSED),
        ({"last_used_at": timezone.now()}, KeyState.LIVE),
        ({"expires_at": timezone.now() + timedelta(days=13)}, KeyState.EXPIRING),
        ({"expires_at": timezone.now()}, KeyState.EXPIRED),
        ({"revoked_at": timezone.now()}, KeyState.REVOKED),
        ({"organization__suspended_on": date(2026, 1, 1)}, KeyState.SUSPENDED),
        ({"organization__suspended_on": date(2026, 1, 1), "revoked_at": timezone.now()}, KeyState.REVOKED),
    ],
)
def test_the_state_of_a_key_in_one_word(values, state):
    assert ApiKeyFactory(**values).state is state
