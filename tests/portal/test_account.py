"""Notices and profile of the signed-in person."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.notices.models import Notice
from organizations.models import User
from organizations.services.users import user_update
from tests.factories import AffiliationFactory

pytestmark = pytest.mark.django_db


def notice(user, *, path="/organizations/", **params):
    params = {"person": "Example Asker", "body": "CICTE", "role": "Editor", "reason": ""} | params
    return Notice.objects.create(
        user=user, action="affiliation.requested", object_type="affiliation", object_id=1, path=path, params=params
    )


def test_a_person_reads_the_own_notices_alone(signed_in, editor, outsider):
    notice(editor, person="Canary")
    assert "Canary asks to join CICTE" in signed_in(editor).get("/notices/").content.decode()
    assert "Canary" not in signed_in(outsider).get("/notices/").content.decode()


def test_opening_marks_as_read_and_leads_there(signed_in, editor):
    row = notice(editor)
    client = signed_in(editor)
    url = reverse("notice_open", args=[row.pk])
    assert client.get(url).status_code == 405
    assert client.post(url)["Location"] == "/organizations/"
    row.refresh_from_db()
    assert row.read_at is not None
    first_read = row.read_at
    client.post(url)
    row.refresh_from_db()
    assert row.read_at == first_read


def test_another_persons_notice_is_not_found(signed_in, editor, outsider):
    row = notice(editor)
    assert signed_in(outsider).post(reverse("notice_open", args=[row.pk])).status_code == 404
    row.refresh_from_db()
    assert row.read_at is None


@pytest.mark.parametrize("path", ["//evil.example/", "https://evil.example/", "javascript:alert(1)"])
def test_a_notice_never_leads_away(signed_in, editor, path):
    row = notice(editor, path=path)
    assert signed_in(editor).post(reverse("notice_open", args=[row.pk]))["Location"] == "/notices/"


def test_all_are_marked_at_once_but_only_ones_own(signed_in, editor, outsider):
    notice(editor)
    notice(editor)
    other = notice(outsider)
    signed_in(editor).post(reverse("notices_read"))
    assert not Notice.objects.filter(user=editor).unread().exists()
    other.refresh_from_db()
    assert other.read_at is None


def test_unread_notices_are_counted_in_the_frame(signed_in, editor):
    client = signed_in(editor)
    notice(editor)
    notice(editor)
    assert "new notices" in client.get("/about/").content.decode()
    client.post(reverse("notices_read"))
    assert "new notices" not in client.get("/about/").content.decode()


def test_the_list_pages_and_needs_the_same_queries(signed_in, editor):
    client = signed_in(editor)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/notices/").status_code == 200
        return len(captured)

    for _turn in range(2):
        notice(editor)
    queries()
    few = queries()
    for _turn in range(28):
        notice(editor)
    assert queries() == few
    assert len(client.get("/notices/").context["notices"]) == 25
    assert len(client.get("/notices/?page=2").context["notices"]) == 5


def test_markup_in_a_name_stays_text(signed_in, editor):
    notice(editor, person="<svg onload=x>")
    assert "<svg onload" not in signed_in(editor).get("/notices/").content.decode()


@pytest.mark.parametrize("address", ["/notices/", "/profile/", "/dashboard/"])
def test_visitors_sign_in_first(client, address):
    assert client.get(address).status_code == 302


# Profile


def test_a_person_changes_name_and_title(signed_in, editor):
    data = {"name": "  Another   Name ", "job_title": "Adviser", "expected_version": editor.version}
    assert signed_in(editor).post("/profile/", data).status_code == 302
    editor.refresh_from_db()
    assert (editor.name, editor.job_title, editor.version) == ("Another Name", "Adviser", 2)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_id) == ("user.updated", editor.pk)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [({"name": ""}, "Fill this in"), ({"name": "x" * 151}, "Shorten this"), ({"job_title": "x" * 151}, "Shorten this")],
)
def test_a_wrong_entry_comes_back(signed_in, editor, data, sentence):
    response = signed_in(editor).post("/profile/", {"name": "Typed", "job_title": ""} | data)
    assert response.status_code == 422
    assert sentence in response.content.decode()


def test_what_is_not_asked_is_not_taken(signed_in, editor):
    email = editor.email
    signed_in(editor).post(
        "/profile/", {"name": "x", "job_title": "", "email": "stolen@tests.example", "is_active": "", "language": "xx"}
    )
    editor.refresh_from_db()
    assert (editor.email, editor.is_active, editor.language) == (email, True, "en")


def test_a_stale_profile_shows_both(signed_in, editor):
    client = signed_in(editor)
    user_update(by=editor, user=editor, values={"name": "Theirs"})
    response = client.post("/profile/", {"name": "Mine", "job_title": "", "expected_version": 1})
    assert response.status_code == 422
    assert "Theirs" in response.content.decode()
    assert User.objects.get(pk=editor.pk).name == "Theirs"


def test_affiliations_are_listed_with_a_way_out(signed_in, editor, cicte):
    AffiliationFactory(user=editor, status="requested")
    AffiliationFactory(user=editor, status="refused", reason="Not known here.")
    response = signed_in(editor).get("/profile/")
    text = response.content.decode()
    assert cicte.name in text
    assert "Take back the request" in text
    assert "Not known here." in text
    for name in ("account_email", "account_change_password", "mfa_index"):
        assert reverse(name) in text
