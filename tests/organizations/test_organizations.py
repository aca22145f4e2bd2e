"""The list of organizations and the page of each."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.audit.models import AuditEntry
from organizations.models import Organization
from organizations.services.organizations import organization_confirm, organization_update
from tests.factories import (
    ContactFactory,
    InformationSheetFactory,
    MembershipFactory,
    OfferFactory,
    OrganizationFactory,
    ParticipationFactory,
    StateFactory,
)

pytestmark = pytest.mark.django_db

LIST = "/organizations/"


def acronyms(client, query=""):
    response = client.get(LIST + query)
    assert response.status_code == 200
    return [organization.acronym for organization, _offers in response.context["rows"]]


def test_anyone_reads_the_list_in_alphabetical_order(client):
    for acronym in ("ÖTE", "ASEAN", "oas", "OPCW"):
        OrganizationFactory(acronym=acronym)
    assert acronyms(client) == ["ASEAN", "oas", "OPCW", "ÖTE"]


def test_it_filters_by_words_category_and_region(client):
    asean = OrganizationFactory(acronym="ASEAN", name="South-East Asian Nations")
    opcw = OrganizationFactory(acronym="OPCW", category="international")
    MembershipFactory(organization=asean, state=StateFactory(regional_group="Asia-Pacific"))
    MembershipFactory(organization=opcw, state=StateFactory(regional_group="WEOG"), status="former")
    assert acronyms(client, "?q=nations") == ["ASEAN"]
    assert acronyms(client, "?q=opc") == ["OPCW"]
    assert acronyms(client, "?category=international") == ["OPCW"]
    assert acronyms(client, "?region=Asia-Pacific") == ["ASEAN"]
    assert acronyms(client, "?region=WEOG") == [], "a former member does not count"


def test_a_percent_sign_is_a_percent_sign(client):
    OrganizationFactory(acronym="ABC")
    assert acronyms(client, "?q=%25") == []
    assert acronyms(client, "?q=_") == []


@pytest.mark.parametrize(
    "query", ["?category=x", "?region=x", "?contact=x", "?sort=x", "?colour=red", "?q=" + "x" * 101]
)
def test_an_unknown_filter_is_said(client, query):
    OrganizationFactory()
    response = client.get(LIST + query)
    assert response.status_code == 200
    assert response.context["rows"] == []
    assert "error-summary" in response.content.decode()


def test_the_filter_by_contact_counts_only_contacts_that_the_reader_sees(signed_in, outsider):
    for level in ("public", "network", "committee"):
        ContactFactory(organization=OrganizationFactory(acronym=level.upper()), visibility=level)
    ContactFactory(
        organization=OrganizationFactory(acronym="GONE"),
        visibility="public",
        valid_until=timezone.localdate() - timedelta(days=1),
    )
    assert acronyms(signed_in(None), "?contact=named") == ["PUBLIC"]
    assert acronyms(signed_in(outsider), "?contact=named") == ["NETWORK", "PUBLIC"]
    assert "COMMITTEE" in acronyms(signed_in(outsider), "?contact=missing")
    assert "GONE" in acronyms(signed_in(None), "?contact=missing")


def test_only_the_committee_asks_who_named_no_coordinator(signed_in, outsider, expert):
    OrganizationFactory(acronym="AAA")
    ContactFactory(organization=OrganizationFactory(acronym="BBB"), role="technical")
    ContactFactory(organization=OrganizationFactory(acronym="CCC"), role="coordinator", visibility="committee")
    OrganizationFactory(acronym="DDD", category="ngo")
    asked = acronyms(signed_in(expert), "?contact=asked")
    assert {"AAA", "BBB"} <= set(asked)
    assert not {"CCC", "DDD"} & set(asked), "OP 24 speaks to international and regional organizations"
    assert acronyms(signed_in(outsider), "?contact=asked") == []


def test_live_offers_are_counted_as_far_as_the_reader_sees_them(signed_in, outsider, cicte):
    OfferFactory(organization=cicte, visibility="public")
    OfferFactory(organization=cicte, visibility="network")
    OfferFactory(organization=cicte, visibility="public", status="completed")

    def shown(user):
        rows = signed_in(user).get(LIST).context["rows"]
        return next(offers for organization, offers in rows if organization == cicte)

    assert shown(None) == 1
    assert shown(outsider) == 2


@pytest.mark.parametrize("role", ["visitor", "editor", "expert"])
def test_the_list_needs_the_same_queries_for_two_and_for_thirty(people, signed_in, role):
    client = signed_in(people[role])

    def fill(count):
        for _row in range(count):
            organization = OrganizationFactory(parent=OrganizationFactory())
            MembershipFactory(organization=organization)
            ContactFactory(organization=organization, visibility="public")
            OfferFactory(organization=organization, visibility="public")

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        return len(captured)

    fill(1)
    queries()
    few = queries()
    fill(14)
    assert queries() == few


def test_the_page_shows_members_offers_contacts_and_meetings_as_far_as_readable(signed_in, cicte, peru, outsider):
    MembershipFactory(organization=cicte, state=peru)
    MembershipFactory(organization=cicte, state=None, iso3="XKX")
    OfferFactory(organization=cicte, title="Public canary", visibility="public")
    OfferFactory(organization=cicte, title="Network canary", visibility="network")
    OfferFactory(organization=cicte, title="Draft canary", status="draft")
    OfferFactory(organization=cicte, title="Committee canary", visibility="committee")
    ContactFactory(organization=cicte, name="Contact canary", visibility="network")
    ParticipationFactory(organization=cicte, meeting__title="Meeting canary")
    ParticipationFactory(organization=cicte, meeting__title="Hidden meeting", meeting__visibility="committee")
    child = OrganizationFactory(acronym="CHILD", parent=cicte)
    url = cicte.get_absolute_url()
    public = signed_in(None).get(url).content.decode()
    for shown in ("Peru", "XKX", "Public canary", "Meeting canary", "CHILD"):
        assert shown in public
    for hidden in ("Network canary", "Draft canary", "Committee canary", "Contact canary", "Hidden meeting"):
        assert hidden not in public
    member = signed_in(outsider).get(url).content.decode()
    assert "Network canary" in member
    assert "Contact canary" in member
    assert "Draft canary" not in member
    assert "Committee canary" not in member
    assert child.get_absolute_url() in public


def test_the_sheet_is_offered_only_to_those_who_read_it(signed_in, cicte, outsider):
    sheet = InformationSheetFactory(organization=cicte, visibility="network")
    url = cicte.get_absolute_url()
    assert sheet.get_absolute_url() not in signed_in(None).get(url).content.decode()
    assert sheet.get_absolute_url() in signed_in(outsider).get(url).content.decode()


def test_a_page_needs_the_same_queries_whatever_hangs_on_it(signed_in, editor, cicte):
    client = signed_in(editor)

    def fill(count):
        for _row in range(count):
            MembershipFactory(organization=cicte)
            OfferFactory(organization=cicte)
            ContactFactory(organization=cicte)
            ParticipationFactory(organization=cicte)
            OrganizationFactory(parent=cicte)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(cicte.get_absolute_url()).status_code == 200
        return len(captured)

    fill(2)
    queries()
    few = queries()
    fill(28)
    assert queries() == few


def test_an_unknown_organization_is_not_found(client):
    assert client.get("/organizations/nowhere/").status_code == 404


# Changing


@pytest.mark.parametrize(
    ("role", "edits", "confirms"),
    [
        ("newcomer", False, False),
        ("outsider", False, False),
        ("editor", False, True),
        ("focal_point", True, True),
        ("state_focal_point", False, False),
        ("expert", False, False),
        ("observer", False, False),
        ("secretariat", True, True),
    ],
)
def test_who_edits_and_who_confirms(people, signed_in, cicte, role, edits, confirms):
    client = signed_in(people[role])
    page = client.get(cicte.get_absolute_url()).content.decode()
    edit, confirm = (reverse(f"organizations:{name}", args=[cicte.slug]) for name in ("edit", "confirm"))
    assert (edit in page) == edits
    assert (confirm in page) == confirms
    assert client.get(edit).status_code == (200 if edits else 403)
    assert client.post(edit, {"description": "Changed.", "mandate_areas": "", "website": ""}).status_code == (
        302 if edits else 403
    )
    assert client.post(confirm).status_code == (302 if confirms else 403)
    assert AuditEntry.objects.count() == edits + confirms


def test_visitors_are_sent_to_sign_in(client, cicte):
    for name in ("edit", "confirm", "people", "sheet_edit", "sheet_publish"):
        response = client.post(reverse(f"organizations:{name}", args=[cicte.slug]))
        assert response.status_code == 302
        assert "/login/" in response["Location"]


def test_editing_confirms_and_keeps_lines_apart(focal_point, signed_in, cicte):
    data = {
        "description": "What it **does**.",
        "mandate_areas": "  Biosafety  \n\nExport   controls\nBiosafety",
        "website": "cicte.example",
        "expected_version": cicte.version,
    }
    signed_in(focal_point).post(reverse("organizations:edit", args=[cicte.slug]), data)
    cicte.refresh_from_db()
    assert cicte.mandate_areas == ["Biosafety", "Export controls"]
    assert cicte.website == "https://cicte.example"
    assert cicte.confirmed_on == timezone.localdate()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"website": "javascript:alert(1)"}, "Give a web address"),
        ({"website": "https://" + "x" * 300 + ".example"}, "Shorten this"),
        ({"description": "x" * 4001}, "Shorten this to 4000"),
        ({"mandate_areas": "x" * 61}, "Shorten"),
        ({"mandate_areas": "\n".join(f"Line {n}" for n in range(21))}, "at most 20 lines"),
    ],
)
def test_a_wrong_entry_comes_back(focal_point, signed_in, cicte, data, sentence):
    data = {"description": "Typed by hand.", "mandate_areas": "", "website": ""} | data
    response = signed_in(focal_point).post(reverse("organizations:edit", args=[cicte.slug]), data)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    cicte.refresh_from_db()
    assert cicte.version == 1


def test_a_description_is_cleaned_where_it_is_shown(focal_point, signed_in, cicte):
    text = "<script>alert(1)</script> **bold** [link](javascript:alert(1)) <img src=x onerror=alert(1)>"
    organization_update(by=focal_point, organization=cicte, values={"description": text})
    page = signed_in(None).get(cicte.get_absolute_url()).content.decode()
    assert "<strong>bold</strong>" in page
    for bad in ("<script>alert", 'href="javascript:', "<img"):
        assert bad not in page


def test_a_stale_edit_shows_both(focal_point, signed_in, cicte):
    client = signed_in(focal_point)
    data = {"description": "Mine.", "mandate_areas": "", "website": "", "expected_version": cicte.version}
    organization_update(by=focal_point, organization=cicte, values={"description": "Theirs."})
    response = client.post(reverse("organizations:edit", args=[cicte.slug]), data)
    text = response.content.decode()
    assert response.status_code == 422
    assert "Theirs." in text
    assert "Mine." in text


def test_name_and_category_are_the_secretariats(focal_point, cicte):
    with pytest.raises(ValidationError):
        organization_update(by=focal_point, organization=cicte, values={"name": "Mine"})


def test_services_ask_the_role_table(outsider, cicte):
    with pytest.raises(NotAllowed):
        organization_update(by=outsider, organization=cicte, values={"description": "x"})
    with pytest.raises(NotAllowed):
        organization_confirm(by=outsider, organization=cicte)


def test_a_suspended_organizations_people_lose_their_rights(focal_point, signed_in, cicte):
    client = signed_in(focal_point)
    Organization.objects.filter(pk=cicte.pk).update(suspended_on="2026-01-01")
    assert client.get(reverse("organizations:edit", args=[cicte.slug])).status_code == 403


@pytest.mark.parametrize(
    ("coverage", "words"),
    [
        ("global", "All States"),
        ("members:OAS", "Members of OAS"),
        ("GRULAC", "Latin American and Caribbean States"),
        ("the Pacific", "the Pacific"),
    ],
)
def test_coverage_is_said_in_words(client, coverage, words):
    organization = OrganizationFactory(coverage=coverage)
    assert words in client.get(organization.get_absolute_url()).content.decode()
