"""My desk: what waits for each role."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assistance.models import AssistanceRequest, RequestStep
from tests.factories import (
    ActionItemFactory,
    AffiliationFactory,
    ContactFactory,
    MatchFactory,
    MeetingFactory,
    OfferFactory,
    OrganizationFactory,
    RequestFactory,
    StateFactory,
)

pytestmark = pytest.mark.django_db

DESK = "/dashboard/"
TODAY = timezone.localdate


def desk(client):
    """The parts of the desk by key."""
    response = client.get(DESK)
    assert response.status_code == 200
    return {part.key: part for part in response.context["parts"]}


def labels(part):
    return " | ".join(str(task["label"]) for task in part.tasks)


def proposed(**options):
    return MatchFactory(status="proposed", proposed_at=timezone.now(), **options)


@pytest.mark.parametrize(
    ("role", "keys"),
    [
        ("newcomer", ["newcomer", "meetings"]),
        ("editor", ["proposals", "true", "offers", "meetings"]),
        ("focal_point", ["proposals", "true", "offers", "keys", "meetings"]),
        ("state_focal_point", ["proposals", "requests", "state-true", "meetings"]),
        ("expert", ["incoming", "overdue", "matches", "brief", "meetings"]),
        ("observer", ["new-requests", "new-offers", "meetings"]),
        ("secretariat", ["network", "new-requests", "new-offers", "meetings"]),
    ],
)
def test_each_role_has_its_desk(people, signed_in, role, keys):
    assert list(desk(signed_in(people[role]))) == keys


def test_visitors_sign_in_first(client):
    assert client.get(DESK).status_code == 302


def test_a_newcomer_learns_how_to_belong(signed_in, newcomer, cicte):
    client = signed_in(newcomer)
    assert desk(client)["newcomer"].more[1] == reverse("organizations:affiliation_request")
    AffiliationFactory(user=newcomer, organization=cicte, status="requested")
    assert desk(client)["newcomer"].links[0][0] == cicte.name


def test_parties_find_their_proposals_and_nobody_else(people, signed_in, cicte, peru):
    match = proposed(offer=OfferFactory(organization=cicte), request=RequestFactory(state=peru))
    MatchFactory(offer=OfferFactory(organization=cicte), request=RequestFactory(state=peru))
    for role in ("focal_point", "state_focal_point"):
        part = desk(signed_in(people[role]))["proposals"]
        assert [task["url"] for task in part.tasks] == [match.get_absolute_url()]
        assert "Answer the proposal" in labels(part)
    assert "which your focal point answers" in labels(desk(signed_in(people["editor"]))["proposals"])
    assert desk(signed_in(people["outsider"]))["proposals"].tasks == []


def test_an_answered_proposal_waits_no_more(signed_in, focal_point, cicte):
    match = proposed(offer=OfferFactory(organization=cicte))
    match.answers.create(side="provider", answer="accepted", answered_by_label="x")
    assert desk(signed_in(focal_point))["proposals"].tasks == []


def test_staff_see_drafts_and_what_to_confirm(signed_in, editor, cicte):
    OfferFactory(organization=cicte, status="draft", title="Half done")
    OfferFactory(organization=cicte, title="Stale", confirmed_on=TODAY() - timedelta(days=200))
    OfferFactory(organization=cicte, title="Fresh", confirmed_on=TODAY())
    OfferFactory(organization=cicte, title="New and unconfirmed")
    OfferFactory(title="Of others", confirmed_on=TODAY() - timedelta(days=200))
    parts = desk(signed_in(editor))
    numbers = {str(row[0]): row[1] for row in parts["offers"].figures}
    assert (numbers["Draft"], numbers["Ongoing"]) == (1, 3)
    assert "Half done" in labels(parts["offers"])
    assert "Stale" in labels(parts["true"])
    for other in ("Fresh", "New and unconfirmed", "Of others"):
        assert other not in labels(parts["true"])
    assert "Write the information sheet of CICTE" in labels(parts["true"])


def test_the_figures_lead_to_the_list_they_count(signed_in, editor, cicte):
    OfferFactory(organization=cicte, status="draft")
    client = signed_in(editor)
    address = next(row[2] for row in desk(client)["offers"].figures if str(row[0]) == "Draft")
    assert client.get(address).context["page"].paginator.count == 1


def test_a_focal_point_is_asked_for_a_contact_and_to_verify_stale_ones(signed_in, focal_point, editor, cicte):
    client = signed_in(focal_point)
    assert "Name the 1540 point of contact" in labels(desk(client)["true"])
    assert "Name the 1540 point of contact" not in labels(desk(signed_in(editor))["true"])
    ContactFactory(
        organization=cicte,
        name="Old Desk",
        valid_from=TODAY() - timedelta(days=900),
        verified_on=TODAY() - timedelta(days=200),
    )
    assert "Verify the contact Old Desk" in labels(desk(client)["true"])
    assert "Name the 1540 point of contact" not in labels(desk(client)["true"])


def test_whoever_decides_finds_who_asks(people, signed_in, cicte):
    row = AffiliationFactory(organization=cicte, status="requested", user__name="Example Asker")
    for role in ("focal_point", "secretariat"):
        part = desk(signed_in(people[role]))["people"]
        assert "Example Asker" in labels(part)
        assert part.tasks[0]["url"] == reverse("organizations:people", args=[cicte.slug])
    for role in ("editor", "outsider", "expert", "observer"):
        assert "people" not in desk(signed_in(people[role]))
    assert "people" not in desk(signed_in(row.user))


def test_a_state_sees_where_its_requests_stand(signed_in, state_focal_point, peru):
    RequestFactory(state=peru, title="Own draft", status="draft", received_on=None)
    RequestFactory(state=peru, title="Own submitted")
    RequestFactory(state=peru, title="Own ended", status="closed")
    RequestFactory(title="Of others")
    part = desk(signed_in(state_focal_point))["requests"]
    assert labels(part) == "Own submitted | Own draft" or labels(part) == "Own draft | Own submitted"
    abouts = {task["label"]: str(task["about"]) for task in part.tasks}
    assert "Authenticate the request" in abouts["Own submitted"]
    assert "Submit the request" in abouts["Own draft"]


def test_an_expert_sees_what_came_in_what_is_late_and_the_best_suggestions(signed_in, expert):
    RequestFactory(title="Just in")
    RequestFactory(title="A draft", status="draft")
    late = RequestFactory(title="Late one", status="authenticated")
    RequestStep.objects.create(request=late, kind="authenticated", done_on=TODAY() - timedelta(days=20))
    RequestStep.objects.create(request=late, kind="circulated", due_on=TODAY() - timedelta(days=10))
    for score in (50, 90, 70):
        MatchFactory(score=score, offer=OfferFactory(title=f"Scores {score}"))
    MatchFactory(status="shortlisted")
    parts = desk(signed_in(expert))
    assert "Just in" in labels(parts["incoming"])
    assert "A draft" not in labels(parts["incoming"])
    assert labels(parts["overdue"]) == "Late one"
    assert parts["overdue"].tasks[0]["due"] == TODAY() - timedelta(days=10)
    assert [row[1] for row in parts["matches"].figures] == [3, 1, 0]
    assert labels(parts["matches"]).index("Scores 90") < labels(parts["matches"]).index("Scores 70")


def test_the_secretariat_sees_who_named_no_contact_and_what_is_stale(signed_in, secretariat):
    OrganizationFactory(acronym="AAA")
    ContactFactory(
        organization=OrganizationFactory(acronym="BBB"),
        verified_on=TODAY() - timedelta(days=400),
        valid_from=TODAY() - timedelta(days=500),
    )
    part = desk(signed_in(secretariat))["network"]
    assert [row[1] for row in part.figures] == [1, 1]
    assert "AAA" in labels(part)
    client = signed_in(secretariat)
    assert client.get(part.figures[0][2]).context["page"].paginator.count == 1
    assert client.get(part.figures[1][2]).context["page"].paginator.count == 1


def test_action_items_and_meetings_are_shown(signed_in, editor, cicte, outsider):
    soon = TODAY() + timedelta(days=20)
    meeting = MeetingFactory(title="Soon", starts_on=soon, ends_on=soon)
    MeetingFactory(title="Secret", visibility="committee", starts_on=soon, ends_on=soon)
    ActionItemFactory(organization=cicte, meeting=meeting, what="Send the list", due_on=soon)
    ActionItemFactory(meeting=meeting, what="Not yours")
    parts = desk(signed_in(editor))
    assert labels(parts["actions"]) == "Send the list"
    assert [str(link[0]) for link in parts["meetings"].links] == ["Soon"]
    assert "actions" not in desk(signed_in(outsider))


def test_nothing_of_others_leaks_onto_a_desk(signed_in, outsider, cicte, peru):
    canaries = {
        "draft offer": OfferFactory(organization=cicte, status="draft", title="Canary draft offer"),
        "request": RequestFactory(state=peru, title="Canary request"),
        "contact": ContactFactory(organization=cicte, name="Canary contact", verified_on="2020-01-01"),
        "match": proposed(offer=OfferFactory(organization=cicte, title="Canary match", visibility="committee")),
        "person": AffiliationFactory(organization=cicte, status="requested", user__name="Canary person"),
    }
    assert canaries
    assert "Canary" not in signed_in(outsider).get(DESK).content.decode()


@pytest.mark.parametrize(
    "role", ["newcomer", "editor", "focal_point", "state_focal_point", "expert", "observer", "secretariat"]
)
def test_a_desk_needs_the_same_queries_for_two_and_for_thirty(people, signed_in, cicte, peru, role):
    client = signed_in(people[role])

    def fill(count):
        old = TODAY() - timedelta(days=500)
        for _row in range(count):
            OfferFactory(organization=cicte, confirmed_on=old)
            OfferFactory(organization=cicte, status="draft")
            proposed(offer=OfferFactory(organization=cicte), request=RequestFactory(state=peru, status="circulated"))
            MatchFactory()
            late = RequestFactory(state=peru, status=AssistanceRequest.Status.AUTHENTICATED)
            RequestStep.objects.create(request=late, kind="circulated", due_on=old)
            RequestFactory()
            AffiliationFactory(organization=cicte, status="requested")
            AffiliationFactory(state=peru, status="requested")
            AffiliationFactory(user=people["newcomer"], status="requested")
            ContactFactory(organization=cicte, verified_on=old, valid_from=old)
            ContactFactory(state=peru, verified_on=old, valid_from=old)
            ContactFactory(state=StateFactory(), verified_on=old, valid_from=old)
            ActionItemFactory(organization=cicte, meeting=MeetingFactory())
            OrganizationFactory()

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(DESK).status_code == 200
        return len(captured)

    fill(2)
    queries()
    few = queries()
    fill(10)
    assert queries() == few
    assert few < 40
