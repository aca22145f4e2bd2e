"""Deciding and answering matches."""

import threading

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from assistance.lifecycles.matches import MATCH_LIFE_CYCLE
from assistance.models import Match, MatchingRun
from assistance.services import matches as services
from assistance.services.matches import (
    AlreadyDecided,
    match_answer,
    match_dismiss,
    match_propose,
    match_reopen,
    match_shortlist,
    sides_of,
)
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.access.roles import Role
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.notices.models import Notice
from cooperation_portal.notices.sending import send_pending
from cooperation_portal.records.lifecycle import IllegalTransition
from organizations.models import User
from tests.conftest import holder
from tests.factories import AffiliationFactory, MatchFactory, OfferFactory, OrganizationFactory, RequestFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def match(cicte, peru):
    return MatchFactory(
        request=RequestFactory(state=peru, status="circulated"), offer=OfferFactory(organization=cicte, capacity=2)
    )


@pytest.fixture
def proposed(match, expert, focal_point, state_focal_point):
    return match_propose(by=expert, match=match)


LEGAL = {(row.action, status) for row in MATCH_LIFE_CYCLE.transitions for status in row.sources}


@pytest.mark.parametrize("status", Match.Status.values)
@pytest.mark.parametrize("action", sorted({row.action for row in MATCH_LIFE_CYCLE.transitions}))
def test_only_listed_transitions_happen(match, action, status):
    match.status = status
    if (action, status) in LEGAL:
        MATCH_LIFE_CYCLE.move(match, action)
        assert match.status != status
    else:
        with pytest.raises(IllegalTransition):
            MATCH_LIFE_CYCLE.move(match, action)
        assert match.status == status


def test_expert_shortlists_then_proposes_and_both_parties_get_mail(match, expert, focal_point, state_focal_point):
    match_shortlist(by=expert, match=match)
    match = match_propose(by=expert, match=match)
    assert match.status == "proposed"
    send_pending()
    assert {message.to[0] for message in mail.outbox} == {focal_point.email, state_focal_point.email}
    assert all(match.get_absolute_url() in message.body for message in mail.outbox)


def test_parties_see_the_match_only_once_it_is_proposed(match, expert, people):
    def readers():
        return {name for name, user in people.items() if Match.objects.visible_to(user).exists()}

    committee = {"expert", "observer", "secretariat"}
    assert readers() == committee
    match_shortlist(by=expert, match=match)
    assert readers() == committee
    match_propose(by=expert, match=match)
    assert readers() == committee | {"editor", "focal_point", "state_focal_point"}


@pytest.mark.parametrize(
    "role", ["visitor", "newcomer", "outsider", "editor", "focal_point", "observer", "secretariat"]
)
@pytest.mark.parametrize("decide", [match_shortlist, match_propose])
def test_nobody_but_an_expert_decides(match, people, role, decide):
    with pytest.raises(NotAllowed):
        decide(by=people[role], match=match)
    match.refresh_from_db()
    assert match.status == "suggested"


def test_expert_cannot_decide_own_organizations_match(match, expert, cicte):
    AffiliationFactory(user=expert, organization=cicte, role=Role.EDITOR)
    with pytest.raises(NotAllowed):
        match_propose(by=User.objects.get(pk=expert.pk), match=match)


def test_dismissing_needs_a_reason(match, expert):
    with pytest.raises(ValidationError) as caught:
        match_dismiss(by=expert, match=match, reason="  ")
    assert "reason" in caught.value.message_dict
    dismissed = match_dismiss(by=expert, match=match, reason="Same course runs already.")
    assert (dismissed.status, dismissed.decision_reason) == ("dismissed", "Same course runs already.")


@pytest.mark.parametrize("status", ["submitted", "clarification", "referred", "withdrawn", "closed"])
def test_nothing_is_proposed_while_the_request_is_not_authentic_or_held(match, expert, status):
    match.request.status = status
    match.request.save()
    with pytest.raises(IllegalTransition, match="not authenticated, or is held"):
        match_propose(by=expert, match=match)


def test_nothing_is_proposed_of_an_offer_that_is_no_longer_live(match, expert):
    match.offer.status = "suspended"
    match.offer.save()
    with pytest.raises(IllegalTransition, match="no longer live"):
        match_propose(by=expert, match=match)


def test_second_expert_is_told_who_decided_first(match, expert):
    other = holder(Role.EXPERT, organization=OrganizationFactory(acronym="1540 GoE"))
    seen = match.version
    match_dismiss(by=expert, match=match, reason="Overlaps.", expected_version=seen)
    with pytest.raises(AlreadyDecided, match=expert.name):
        match_propose(by=other, match=match, expected_version=seen)


def test_both_accept_and_the_match_is_agreed_and_takes_a_place(proposed, focal_point, state_focal_point):
    half = match_answer(by=focal_point, match=proposed, accept=True)
    assert half.status == "proposed"
    agreed = match_answer(by=state_focal_point, match=half, accept=True)
    assert agreed.status == "agreed"
    agreed.offer.refresh_from_db()
    assert agreed.offer.capacity == 1
    assert agreed.request.steps.get(kind="offer_received").done_on == timezone.localdate()
    assert MatchingRun.objects.filter(offer=agreed.offer, status="queued").exists()
    actions = set(AuditEntry.objects.about(agreed).values_list("action", flat=True))
    assert {"match.proposed", "match.accepted", "match.agreed"} <= actions


def test_one_decline_ends_the_proposal_and_everybody_is_told_why(proposed, focal_point, state_focal_point, expert):
    declined = match_answer(by=focal_point, match=proposed, accept=False, reason="No trainers before 2028.")
    assert declined.status == "declined"
    told = Notice.objects.filter(action="match.declined")
    assert {notice.user for notice in told} == {focal_point, state_focal_point, expert}
    assert all(notice.params["reason"] == "No trainers before 2028." for notice in told)
    with pytest.raises(ValidationError, match="no longer open"):
        match_answer(by=state_focal_point, match=declined, accept=True)


