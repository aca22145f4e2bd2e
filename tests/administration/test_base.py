"""The admin's base: who sees and changes what, what is written beside, and what happens when two write at once."""

import pytest
from django.urls import reverse

from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from organizations.models import Organization
from tests.factories import InformationSheetFactory, MembershipFactory, OrganizationFactory, StateFactory

pytestmark = pytest.mark.django_db


def organization_form(organization: Organization, **changes) -> dict:
    """What the change form posts for an organization without members."""
    return {
        "acronym": organization.acronym,
        "name": organization.name,
        "category": organization.category,
        "parent": "",
        "parent_name": organization.parent_name,
        "description": organization.description,
        "mandate_areas": ",".join(organization.mandate_areas),
        "coverage": organization.coverage,
        "website": organization.website,
        "suspended_on": "",
        "source": organization.source,
        "confidence": organization.confidence,
        "note": organization.note,
        "confirmed_on": "",
        "reason": "",
        "expected_version": organization.version,
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
        "memberships-MIN_NUM_FORMS": "0",
        "memberships-MAX_NUM_FORMS": "1000",
    } | changes


def change_url(record) -> str:
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk])


@pytest.mark.parametrize("role", ["visitor", "newcomer", "outsider", "editor", "focal_point", "state_focal_point"])
def test_only_the_committee_and_its_staff_open_the_admin(people, signed_in, role):
    response = signed_in(people[role]).get(reverse("admin:organizations_organization_changelist"))
    assert response.status_code == 302
    assert "login" in response["Location"]


@pytest.mark.parametrize("role", ["expert", "observer"])
def test_experts_and_observers_read_organizations_and_change_none(people, signed_in, cicte, role):
    client = signed_in(people[role])
    assert client.get(change_url(cicte)).status_code == 200
    response = client.post(change_url(cicte), organization_form(cicte, name="Changed"))
    assert response.status_code == 403
    cicte.refresh_from_db()
    assert cicte.name == "Inter-American Committee against Terrorism"


def test_a_change_writes_audit_entry_change_row_and_version(signed_in, secretariat, cicte):
    response = signed_in(secretariat).post(
        change_url(cicte), organization_form(cicte, name="New name", reason="It was renamed.")
    )
    assert response.status_code == 302, response.context["errors"]
    cicte.refresh_from_db()
    assert (cicte.name, cicte.version) == ("New name", 2)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.source, entry.reason) == ("organization.updated", "admin", "It was renamed.")
    assert entry.before == {"name": "Inter-American Committee against Terrorism"}
    assert entry.after == {"name": "New name"}
    assert Change.objects.get().object_version == 2


def test_adding_writes_the_record_and_its_inlines_as_one(signed_in, secretariat, peru):
    organization = Organization(acronym="NEW", name="New one", category="regional")
    rows = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-0-state": peru.pk,
        "memberships-0-status": "member",
    }
    response = signed_in(secretariat).post(
        reverse("admin:organizations_organization_add"), organization_form(organization, **rows)
    )
    assert response.status_code == 302, response.context["errors"]
    added = Organization.objects.get(acronym="NEW")
    assert added.memberships.get().iso3 == "PER"
    entry = AuditEntry.objects.get()
    assert entry.action == "organization.created"
    assert entry.after["members"] == ["PER"]


def test_a_stale_form_is_refused_with_what_the_record_says_now(signed_in, secretariat, cicte):
    data = organization_form(cicte, name="Mine")
    Organization.objects.filter(pk=cicte.pk).update(name="Theirs", version=2)
    response = signed_in(secretariat).post(change_url(cicte), data)
    assert response.status_code == 200
    text = response.content.decode()
    assert "Somebody changed this record" in text
    assert "Theirs" in text
    assert 'value="Mine"' in text
    cicte.refresh_from_db()
    assert cicte.name == "Theirs"
    assert not AuditEntry.objects.exists()
    # Having seen it, the person may save over it.
    again = signed_in(secretariat).post(change_url(cicte), {**data, "expected_version": 2})
    assert again.status_code == 302


