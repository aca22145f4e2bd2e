"""The policy, asked directly."""

import pytest

from cooperation_portal.access.actors import SYSTEM, VISITOR, actor_for
from cooperation_portal.access.policy import NotAllowed, allows, require
from cooperation_portal.access.role_table import ROLE_TABLE
from cooperation_portal.access.roles import Role
from organizations.models import User
from tests.factories import AffiliationFactory, ApiKeyFactory, MatchFactory, OfferFactory, RequestFactory

pytestmark = pytest.mark.django_db


def test_editor_updates_own_organizations_offer_only(editor, outsider, cicte):
    offer = OfferFactory(organization=cicte)
    assert allows(editor, "update", offer)
    assert not allows(outsider, "update", offer)


def test_visitor_may_do_nothing_of_the_role_table():
    assert not any(allows(VISITOR, action, record) for record, action in ROLE_TABLE)


def test_system_may_do_everything_of_the_role_table():
    assert all(allows(SYSTEM, action, record) for record, action in ROLE_TABLE)


def test_unknown_action_is_an_error_and_not_a_refusal(editor):
    with pytest.raises(KeyError):
        allows(editor, "publsh", "offer")


def test_require_raises_for_the_wrong_role(observer):
    with pytest.raises(NotAllowed):
        require(observer, "propose", MatchFactory())


def test_parties_answer_and_others_do_not(focal_point, state_focal_point, editor, outsider, expert, cicte, peru):
    match = MatchFactory(request=RequestFactory(state=peru), offer=OfferFactory(organization=cicte))
    assert allows(focal_point, "answer", match)
    assert allows(state_focal_point, "answer", match)
    assert not allows(editor, "answer", match)
    assert not allows(outsider, "answer", match)
    assert not allows(expert, "answer", match)


def test_secretariat_decides_no_match(secretariat):
    match = MatchFactory()
    assert not any(allows(secretariat, action, match) for action in ("shortlist", "propose", "dismiss", "answer"))


def test_deactivated_user_is_a_visitor(editor):
    editor.is_active = False
    editor.save()
    assert actor_for(User.objects.get(pk=editor.pk)) == VISITOR


def test_suspended_organization_takes_all_rights(editor, cicte):
    from django.utils import timezone

    cicte.suspended_on = timezone.localdate()
    cicte.save()
    assert not actor_for(User.objects.get(pk=editor.pk)).is_member


def test_ended_affiliation_gives_no_role(db):
    ended = AffiliationFactory(status="ended")
    assert actor_for(ended.user).roles == frozenset()


def test_key_writes_as_editor_and_never_manages_people():
    actor = actor_for(ApiKeyFactory())
    assert actor.roles == {Role.EDITOR, Role.PARTNER_SYSTEM}
    assert not allows(actor, "invite", "affiliation")


def test_draft_is_its_owners_alone(people, cicte):
    from assistance.models import Offer

    draft = OfferFactory(organization=cicte, status="draft", visibility="public")
    readers = {name for name, user in people.items() if Offer.objects.visible_to(user).filter(pk=draft.pk).exists()}
    assert readers == {"editor", "focal_point"}


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("public", {"visitor", "newcomer", "outsider", "editor", "focal_point", "state_focal_point"}),
        ("network", {"outsider", "editor", "focal_point", "state_focal_point"}),
        ("committee", {"editor", "focal_point"}),
    ],
)
def test_published_offer_is_read_by_its_level(people, cicte, level, expected):
    from assistance.models import Offer

    offer = OfferFactory(organization=cicte, visibility=level)
    readers = {name for name, user in people.items() if Offer.objects.visible_to(user).filter(pk=offer.pk).exists()}
    assert readers == expected | {"expert", "observer", "secretariat"}


def test_a_state_reads_circulated_requests_while_it_has_a_live_offer(state_focal_point, peru):
    from assistance.models import AssistanceRequest

    circulated = RequestFactory(status="circulated")
    seen = AssistanceRequest.objects.visible_to(state_focal_point)
    assert not seen.filter(pk=circulated.pk).exists()
    OfferFactory(state=peru)
    assert seen.filter(pk=circulated.pk).exists()
