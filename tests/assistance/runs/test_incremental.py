"""A run over one changed record leaves what a run over everything would leave."""

from __future__ import annotations

import pytest

from assistance.models import Match, Offer
from assistance.services.matches import match_dismiss
from assistance.services.runs import limits
from tests.factories import OfferFactory, RequestFactory

from .worlds import World, carried_out, store_policy, suggestions, written

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def policy(db):
    return store_policy()


@pytest.mark.parametrize("seed", range(4))
def test_after_each_change_a_full_run_finds_nothing_left_to_do(seed, monkeypatch):
    monkeypatch.setattr(limits, "SUGGESTIONS_PER_REQUEST", 3)
    monkeypatch.setattr(limits, "BATCH", 4)
    world = World(seed, offers=24, requests=10)
    carried_out()
    wrote = 0
    for _ in range(12):
        changed = world.shake()
        wrote += sum(written(carried_out(**changed)))
        assert written(carried_out()) == (0, 0, 0), changed
    assert wrote > 0, "the changes changed nothing: the test tests nothing"


def test_an_offer_that_drops_out_makes_room_for_the_next_best(monkeypatch, cicte, peru):
    monkeypatch.setattr(limits, "SUGGESTIONS_PER_REQUEST", 2)
    request = RequestFactory(state=peru)
    first, second, third = (OfferFactory(organization=cicte, languages=[code]) for code in ("en", "en", "fr"))
    carried_out()
    assert [row[2] for row in suggestions()] == [first.reference, second.reference]
    Offer.objects.filter(pk=first.pk).update(status="suspended", version=2)
    run = carried_out(offer=first)
    assert [row[2] for row in suggestions()] == [second.reference, third.reference]
    assert written(run) == (1, 0, 1)
    assert request.matches.get(offer=first).superseded_because == "live"


def test_an_offer_that_sinks_makes_room_for_a_better_one(monkeypatch, cicte, peru):
    monkeypatch.setattr(limits, "SUGGESTIONS_PER_REQUEST", 1)
    RequestFactory(state=peru, languages=["en", "es"])
    first = OfferFactory(organization=cicte, languages=["en"])
    second = OfferFactory(organization=cicte, languages=["es"])
    carried_out()
    assert [row[2] for row in suggestions()] == [first.reference]
    first.languages = ["ru"]
    first.version += 1
    first.save()
    carried_out(offer=first)
    assert [row[2] for row in suggestions()] == [second.reference]
    assert Match.objects.get(offer=first).superseded_because == "outranked"


def test_a_decided_pair_takes_nobody_s_place(monkeypatch, cicte, peru, expert):
    monkeypatch.setattr(limits, "SUGGESTIONS_PER_REQUEST", 1)
    RequestFactory(state=peru)
    first, second = OfferFactory.create_batch(2, organization=cicte)
    carried_out()
    match_dismiss(by=expert, match=Match.objects.get(offer=first), reason="Known already.")
    carried_out()
    assert [row[1:3] for row in suggestions()] == [(1, second.reference)]
    assert Match.objects.get(offer=first).status == "dismissed"


def test_an_organization_that_asks_is_found_by_an_offer_to_its_members(cicte):
    world = World(1, offers=0, requests=0)
    request = RequestFactory(organization=world.bodies[0])
    offer = OfferFactory(organization=cicte, coverage="selected", members_of=[world.bodies[0]])
    carried_out(offer=offer)
    assert Match.objects.get().request == request
    carried_out(request=request)
    assert Match.objects.get().status == "suggested"
