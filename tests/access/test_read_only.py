"""Read-only mode bites at the next request on every way in; reading, signing in and shutting out go on."""

from __future__ import annotations

import logging

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from assistance.models import Offer
from assistance.services.offers import offer_suspend
from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.access.models import ReadOnlyMode
from cooperation_portal.access.policy import NotAllowed, is_change, require
from cooperation_portal.access.read_only import ReadOnly
from cooperation_portal.access.role_table import NEVER_STOPPED, READING, ROLE_TABLE
from cooperation_portal.access.services import read_only_switch
from cooperation_portal.audit.actions import ACTIONS
from cooperation_portal.audit.actions import NEVER_STOPPED as WRITTEN_DOWN_ALWAYS
from cooperation_portal.audit.models import AuditEntry
from organizations.models import User
from organizations.services.users import user_deactivate, user_reactivate
from tests.administration.test_base import change_url, organization_form
from tests.api.conftest import Caller, answers_keep_the_contract  # noqa: F401 (a fixture)
from tests.factories import ApiKeyFactory, OfferFactory

pytestmark = pytest.mark.django_db

OFFERS = "/api/v1/offers/"
WORD = "The portal takes no changes at the moment"


@pytest.fixture
def stopped(db):
    """The mode is on, as another process would have switched it."""
    return read_only_switch(by=SYSTEM, is_on=True, message="Until noon: the server moves.")


@pytest.fixture
def writer(cicte):
    return Caller(ApiKeyFactory(organization=cicte, scopes=["read", "write"]))


def kind_of(answer):
    return answer.json()["type"].rstrip("/").rsplit("/", 1)[-1]


# What it stops


def test_every_row_of_the_role_table_that_only_reads_is_named_and_no_other():
    assert set(ROLE_TABLE) >= READING | NEVER_STOPPED
    by_name = {row for row in ROLE_TABLE if row[1] == "view" or row[1].startswith("see_")}
    assert by_name | {("snapshot", "create")} == READING
    assert {row for row in ROLE_TABLE if not is_change(*row)} == READING | NEVER_STOPPED
    assert set(ACTIONS) >= WRITTEN_DOWN_ALWAYS


def test_every_change_is_refused_to_everybody_but_the_portal_and_every_reading_is_not(people, stopped):
    for record, action in ROLE_TABLE:
        require(SYSTEM, action, record)
        for person in filter(None, people.values()):
            try:
                require(person, action, record)
            except NotAllowed:
                continue
            except ReadOnly:
                assert (record, action) not in READING | NEVER_STOPPED
            else:
                assert (record, action) in READING | NEVER_STOPPED


def test_a_service_writes_nothing_and_says_what_goes_on(editor, cicte, stopped):
    offer = OfferFactory(organization=cicte)
    with pytest.raises(ReadOnly, match="reading works"):
        offer_suspend(by=editor, offer=offer, reason="Funds")
    offer.refresh_from_db()
    assert offer.status != "suspended"
    assert offer_suspend(by=SYSTEM, offer=offer, reason="Funds").status == "suspended"


def test_who_may_not_do_it_anyway_is_told_that(outsider, cicte, stopped):
    with pytest.raises(NotAllowed):
        require(outsider, "update", OfferFactory(organization=cicte))


def test_shutting_out_goes_on_and_letting_in_waits(secretariat, editor, stopped):
    assert not user_deactivate(by=secretariat, user=editor, reason="Left").is_active
    with pytest.raises(ReadOnly):
        user_reactivate(by=secretariat, user=editor)


# On the web


def test_a_session_reads_with_a_word_on_every_page_and_writes_nothing(editor, cicte, signed_in):
    client, offer = signed_in(editor), OfferFactory(organization=cicte)
    assert WORD not in client.get(offer.get_absolute_url()).content.decode()
    read_only_switch(by=SYSTEM, is_on=True, message="Until noon & later.")
    for path in (offer.get_absolute_url(), reverse("dashboard"), reverse("home")):
        page = client.get(path)
        assert page.status_code == 200
        assert WORD in page.content.decode()
        assert "Until noon &amp; later." in page.content.decode()
    assert WORD not in Client().get(reverse("home")).content.decode()
    refused = client.post(
        reverse("assistance:offer_transition", args=[offer.reference, "suspend"]), {"reason": "Funds"}
    )
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "60")
    read_only_switch(by=SYSTEM, is_on=False)
    assert WORD not in client.get(offer.get_absolute_url()).content.decode()


