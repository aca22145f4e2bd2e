"""The pages of the vocabulary: what they show, and to whom."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistance.models import MatrixField
from assistance.vocabulary_counts import offers_by_area, requests_by_area
from tests.factories import AreaFactory, AssistanceTypeFactory, OfferFactory, ParagraphFactory, RequestFactory

pytestmark = pytest.mark.django_db


def counts(numbers) -> dict[str, int]:
    from assistance.models import Area

    return {area.code: numbers[area.pk] for area in Area.objects.all()}


def test_a_top_area_counts_what_lies_below_it_once(expert):
    OfferFactory(areas=["BIO.LAB", "BIO.TRN"])
    OfferFactory(areas=["BIO"])
    OfferFactory(areas=["BIO.LAB", "CHE"])
    RequestFactory(needs=[("BIO.LAB", ["TRNG"], "high"), ("BIO.TRN", [], "low")])
    RequestFactory(needs=[("CHE", [], "low")])
    assert counts(offers_by_area(expert)) == {"BIO": 3, "BIO.LAB": 2, "BIO.TRN": 1, "CHE": 1}
    assert counts(requests_by_area(expert)) == {"BIO": 1, "BIO.LAB": 1, "BIO.TRN": 1, "CHE": 1}


def test_only_live_offers_and_open_requests_count(expert):
    OfferFactory(areas=["BIO"], status="suspended")
    OfferFactory(areas=["BIO"], status="draft")
    OfferFactory(areas=["BIO"], ends_on="2020-01-01", starts_on=None)
    OfferFactory(areas=["BIO"], provenance="public_source")
    for status in ("draft", "closed", "withdrawn", "fulfilled"):
        RequestFactory(needs=[("BIO", [], "low")], status=status)
    RequestFactory(needs=[("BIO", [], "low")], provenance="public_source")
    assert counts(offers_by_area(expert)) == {"BIO": 0}
    assert counts(requests_by_area(expert)) == {"BIO": 0}


def test_numbers_and_needs_are_those_that_the_reader_may_read(people, signed_in, peru):
    OfferFactory(areas=["BIO.LAB"], visibility="public")
    OfferFactory(areas=["BIO.LAB"], visibility="network")
    OfferFactory(areas=["BIO.LAB"], visibility="committee")
    needs = [("BIO.LAB", ["TRNG"], "high")]
    RequestFactory(state=peru, needs=needs, title="Canary own")
    RequestFactory(needs=needs, title="Canary circulated", status="circulated")
    RequestFactory(needs=needs, title="Canary other")
    RequestFactory(
        needs=needs,
        title="Canary summary",
        public_summary="Help is asked for.",
        summary_consent_on="2026-01-01",
        summary_published_on="2026-02-01",
    )
    expected = {
        "visitor": (1, set()),
        "newcomer": (1, set()),
        "outsider": (2, {"Canary circulated"}),
        "state_focal_point": (2, {"Canary own"}),
        "expert": (3, {"Canary own", "Canary circulated", "Canary other", "Canary summary"}),
    }
    for role, (offers, titles) in expected.items():
        client = signed_in(people[role])
        assert offers_by_area(people[role]).total() == 2 * offers, role
        page = client.get("/areas/BIO/")
        assert page.context["offer_count"] == offers, role
        seen = {need.request.title for need in page.context["needs"]}
        assert seen == titles, role
        assert page.context["request_count"] == len(titles), role
        for path in ("/areas/", "/areas/BIO/", "/areas/BIO.LAB/"):
            text = client.get(path).content.decode()
            assert ("Open requests" in text or "Open needs" in text) == (role not in {"visitor", "newcomer"}), (
                role,
                path,
            )


def test_the_tree_shows_areas_in_use_with_links_to_the_lists(client):
    OfferFactory(areas=["BIO.LAB"], visibility="public")
    AreaFactory(code="OLD", label="Old words", is_retired=True)
    AreaFactory(code="AWA", label="Awareness", is_cross_cutting=True)
    response = client.get("/areas/")
    page = response.content.decode()
    assert 'href="/offers/?area=BIO.LAB"' in page
    assert 'href="/areas/BIO.LAB/"' in page
    assert "Old words" not in page
    assert [row["area"].code for row in response.context["cross_cutting"]] == ["AWA"]
    assert client.get("/areas/OLD/").status_code == 200, "old records still link to it"
    assert "No longer used" in client.get("/areas/OLD/").content.decode()


def test_an_area_page_tells_what_it_means(client):
    AreaFactory(
        code="BIO.LAB",
        label="Laboratories",
        description="What <b>counts</b>.",
        op_reference="OP3(a)",
        matrix_section="OP3(a)(b) BW",
        weapon_types=["BW"],
    )
    page = client.get("/areas/BIO.LAB/").content.decode()
    for words in (
        "Laboratories",
        "What &lt;b&gt;counts&lt;/b&gt;.",
        "OP3(a)",
        "OP3(a)(b) BW",
        "Biological",
        "Area BIO",
    ):
        assert words in page
    assert "Nobody offers help in this area now" in page
    assert client.get("/areas/NONE/").status_code == 404


def test_unconfirmed_paragraphs_are_shown_to_the_committee_alone(people, signed_in):
    ParagraphFactory(paragraph=20, summary="Confirmed words.")
    ParagraphFactory(paragraph=17, summary="Unconfirmed words.", is_confirmed=False)
    ParagraphFactory(paragraph=30, summary="Retired words.", is_retired=True)
    for role, person in people.items():
        page = signed_in(person).get("/areas/paragraphs/").content.decode()
        assert "Confirmed words." in page
        assert "Retired words." not in page
        is_committee = role in {"expert", "observer", "secretariat"}
        assert ("Unconfirmed words." in page) == is_committee, role
        assert ("Not confirmed" in page) == is_committee, role


def test_types_are_listed_by_family_and_matrix_fields_by_section(client):
    AssistanceTypeFactory(code="TRNG", label="Course", family="training")
    AssistanceTypeFactory(code="EQPT", label="Detectors", family="equipment")
    AssistanceTypeFactory(code="OLDT", label="Old form", is_retired=True)
    page = client.get("/areas/types/").content.decode()
    assert page.index("Equipment") < page.index("Detectors") < page.index("Training") < page.index("Course")
    assert "Old form" not in page
    OfferFactory(types=["TRNG", "EQPT"], visibility="public")
    OfferFactory(types=["TRNG"], visibility="network")
    OfferFactory(types=["TRNG"], visibility="public", status="completed")
    page = client.get("/areas/types/")
    assert [(row["type"].code, row["offers"]) for _family, rows in page.context["families"] for row in rows] == [
        ("EQPT", 1),
        ("TRNG", 1),
    ]
    assert 'href="/offers/?type=TRNG"' in page.content.decode()
    for number, label in ((1, "First row"), (2, "Second row")):
        MatrixField.objects.create(
            section="OP2", op_reference="OP2", row_number=number, label=label, weapon_types=["NW"]
        )
    page = client.get("/areas/matrix/").content.decode()
    assert page.index("OP2") < page.index("First row") < page.index("Second row")
    assert "Nuclear" in page


def test_empty_vocabularies_say_so(client):
    for path in ("/areas/", "/areas/types/", "/areas/paragraphs/", "/areas/matrix/"):
        response = client.get(path)
        assert response.status_code == 200
        assert "listed yet" in response.content.decode()


@pytest.mark.parametrize("path", ["/areas/", "/areas/BIO/"])
def test_the_pages_ask_the_database_as_often_for_much_as_for_little(signed_in, expert, path):
    client = signed_in(expert)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(path).status_code == 200
        return len(found)

    def add(number):
        for _place in range(number):
            OfferFactory(areas=["BIO.LAB", "BIO.TRN"])
            RequestFactory(needs=[("BIO.LAB", ["TRNG"], "high")])

    add(2)
    queries()
    few = queries()
    add(8)
    AreaFactory(code="CHE.LAB")
    assert queries() == few
