"""Contacts, accounts and affiliations in the admin."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cooperation_portal.audit.models import AuditEntry
from organizations.models import PointOfContact, State
from tests.factories import AffiliationFactory, ContactFactory, OrganizationFactory, StateFactory, UserFactory

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate


def url(name, *args):
    return reverse(f"admin:organizations_{name}", args=args)


def contact_form(contact, **changes):
    return {
        "kind": contact.kind,
        "role": contact.role,
        "name": contact.name,
        "job_title": "",
        "agency": contact.agency,
        "email": contact.email,
        "phone": contact.phone,
        "languages": contact.languages,
        "visibility": contact.visibility,
        "valid_from": contact.valid_from.isoformat(),
        "source": "",
        "reason": "",
        "expected_version": contact.version or "",
    } | changes


def account_form(user, **changes):
    return {
        "name": user.name,
        "job_title": user.job_title,
        "language": user.language,
        "is_active": "on",
        "reason": "",
        "expected_version": user.version,
    } | changes


def test_ended_contacts_are_emptied_for_observers_here_too(signed_in, observer, expert):
    ended = ContactFactory(
        name="Canary Person", visibility="public", agency="Old office", valid_until=TODAY() - timedelta(days=1)
    )
    listing, page = url("pointofcontact_changelist"), url("pointofcontact_change", ended.pk)
    assert "Canary" not in signed_in(observer).get(listing).content.decode()
    assert "Canary" not in signed_in(observer).get(page).content.decode()
    assert "Canary" in signed_in(expert).get(listing).content.decode()
    assert "Canary" in signed_in(expert).get(page).content.decode()


def test_observers_do_not_search_in_names(signed_in, observer, expert):
    ContactFactory(name="Canary Person", visibility="public", valid_until=TODAY() - timedelta(days=1))
    listing = url("pointofcontact_changelist") + "?q=canary"
    assert signed_in(observer).get(listing).context["cl"].result_count == 0
    assert signed_in(expert).get(listing).context["cl"].result_count == 1


def test_the_secretariat_names_and_corrects_contacts_through_the_services(signed_in, secretariat, cicte):
    client = signed_in(secretariat)
    blank = PointOfContact(name="Example Named", email="named@tests.example", valid_from=TODAY())
    response = client.post(url("pointofcontact_add"), contact_form(blank, organization=cicte.pk, languages=["en"]))
    assert response.status_code == 302, response.context["errors"]
    contact = PointOfContact.objects.get()
    assert (contact.organization, contact.verified_on, contact.languages) == (cicte, TODAY(), ["en"])
    response = client.post(url("pointofcontact_change", contact.pk), contact_form(contact, name="Corrected"))
    assert response.status_code == 302, response.context["errors"]
    contact.refresh_from_db()
    assert contact.name == "Corrected"
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", "source"))
    assert actions == [("contact.created", "admin"), ("contact.updated", "admin")]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "Name an organization or a State"),
        ({"organization": "x"}, "valid choice"),
        ({"email": "", "phone": ""}, "Give an e-mail address or a telephone number"),
        ({"visibility": "participants"}, "Choose who may read this contact"),
    ],
)
def test_a_wrong_contact_comes_back(signed_in, secretariat, cicte, changes, sentence):
    blank = PointOfContact(name="Example Named", email="named@tests.example", valid_from=TODAY())
    data = contact_form(blank) | ({"organization": cicte.pk} if changes else {}) | changes
    response = signed_in(secretariat).post(url("pointofcontact_add"), data)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert not PointOfContact.objects.exists()


def test_an_ended_contact_is_not_corrected_here_either(signed_in, secretariat):
    ended = ContactFactory(valid_until=TODAY() - timedelta(days=1))
    response = signed_in(secretariat).post(url("pointofcontact_change", ended.pk), contact_form(ended, name="Changed"))
    assert response.status_code == 200
    assert "has ended" in response.content.decode()


@pytest.mark.parametrize("role", ["expert", "observer"])
def test_only_the_secretariat_opens_accounts(people, signed_in, role):
    client = signed_in(people[role])
    assert client.get(url("user_changelist")).status_code == 403
    assert client.get(url("user_change", people["editor"].pk)).status_code in (302, 403)
    assert client.post(url("user_change", people["editor"].pk), account_form(people["editor"])).status_code in (
        302,
        403,
    )


def test_an_account_is_shut_out_with_a_reason_and_loses_its_sessions(signed_in, secretariat, editor):
    theirs, client = signed_in(editor), signed_in(secretariat)
    page = url("user_change", editor.pk)
    without = account_form(editor)
    del without["is_active"]
    refused = client.post(page, without)
    assert refused.status_code == 200
    assert "Say why the account is shut out" in refused.content.decode()
    done = client.post(page, without | {"reason": "Left."})
    assert done.status_code == 302, done.context["errors"]
    editor.refresh_from_db()
    assert not editor.is_active
    assert theirs.get(reverse("dashboard")).status_code == 302
    assert AuditEntry.objects.get().reason == "Left."


def test_the_secretariat_corrects_a_name_but_never_an_address(signed_in, secretariat, editor):
    response = signed_in(secretariat).post(
        url("user_change", editor.pk), account_form(editor, name="Corrected", email="stolen@tests.example")
    )
    assert response.status_code == 302, response.context["errors"]
    email = editor.email
    editor.refresh_from_db()
    assert (editor.name, editor.email) == ("Corrected", email)


def test_affiliations_are_read_here_and_decided_elsewhere(signed_in, secretariat, cicte):
    row = AffiliationFactory(organization=cicte, status="requested", message="Please.")
    client = signed_in(secretariat)
    assert (
        reverse("organizations:people", args=[cicte.slug]) in client.get(url("affiliation_changelist")).content.decode()
    )
    page = client.get(url("affiliation_change", row.pk))
    assert "Please." in page.content.decode()
    assert client.post(url("affiliation_change", row.pk), {"status": "active"}).status_code == 403
    row.refresh_from_db()
    assert row.status == "requested"


def test_a_state_is_corrected(signed_in, secretariat, peru):
    data = {
        name: getattr(peru, name) for name in ("iso3", "iso2", "m49", "regional_group", "m49_region", "m49_subregion")
    }
    data |= {f"name_{language}": "Perú" for language in State.NAME_LANGUAGES}
    data |= {"expected_version": peru.version, "reason": "The accent."}
    response = signed_in(secretariat).post(url("state_change", peru.pk), data)
    assert response.status_code == 302, response.context["errors"]
    peru.refresh_from_db()
    assert (peru.name_en, peru.sort_key) == ("Perú", "peru")


@pytest.mark.parametrize("name", ["pointofcontact", "user", "affiliation"])
def test_lists_need_the_same_queries_for_two_and_for_thirty(signed_in, secretariat, name):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in(secretariat)

    def fill(count):
        for _row in range(count):
            ContactFactory(organization=OrganizationFactory())
            ContactFactory(state=StateFactory())
            AffiliationFactory(user=UserFactory())

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url(f"{name}_changelist")).status_code == 200
        return len(captured)

    fill(2)
    queries()
    few = queries()
    fill(13)
    assert queries() == few


@pytest.mark.parametrize(
    ("name", "query", "shown"),
    [
        ("organization", "standing=suspended", {"SUSP"}),
        ("organization", "confirmed=fresh", {"FRESH"}),
        ("organization", "confirmed=old", {"SUSP"}),
        ("pointofcontact", "term=ended", {"Ended One"}),
        ("pointofcontact", "owner=state", {"State One"}),
        ("user", "signed_in=yes", {"Signed One"}),
    ],
)
def test_filters_of_the_lists(signed_in, secretariat, name, query, shown):
    OrganizationFactory(acronym="SUSP", suspended_on="2026-01-01", confirmed_on="2020-01-01")
    OrganizationFactory(acronym="FRESH", confirmed_on=TODAY())
    ContactFactory(name="Ended One", valid_until=TODAY() - timedelta(days=1))
    ContactFactory(name="State One", state=StateFactory())
    UserFactory(name="Signed One", last_login=timezone.now())
    UserFactory(name="Waiting One")
    listed = signed_in(secretariat).get(url(f"{name}_changelist") + "?" + query).context["cl"].result_list
    told = {str(row) for row in listed} - {"Example Secretariat"}
    candidates = {"SUSP", "FRESH", "Ended One", "State One", "Signed One", "Waiting One"}
    assert told & candidates == shown


def test_dates_are_written_out(signed_in, secretariat):
    OrganizationFactory(confirmed_on="2027-03-12")
    assert "12 March 2027" in signed_in(secretariat).get(url("organization_changelist")).content.decode()
