"""The States: how many offers are open to each, and the page of each."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistance.coverage import open_to_state_q
from assistance.models import Offer
from organizations.models import State
from organizations.views.neighbours import offers_open_counts
from tests.factories import (
    ContactFactory,
    MembershipFactory,
    OfferFactory,
    OrganizationFactory,
    ParticipationFactory,
    RequestFactory,
    StateFactory,
)

pytestmark = pytest.mark.django_db


def test_each_state_counts_the_live_offers_open_to_it(signed_in, peru):
    fiji = StateFactory(regional_group="Asia-Pacific")
    oas = OrganizationFactory(acronym="OAS")
    MembershipFactory(organization=oas, state=peru)
    MembershipFactory(organization=oas, state=fiji, status="former")
    everything = {"visibility": "public", "coverage": "selected"}
    OfferFactory(visibility="public")
    OfferFactory(**everything, regional_groups=["GRULAC"], members_of=[oas], states=[peru])
    OfferFactory(**everything, states=[fiji])
    OfferFactory(**everything, members_of=[oas])
    OfferFactory(visibility="network")
    OfferFactory(visibility="public", status="suspended")
    OfferFactory(visibility="public", ends_on="2020-01-01", starts_on=None)
    OfferFactory(visibility="public", provenance="public_source")
    counts = offers_open_counts(None)
    assert (counts["PER"], counts[fiji.iso3]) == (3, 2)


@pytest.mark.parametrize("role", ["visitor", "editor", "expert"])
def test_tiles_and_pages_count_the_same(people, signed_in, peru, role):
    group = OrganizationFactory()
    states = [peru, StateFactory(regional_group="African"), StateFactory(regional_group="none")]
    for state in states[:2]:
        MembershipFactory(organization=group, state=state)
    for visibility in ("public", "network", "committee"):
        OfferFactory(visibility=visibility)
        OfferFactory(visibility=visibility, coverage="selected", regional_groups=["African"])
        OfferFactory(visibility=visibility, coverage="selected", members_of=[group], states=[states[2]])
    user = people[role]
    counts = offers_open_counts(user)
    for state in states:
        listed = Offer.objects.visible_to(user).live().filter(open_to_state_q(state)).count()
        assert counts[state.iso3] == listed
        response = signed_in(user).get(state.get_absolute_url())
        assert response.context["offers_total"] == listed


def test_the_grid_names_every_state_once_with_its_number(client, peru):
    StateFactory(name_en="Zamunda", regional_group="African")
    OfferFactory(visibility="public")
    response = client.get("/states/")
    text = response.content.decode()
    assert text.index("African States") < text.index("Latin American and Caribbean States")
    assert "Peru: 1 offer open" in text
    assert 'href="/states/PER/"' in text
    assert response.context["total"] == State.objects.count()


def test_the_grid_needs_the_same_queries_for_two_and_for_thirty_offers(signed_in, editor, peru):
    client = signed_in(editor)

    def fill(count):
        for _row in range(count):
            organization = OrganizationFactory()
            MembershipFactory(organization=organization, state=StateFactory())
            OfferFactory(coverage="selected", members_of=[organization], states=[peru], regional_groups=["WEOG"])

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/states/").status_code == 200
        return len(captured)

    fill(2)
    queries()
    few = queries()
    fill(28)
    assert queries() == few


def test_a_page_shows_what_its_reader_may_read(signed_in, peru, outsider, state_focal_point, expert):
    OfferFactory(title="Network offer", visibility="network")
    RequestFactory(state=peru, title="Draft request", status="draft")
    RequestFactory(state=peru, title="Submitted request")
    RequestFactory(state=peru, title="Circulated request", status="circulated")
    RequestFactory(
        state=peru,
        title="Summarized request",
        status="authenticated",
        public_summary="In short.",
        summary_consent_on=timezone.localdate(),
        summary_published_on=timezone.localdate(),
    )
    ContactFactory(state=peru, name="Network contact")
    ParticipationFactory(state=peru, meeting__title="Public meeting")
    titles = {
        "Network offer",
        "Draft request",
        "Submitted request",
        "Circulated request",
        "Summarized request",
        "Network contact",
        "Public meeting",
    }

    def shown(user):
        text = signed_in(user).get(peru.get_absolute_url()).content.decode()
        return {title for title in titles if title in text}

    assert shown(None) == {"Summarized request", "Public meeting"}
    assert shown(outsider) == titles - {"Draft request", "Submitted request"}
    assert shown(expert) == titles - {"Draft request"}
    assert shown(state_focal_point) == titles


def test_readers_of_a_summary_are_not_told_where_the_procedure_stands(signed_in, peru, expert):
    RequestFactory(
        state=peru,
        status="referred",
        status_before_referral="authenticated",
        public_summary="In short.",
        summary_consent_on=timezone.localdate(),
        summary_published_on=timezone.localdate(),
    )
    assert "Referred" not in signed_in(None).get(peru.get_absolute_url()).content.decode()
    assert "Referred" in signed_in(expert).get(peru.get_absolute_url()).content.decode()


@pytest.mark.parametrize("role", ["visitor", "state_focal_point", "expert"])
def test_a_page_needs_the_same_queries_whatever_hangs_on_it(people, signed_in, peru, role):
    client = signed_in(people[role])

    def fill(count):
        for _row in range(count):
            OfferFactory(visibility="public")
            OfferFactory(state=peru, visibility="public")
            RequestFactory(state=peru, provenance="public_source")
            ContactFactory(state=peru, visibility="public")
            ParticipationFactory(state=peru)
            MembershipFactory(state=peru)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(peru.get_absolute_url()).status_code == 200
        return len(captured)

    fill(2)
    queries()
    few = queries()
    fill(28)
    assert queries() == few


def test_a_nul_in_the_address_is_a_bad_request(signed_in, outsider):
    client = signed_in(outsider)
    for address in ("/states/%00/", "/search/?q=%00", "/affiliations/request/?state=%00", "/organizations/?q=a%00"):
        response = client.get(address)
        assert response.status_code == 400, address
        assert response.has_header("Content-Security-Policy")


@pytest.mark.parametrize("code", ["XXX", "per", "<b>", "' OR 1=1"])
def test_an_unknown_code_is_not_found(client, peru, code):
    assert client.get(f"/states/{code}/").status_code == 404
