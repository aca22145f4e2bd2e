"""On the pages of offers, States and organizations: who else works on the same."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistance.services.others import others_on_the_same
from tests.factories import OfferFactory, OrganizationFactory

pytestmark = pytest.mark.django_db


def found(who, offer):
    others, total = others_on_the_same(who, offer)
    assert total >= len(others)
    return [(other.offer.title, other.states) for other in others]


def made(title, areas, states, **values):
    return OfferFactory(title=title, areas=areas, coverage="selected", states=states, **values)


def test_others_share_a_state_and_an_area_or_one_inside_the_other(offers, peru, kenya, expert):
    made("In both States", ["BIO.LAB"], [peru, kenya])
    made("In another area", ["BOR.CUS"], [peru])
    made("In a neighbouring area", ["BIO.SEC"], [peru])
    made("In another State", ["BIO.LAB"], [kenya])
    mine = made("Mine", ["BIO.LAB"], [peru, kenya])
    assert found(expert, mine) == [
        ("In both States", 2),
        ("Broad biosafety programme", 1),
        ("Laboratory twinning", 1),
        ("In another State", 1),
    ]
    assert ("Laboratory twinning", 1) not in found(expert, offers["narrow"])


def test_the_own_provider_offers_to_all_and_what_is_not_live_are_left_out(offers, cicte, peru, expert):
    made("Also of CICTE", ["BIO.LAB"], [peru], organization=cicte)
    made("Over", ["BIO.LAB"], [peru], ends_on="2026-01-02")
    made("Suspended", ["BIO.LAB"], [peru], status="suspended")
    made("General", ["CAP"], [peru])
    assert found(expert, offers["broad"]) == [("Laboratory twinning", 1)]
    assert found(expert, offers["global"]) == []


def test_what_the_reader_may_not_read_is_not_among_them(offers, expert, outsider):
    type(offers["narrow"]).objects.filter(pk=offers["narrow"].pk).update(visibility="committee")
    assert found(outsider, offers["broad"]) == []
    assert found(expert, offers["broad"]) == [("Laboratory twinning", 1)]


def test_members_see_them_on_the_page_of_an_offer(offers, outsider, newcomer, signed_in):
    offer = offers["broad"]
    type(offer).objects.all().update(visibility="public")
    page = signed_in(outsider).get(offer.get_absolute_url()).content.decode()
    assert "Others working on the same" in page
    assert "Laboratory twinning" in page
    assert "/coverage/overlaps/?provider=CICTE" in page
    for person in (None, newcomer):
        shown = signed_in(person).get(offer.get_absolute_url()).content.decode()
        assert "Others working on the same" not in shown


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("/states/PER/", "/coverage/states/PER/"),
        ("/states/", "/coverage/"),
        ("/organizations/cicte/", "/coverage/overlaps/?provider=CICTE"),
    ],
)
def test_pages_of_members_lead_there(path, link, offers, outsider, signed_in):
    assert f'href="{link}"' in signed_in(outsider).get(path).content.decode()
    assert f'href="{link}"' not in signed_in(None).get(path).content.decode()
    assert signed_in(outsider).get(link).status_code == 200


def test_the_planning_section_leads_there(expert, signed_in):
    page = signed_in(expert).get("/planning/").content.decode()
    assert 'href="/coverage/"' in page
    assert 'href="/planning/brief/"' in page


def test_as_many_queries_for_many_others_as_for_few(offers, peru, expert, django_assert_num_queries):
    others_on_the_same(expert, offers["broad"])
    with CaptureQueriesContext(connection) as few:
        others_on_the_same(expert, offers["broad"])
    for _number in range(8):
        made("More", ["BIO.LAB"], [peru], organization=OrganizationFactory())
    with django_assert_num_queries(len(few)):
        others_on_the_same(expert, offers["broad"])