def test_a_rule_of_the_database_comes_back_into_the_form(signed_in, secretariat, cicte):
    response = signed_in(secretariat).post(change_url(cicte), organization_form(cicte, parent=cicte.pk))
    assert response.status_code == 200
    assert "cannot be its own parent" in response.content.decode()
    assert not AuditEntry.objects.exists()


def test_an_error_of_the_write_itself_shows_the_form_again(signed_in, secretariat, monkeypatch, cicte):
    from contextlib import contextmanager

    from django.core.exceptions import ValidationError

    from organizations.admin.organizations import OrganizationAdmin

    @contextmanager
    def refuse(self, request, form, *, change):
        raise ValidationError({"name": "Taken elsewhere.", "slug": "Not a field of the form."})
        yield

    monkeypatch.setattr(OrganizationAdmin, "writing", refuse)
    response = signed_in(secretariat).post(change_url(cicte), organization_form(cicte, name="Typed"))
    assert response.status_code == 200
    text = response.content.decode()
    assert "Taken elsewhere." in text
    assert "Not a field of the form." in text
    assert 'value="Typed"' in text


def test_nothing_is_deleted_in_the_admin(signed_in, secretariat, cicte):
    client = signed_in(secretariat)
    url = reverse("admin:organizations_organization_delete", args=[cicte.pk])
    assert client.post(url, {"post": "yes"}).status_code == 403
    listing = client.post(
        reverse("admin:organizations_organization_changelist"),
        {"action": "delete_selected", "_selected_action": [cicte.pk], "post": "yes"},
    )
    assert listing.status_code in (200, 302)
    assert Organization.objects.filter(pk=cicte.pk).exists()


def test_lists_start_at_what_the_person_may_read(signed_in, observer, secretariat):
    draft = InformationSheetFactory(status="draft")
    shown = InformationSheetFactory(status="published")
    url = reverse("admin:organizations_informationsheet_changelist")
    text = signed_in(observer).get(url).content.decode()
    assert shown.organization.acronym in text
    assert change_url(draft) not in text
    assert signed_in(observer).get(change_url(draft)).status_code == 302


def test_history_tells_the_audit_and_hides_it_from_observers(signed_in, secretariat, observer, cicte):
    signed_in(secretariat).post(change_url(cicte), organization_form(cicte, name="New name", reason="Renamed."))
    url = reverse("admin:organizations_organization_history", args=[cicte.pk])
    text = signed_in(secretariat).get(url).content.decode()
    assert "Renamed." in text
    assert "Inter-American Committee against Terrorism" in text
    hidden = signed_in(observer).get(url).content.decode()
    assert "Renamed." not in hidden


def test_suspending_is_an_action_of_its_own(signed_in, secretariat, cicte):
    client = signed_in(secretariat)
    client.post(change_url(cicte), organization_form(cicte, suspended_on="2026-11-01", reason="Left the network."))
    assert AuditEntry.objects.get().action == "organization.suspended"


@pytest.mark.parametrize("name", ["organization", "state", "informationsheet"])
def test_lists_need_the_same_queries_for_two_and_for_thirty_rows(
    signed_in, secretariat, django_assert_max_num_queries, name
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in(secretariat)
    url = reverse(f"admin:organizations_{name}_changelist")

    def fill(count: int) -> None:
        for _row in range(count):
            parent = OrganizationFactory()
            organization = OrganizationFactory(parent=parent)
            MembershipFactory(organization=organization, state=StateFactory())
            InformationSheetFactory(organization=organization)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    fill(2)
    queries()
    few = queries()
    fill(13)
    assert queries() == few


def test_history_writes_values_as_people_read_them(signed_in, secretariat, cicte):
    client = signed_in(secretariat)
    client.post(
        change_url(cicte),
        organization_form(cicte, category="international", confirmed_on="2027-03-12", source="A note"),
    )
    text = client.get(reverse("admin:organizations_organization_history", args=[cicte.pk])).content.decode()
    for words in ("Regional organization", "International organization", "12 March 2027", "Confirmed on", "A note"):
        assert words in text
    assert "Sort key" not in text