def test_what_was_typed_is_kept_and_sent_again_by_one_button(editor, cicte, signed_in, stopped):
    client, offer = signed_in(editor), OfferFactory(organization=cicte)
    path = reverse("assistance:offer_transition", args=[offer.reference, "suspend"])
    page = client.post(path, {"reason": 'Funds "late" <b>', "expected_version": offer.version, "next": ["a", "b"]})
    text = page.content.decode()
    assert f'action="{path}"' in text
    assert '<input type="hidden" name="reason" value="Funds &quot;late&quot; &lt;b&gt;">' in text
    assert text.count('name="next"') == 2
    read_only_switch(by=SYSTEM, is_on=False)
    assert client.post(path, {"reason": "Funds late", "expected_version": offer.version}).status_code == 302
    offer.refresh_from_db()
    assert offer.status == "suspended"


def test_a_form_is_not_opened_in_vain(editor, signed_in, stopped):
    page = signed_in(editor).get(reverse("assistance:offer_new"))
    assert page.status_code == 503
    assert "Until noon: the server moves." in page.content.decode()


def test_ones_own_account_is_not_changed_either(editor, signed_in, stopped):
    page = signed_in(editor).post(
        reverse("profile"), {"name": "Another", "job_title": "", "language": "en", "expected_version": editor.version}
    )
    assert page.status_code == 503
    editor.refresh_from_db()
    assert editor.name != "Another"


def test_signing_in_and_out_works(editor, stopped):
    editor.set_password("example-only-1540")
    editor.save()
    editor.emailaddress_set.create(email=editor.email, verified=True, primary=True)
    client = Client()
    client.post(reverse("account_login"), {"login": editor.email, "password": "example-only-1540"})
    assert client.get(reverse("dashboard")).status_code == 200
    client.post(reverse("account_logout"))
    assert client.get(reverse("dashboard")).status_code == 302


def test_nobody_signs_up_and_no_half_account_is_left(stopped):
    words = {
        "name": "New",
        "email": "new@organization.example",
        "password1": "a-long-one-1540",
        "password2": "a-long-one-1540",
    }
    assert Client().post(reverse("account_signup"), words).status_code == 503
    assert not User.objects.filter(email="new@organization.example").exists()


# In the admin


def test_a_form_of_the_admin_is_refused_and_undone(secretariat, signed_in, cicte, stopped):
    page = signed_in(secretariat).post(change_url(cicte), organization_form(cicte, name="New name", reason="Renamed."))
    assert page.status_code == 503
    assert 'value="New name"' in page.content.decode()
    cicte.refresh_from_db()
    assert (cicte.name, cicte.version) == ("Inter-American Committee against Terrorism", 1)


def test_the_secretariat_switches_it_on_and_off_and_the_audit_knows(secretariat, signed_in, editor, cicte):
    ReadOnlyMode.objects.get_or_create(pk=1)  # tests that empty all tables take away what the migration put there
    client, address = signed_in(secretariat), reverse("admin:access_readonlymode_change", args=[1])
    assert client.post(address, {"is_on": "on", "message": "Until noon.", "reason": "Move"}).status_code == 302
    with pytest.raises(ReadOnly):
        offer_suspend(by=editor, offer=OfferFactory(organization=cicte), reason="Funds")
    page = client.get(address).content.decode()
    assert "Until noon." in page
    assert client.post(address, {"message": "Until noon.", "reason": ""}).status_code == 302
    mode = ReadOnlyMode.objects.get()
    assert (mode.is_on, mode.message, mode.since) == (False, "", None)
    entries = AuditEntry.objects.filter(action="read_only.switched").order_by("pk")
    assert [(entry.after["is_on"], entry.actor_id, entry.reason) for entry in entries] == [
        (True, secretariat.pk, "Move"),
        (False, secretariat.pk, ""),
    ]


@pytest.mark.parametrize("role", ["editor", "focal_point", "expert", "observer"])
def test_nobody_else_switches_it(people, role):
    with pytest.raises(NotAllowed):
        read_only_switch(by=people[role], is_on=True)


