"""The pages of overlaps and gaps: what they count for whom, their lists and files."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistance.services.supply_and_need import supply_and_need
from tests.factories import AreaFactory, OfferFactory, OrganizationFactory, RequestFactory, StateFactory

pytestmark = pytest.mark.django_db
PAGES = (
    "/coverage/",
    "/coverage/needs/",
    "/coverage/offers/",
    "/coverage/overlaps/",
    "/coverage/states/PER/",
    "/coverage/table.csv",
    "/coverage/overlaps.csv",
)


def text(response):
    assert response.status_code == 200, response.content[:300]
    return response.content.decode()


def table(response):
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("path", PAGES)
def test_every_member_opens_it_and_nobody_else(path, offers, people, signed_in):
    for role, person in people.items():
        status = signed_in(person).get(path).status_code
        expected = {"visitor": 302, "newcomer": 403}.get(role, 200)
        assert status == expected, role


def test_the_table_tells_needs_gaps_and_supply_apart(requests, expert, signed_in):
    page = text(signed_in(expert).get("/coverage/"))
    said = "Area BIO, Latin American and Caribbean States: 1 open need, 0 of them out of reach, 0 without an offer "
    assert f"{said}made for them; 2 offers made for it, 1 open to all States; overlaps in 1 State" in page
    assert "Area BOR, African States: 1 open need, 1 of them out of reach" in page
    assert "Peru: 1 need out of reach" in page
    assert "Peru: 2 programmes overlap" in text(signed_in(expert).get("/coverage/?states=overlaps"))


def test_a_field_leads_to_the_needs_and_offers_that_it_counts(requests, expert, signed_in):
    client = signed_in(expert)
    assert 'href="/coverage/needs/?region=group%3AAfrican&amp;area=BOR"' in text(client.get("/coverage/"))
    needs = text(client.get("/coverage/needs/?region=group:African&area=BOR"))
    assert "Customs of Kenya" in needs
    assert "No live offer" in needs
    assert "Held request" not in needs
    offers = text(client.get("/coverage/offers/?region=group:GRULAC&area=BIO&reach=made"))
    assert "Broad biosafety programme" in offers
    assert "Laboratory twinning" in offers
    assert "Help for everyone" not in offers


@pytest.mark.parametrize(("by", "field"), [("group", "group:GRULAC"), ("subregion", "subregion:South America")])
def test_the_lists_hold_as_many_records_as_the_field_counts(by, field, requests, expert):
    counted = supply_and_need(expert)
    cells = counted.heat(by, ["BIO"])
    for scope in counted.rows(["BIO"]):
        made, everyone = counted.coverage.offers_in(counted.region(field).states, counted.codes_of(scope))
        assert (cells[scope, field].made, cells[scope, field].everyone) == (len(made), len(everyone))
        inside = [demand for demand in counted.demands_of(field) if demand.area in counted.codes_of(scope)]
        assert cells[scope, field].needs == len(inside)


def test_an_opened_area_shows_its_parts_and_what_is_general_to_it(requests, expert, signed_in):
    page = text(signed_in(expert).get("/coverage/?area=BIO"))
    assert "Area BIO, in general" in page
    assert "Area BIO.LAB" in page
    general = text(signed_in(expert).get("/coverage/offers/?area=BIO-only"))
    assert "Broad biosafety programme" in general
    assert "Laboratory twinning" not in general


def test_what_is_not_theirs_is_not_counted_for_members(requests, outsider, signed_in):
    client = signed_in(outsider)
    page = text(client.get("/coverage/"))
    assert "those circulated to providers" in page
    assert "Peru: 0 needs out of reach" in page
    assert "Held request" not in text(client.get("/coverage/needs/"))
    assert "Customs of Kenya" in text(client.get("/coverage/needs/"))
    assert "Held request" not in text(client.get("/coverage/states/PER/"))


def test_an_offer_for_the_committee_is_counted_for_the_committee_alone(offers, expert, outsider):
    offer = offers["narrow"]
    offer.visibility = "committee"
    offer.save()
    assert supply_and_need(expert).coverage.overlapping_programmes()["PER"] == 2
    assert supply_and_need(outsider).coverage.overlapping_programmes()["PER"] == 0


def test_drafts_history_and_ended_offers_are_counted_for_nobody(offers, cicte, peru, editor):
    more = {"organization": cicte, "areas": ["BIO.LAB"]}
    OfferFactory(status="draft", published_at=None, **more)
    OfferFactory(provenance="public_source", **more)
    OfferFactory(ends_on="2026-01-02", **more)
    OfferFactory(status="suspended", **more)
    assert len(supply_and_need(editor).coverage.supplies) == len(offers)


def test_overlaps_are_listed_with_who_they_are(requests, expert, signed_in):
    client = signed_in(expert)
    page = text(client.get("/coverage/overlaps/"))
    assert "1 overlap" in page
    assert "CICTE, WHO" in page
    assert "VERTIC" not in page.split("<tbody>")[1]
    assert "No programmes overlap here" in text(client.get("/coverage/overlaps/?region=group:African"))
    assert "No programmes overlap here" in text(client.get("/coverage/overlaps/?provider=VERTIC"))
    assert "CICTE, WHO" in text(client.get("/coverage/overlaps/?provider=CICTE&area=BIO&state=PER"))


def test_a_state_that_offers_is_named(offers, kenya, peru, expert, signed_in):
    OfferFactory(state=kenya, areas=["BIO.LAB"], coverage="selected", states=[peru])
    page = text(signed_in(expert).get("/coverage/overlaps/?provider=KEN"))
    assert "CICTE, Kenya, WHO" in page


def test_overlaps_are_sorted_by_any_column(requests, cicte, expert, signed_in):
    chile = StateFactory(name_en="Aland example")
    for organization in (cicte, OrganizationFactory(), OrganizationFactory()):
        OfferFactory(organization=organization, areas=["BOR.CUS"], coverage="selected", states=[chile])
    client = signed_in(expert)

    def first(sort):
        return text(client.get(f"/coverage/overlaps/?sort={sort}")).split("<tbody>")[1].split("</tr>")[0]

    assert "Peru" in first("providers")
    assert "Aland example" in first("-providers")
    assert "Aland example" in first("state")
    assert "Area BIO.LAB" in first("area")
    assert "Peru" in first("-everyone")
    refused = text(client.get("/coverage/overlaps/?sort=nothing"))
    assert "cannot be sorted by “nothing”" in refused


def test_the_page_of_a_state_shows_the_programmes_that_meet_and_its_gaps(requests, expert, signed_in):
    page = text(signed_in(expert).get("/coverage/states/PER/"))
    for words in ("Broad biosafety programme", "Laboratory twinning", "Help for everyone", "Held request"):
        assert words in page
    assert "Laboratories of Peru" not in page
    assert signed_in(expert).get("/coverage/states/XXX/").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["?by=continent", "?show=everything", "?colour=red", "?area=NONE", "?states=x"],
)
def test_the_table_says_what_it_does_not_know(query, offers, expert, signed_in):
    page = text(signed_in(expert).get(f"/coverage/{query}"))
    assert "error-summary" in page


@pytest.mark.parametrize("path", ["/coverage/needs/", "/coverage/offers/", "/coverage/overlaps/"])
@pytest.mark.parametrize("query", ["?region=Atlantis", "?area=NONE", "?colour=red", "?sort=colour", "?state=XXX"])
def test_a_list_says_what_it_does_not_know_and_shows_nothing(path, query, requests, expert, signed_in):
    page = text(signed_in(expert).get(path + query))
    assert "error-summary" in page
    assert "<tbody>" not in page or query == "?sort=colour"


def test_an_empty_network_teaches_instead_of_showing_nothing(expert, signed_in):
    client = signed_in(expert)
    assert "Nothing to show for any State" in text(client.get("/coverage/"))
    assert "No open need" in text(client.get("/coverage/needs/"))
    assert "No live offer" in text(client.get("/coverage/offers/"))
    assert "No programmes overlap" in text(client.get("/coverage/overlaps/"))


def test_the_table_comes_as_csv_with_every_area_and_both_groupings(requests, expert, signed_in):
    response = signed_in(expert).get("/coverage/table.csv")
    assert response["Content-Disposition"] == 'attachment; filename="needs-and-offers.csv"'
    rows = table(response)
    lab = next(row for row in rows if row["Region"] == "South America" and row["Area code"] == "BIO.LAB")
    assert lab["Grouping"] == "M49 subregions"
    assert lab["Open needs"] == "1"
    assert lab["Needs out of reach"] == "0"
    assert lab["Live offers made for the region"] == "1"
    assert lab["Live offers open to all States"] == "1"
    assert lab["States where programmes overlap"] == "1"
    assert {row["Region"] for row in rows if row["Area code"] == "BOR"} >= {"African States", "Eastern Africa"}


def test_overlaps_come_as_csv_that_no_spreadsheet_computes(offers, peru, expert, signed_in):
    OfferFactory(
        organization=OrganizationFactory(acronym="=1+1"), areas=["BOR.CUS"], coverage="selected", states=[peru]
    )
    OfferFactory(organization=OrganizationFactory(acronym="Z"), areas=["BOR.CUS"], coverage="selected", states=[peru])
    rows = table(signed_in(expert).get("/coverage/overlaps.csv?area=BOR"))
    assert [row["Who they are"] for row in rows] == ["'=1+1; Z"]
    assert [row["Free places"] for row in rows] == [""]
    assert signed_in(expert).get("/coverage/overlaps.csv?area=NONE").status_code == 400


def test_a_request_of_an_organization_over_several_regions_has_its_own_column(requests, peru, kenya, expert, signed_in):
    body = OrganizationFactory(acronym="BOTH")
    for state in (peru, kenya):
        body.memberships.create(state=state, iso3=state.iso3)
    RequestFactory(organization=body, state=None, status="circulated", title="Over two regions")
    client = signed_in(expert)
    assert "Several regions" in text(client.get("/coverage/")).split("<thead>")[1].split("</thead>")[0]
    assert "Over two regions" in text(client.get("/coverage/needs/?region=group:several"))


def grow(peru, kenya, number):
    for place in range(number):
        organization = OrganizationFactory()
        AreaFactory(code="BIO.SEC")
        OfferFactory(organization=organization, areas=["BIO.SEC"], coverage="selected", states=[peru, kenya])
        RequestFactory(state=kenya, status="circulated", needs=[("BIO.SEC", ["TRNG"], "high")], title=f"R{place}")


@pytest.mark.parametrize("path", PAGES)
def test_as_many_queries_for_many_records_as_for_few(
    path, requests, peru, kenya, expert, signed_in, django_assert_num_queries
):
    grow(peru, kenya, 2)
    client = signed_in(expert)
    client.get(path)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    grow(peru, kenya, 8)
    with django_assert_num_queries(len(few)):
        client.get(path)