def test_declining_needs_a_reason(proposed, focal_point):
    with pytest.raises(ValidationError) as caught:
        match_answer(by=focal_point, match=proposed, accept=False)
    assert "reason" in caught.value.message_dict
    assert not proposed.answers.exists()


def test_a_side_answers_once(proposed, focal_point):
    match_answer(by=focal_point, match=proposed, accept=True)
    with pytest.raises(ValidationError, match="already answered"):
        match_answer(by=focal_point, match=proposed, accept=True)


def test_the_last_place_is_given_once(cicte, peru, expert, focal_point, state_focal_point):
    offer = OfferFactory(organization=cicte, capacity=1)
    first, second = (
        match_propose(
            by=expert, match=MatchFactory(request=RequestFactory(state=peru, status="circulated"), offer=offer)
        )
        for _ in range(2)
    )
    for user in (focal_point, state_focal_point):
        match_answer(by=user, match=first, accept=True)
    match_answer(by=focal_point, match=second, accept=True)
    with pytest.raises(ValidationError, match="last place"):
        match_answer(by=state_focal_point, match=second, accept=True)
    second.refresh_from_db()
    assert second.status == "proposed"
    assert second.answers.count() == 1


@pytest.mark.parametrize("role", ["visitor", "newcomer", "outsider", "editor", "expert", "observer", "secretariat"])
def test_only_focal_points_of_the_parties_answer(proposed, people, role):
    with pytest.raises(NotAllowed):
        match_answer(by=people[role], match=proposed, accept=True)


def test_each_party_speaks_for_its_own_side(proposed, focal_point, state_focal_point):
    assert sides_of(focal_point, proposed) == ["provider"]
    assert sides_of(state_focal_point, proposed) == ["requester"]
    with pytest.raises(NotAllowed):
        match_answer(by=focal_point, match=proposed, accept=True, side="requester")


def test_reopening_clears_the_answers_and_hides_the_match_again(proposed, expert, focal_point):
    declined = match_answer(by=focal_point, match=proposed, accept=False, reason="Too early.")
    reopened = match_reopen(by=expert, match=declined, reason="The programme was moved forward.")
    assert reopened.status == "suggested"
    assert not reopened.answers.exists()
    assert not Match.objects.visible_to(focal_point).exists()


def test_withdrawing_a_proposal_tells_the_parties(proposed, expert, focal_point, state_focal_point):
    match_dismiss(by=expert, match=proposed, reason="A better offer came in.")
    assert {notice.user for notice in Notice.objects.filter(action="match.dismissed")} == {
        focal_point,
        state_focal_point,
    }


def decide_at_once(match, experts):
    """Both experts press a button in the same moment; give back what each was told."""
    barrier, told = threading.Barrier(2), []

    def run(expert, decide):
        try:
            barrier.wait(10)
            decide(User.objects.get(pk=expert.pk))
            told.append("done")
        except ValidationError as refusal:
            told.append(type(refusal).__name__)
        finally:
            connection.close()

    decisions = [
        lambda user: match_propose(by=user, match=match, expected_version=match.version),
        lambda user: match_dismiss(by=user, match=match, reason="No.", expected_version=match.version),
    ]
    threads = [threading.Thread(target=run, args=pair) for pair in zip(experts, decisions, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return sorted(told)


@pytest.fixture
def two_experts(expert):
    return [expert, holder(Role.EXPERT, organization=OrganizationFactory(acronym="1540 GoE"))]


@pytest.mark.django_db(transaction=True)
def test_of_two_experts_at_once_exactly_one_decides(match, two_experts):
    assert decide_at_once(match, two_experts) == ["AlreadyDecided", "done"]
    assert AuditEntry.objects.about(match).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_would_decide(match, two_experts, monkeypatch):
    """The control: the same race with row locks off and a pause between check and write."""
    import time

    from cooperation_portal.records import write

    def unlocked(record, *, expected_version=None):
        return type(record)._base_manager.get(pk=record.pk)

    def slow_check(*args):
        time.sleep(0.3)

    monkeypatch.setattr(write, "lock", unlocked)
    monkeypatch.setattr(services, "lock", unlocked)
    monkeypatch.setattr(services, "_refuse_if_decided", slow_check)
    monkeypatch.setattr(
        MATCH_LIFE_CYCLE,
        "find",
        lambda action, status: next(row for row in MATCH_LIFE_CYCLE.transitions if row.action == action),
    )
    assert decide_at_once(match, two_experts) == ["done", "done"]


def test_nothing_is_accepted_while_the_request_is_held_but_a_party_may_decline(proposed, focal_point):
    proposed.request.status = "referred"
    proposed.request.save()
    with pytest.raises(ValidationError, match="is held"):
        match_answer(by=focal_point, match=proposed, accept=True)
    assert not proposed.answers.exists()
    assert match_answer(by=focal_point, match=proposed, accept=False, reason="Too late.").status == "declined"


def test_the_first_proposal_is_the_step_by_which_matchmaking_begins(proposed):
    assert proposed.request.steps.get(kind="matchmaking").done_on == timezone.localdate()


def test_the_list_refuses_filters_and_orders_that_it_does_not_know(proposed, focal_point, signed_in):
    client = signed_in(focal_point)
    assert proposed.offer.title in client.get("/matches/?sort=-proposed").content.decode()
    for query in ("?colour=red", "?sort=luck", "?status=sold"):
        page = client.get(f"/matches/{query}").content.decode()
        assert proposed.offer.title not in page
        assert "error" in page