# By key


def test_a_key_reads_and_writes_nothing(writer, cicte, stopped):
    offer = OfferFactory(organization=cicte)
    read = writer.get(f"{OFFERS}{offer.pk}/")
    assert read.status_code == 200
    assert writer.get("/api/v1/changes/").status_code == 200
    writes = [
        writer.send("POST", OFFERS, {"title": "A course", "summary": "For laboratories"}),
        writer.send("PATCH", f"{OFFERS}{offer.pk}/", {"title": "Another"}, If_Match=read.headers["ETag"]),
        writer.send("POST", f"{OFFERS}{offer.pk}/suspend/", {"reason": "Funds"}, If_Match=read.headers["ETag"]),
    ]
    for answer in writes:
        assert (answer.status_code, kind_of(answer), answer.headers["Retry-After"]) == (503, "read-only", "60")
        assert "Until noon: the server moves." in answer.json()["detail"]
    assert Offer.objects.count() == 1


def test_a_batch_is_refused_as_a_whole_and_blames_no_item(writer, cicte, stopped):
    items = [{"data": {"title": f"Course {n}", "summary": "For laboratories"}} for n in range(2)]
    answer = writer.send("POST", f"{OFFERS}batch/", {"items": items})
    assert (answer.status_code, kind_of(answer), answer.headers["Retry-After"]) == (503, "read-only", "60")
    assert "errors" not in answer.json()
    assert not Offer.objects.exists()


def test_a_refused_write_is_done_when_it_is_sent_again(writer, stopped):
    body = {"title": "A course", "summary": "For laboratories"}
    assert writer.send("POST", OFFERS, body, Idempotency_Key="one").status_code == 503
    read_only_switch(by=SYSTEM, is_on=False)
    first = writer.send("POST", OFFERS, body, Idempotency_Key="one")
    assert first.status_code == 201
    read_only_switch(by=SYSTEM, is_on=True)
    again = writer.send("POST", OFFERS, body, Idempotency_Key="one")
    assert (again.status_code, again.content) == (201, first.content)


def test_a_snapshot_is_a_way_to_read(writer, stopped, settings, tmp_path):
    settings.SNAPSHOT_ROOT = tmp_path
    assert writer.send("POST", "/api/v1/snapshots/", {"types": ["state"]}).status_code == 202


def test_refusing_is_no_crash_for_the_log(writer, stopped, caplog):
    with caplog.at_level(logging.ERROR, logger="cooperation_portal.api.problems"):
        writer.send("POST", OFFERS, {"title": "A course", "summary": "For laboratories"})
    assert [record for record in caplog.records if record.exc_info or "api" in record.name] == []


def test_reading_by_key_asks_nothing_about_it(writer, cicte, django_assert_max_num_queries):
    offer = OfferFactory(organization=cicte)
    writer.get(f"{OFFERS}{offer.pk}/")
    with django_assert_max_num_queries(20) as asked:
        writer.get(f"{OFFERS}{offer.pk}/")
    assert not [query for query in asked.captured_queries if "access_readonlymode" in query["sql"]]


# By command


def test_the_command_switches_it_for_every_process(capsys):
    call_command("read_only", "on", message="Until noon.")
    assert ReadOnlyMode.objects.get().message == "Until noon."
    call_command("read_only", "on", message="Until noon.")
    call_command("read_only", "off")
    assert not ReadOnlyMode.objects.get().is_on
    assert capsys.readouterr().out.splitlines() == ["Changes are stopped."] * 2 + ["Changes are taken."]
    assert AuditEntry.objects.filter(action="read_only.switched", actor_kind="system").count() == 2


@pytest.mark.parametrize("arguments", [["off", "--message", "x"], ["on", "--message", "x" * 301]])
def test_the_command_refuses_what_makes_no_sense(arguments):
    with pytest.raises(CommandError):
        call_command("read_only", *arguments)
    assert not ReadOnlyMode.objects.filter(is_on=True).exists()


def test_there_is_one_row():
    with pytest.raises(IntegrityError), transaction.atomic():
        ReadOnlyMode.objects.create(pk=2)
