"""The nightly comparison finds what no write told, and pruning takes nothing that a mirror needs."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from cooperation_portal import changes
from cooperation_portal.access.actors import VISITOR, actor_for_keys_of
from cooperation_portal.api.catalogue import resources
from cooperation_portal.changes import keeping
from cooperation_portal.changes.keeping import changes_prune, changes_reconcile
from cooperation_portal.changes.models import Change
from cooperation_portal.changes.readers import tokens_of
from tests.api.samples import HIDDEN, PUBLIC
from tests.factories import ContactFactory, OfferFactory, OrganizationFactory

pytestmark = pytest.mark.django_db


def told(record, op="upsert"):
    with transaction.atomic():
        changes.record(record, op=op)
    return record


def seen_in_feed(actor):
    """What a mirror from the beginning ends up with."""
    tokens, seen = set(tokens_of(actor)), {}
    for row in Change.objects.order_by("id"):
        seen[row.object_type, row.object_id] = bool(tokens & set(row.readers))
    return {key for key, is_seen in seen.items() if is_seen}


@pytest.mark.parametrize("at_once", [2, 2000])
def test_records_that_came_in_by_other_ways_get_into_the_feed(cicte, monkeypatch, at_once):
    monkeypatch.setattr(keeping, "AT_ONCE", at_once)
    for make in (*PUBLIC.values(), *HIDDEN.values()):
        make()
    assert changes_reconcile() > 0
    for actor in (VISITOR, actor_for_keys_of(cicte.pk)):
        visible = {
            (one.type, pk) for one in resources().values() for pk in one.rows(actor).values_list("pk", flat=True)
        }
        assert seen_in_feed(actor) == visible
    assert changes_reconcile() == 0


def test_what_was_opened_or_closed_by_hand_is_told(cicte):
    offer = told(OfferFactory(visibility="public"))
    changes_reconcile()
    OfferFactory._meta.model.objects.update(visibility="network")
    assert changes_reconcile() == 1
    last = Change.objects.latest("id")
    assert (last.object_id, last.readers, last.readers_before) == (offer.pk, [-1], [0])


def test_what_was_deleted_by_hand_is_removed():
    offer = told(OfferFactory(visibility="public"))
    changes_reconcile()
    OfferFactory._meta.model.objects.all().delete()
    assert changes_reconcile() == 1
    last = Change.objects.latest("id")
    assert (last.op, last.object_ref, last.readers, last.readers_before) == ("remove", offer.reference, [], [0])
    assert changes_reconcile() == 0


def test_a_contact_is_told_again_once_its_term_has_ended(time_machine):
    time_machine.move_to("2026-03-10 12:00Z")
    contact = told(ContactFactory(visibility="network", valid_until="2026-03-11"))
    changes_reconcile()
    time_machine.move_to("2026-03-11 23:00Z")
    assert changes_reconcile() == 0
    time_machine.move_to("2026-03-12 00:05Z")
    assert changes_reconcile() == 1
    assert Change.objects.latest("id").object_id == contact.pk
    assert changes_reconcile() == 0


def test_old_rows_go_once_a_later_one_replaces_them():
    offer, gone = told(OfferFactory()), told(OfferFactory())
    told(offer)
    told(gone, op="remove")
    organization = told(OrganizationFactory())
    Change.objects.update(at=timezone.now() - timedelta(days=91))
    told(organization)
    last_of_offer = Change.objects.filter(object_type="offer", object_id=offer.pk).latest("id").pk
    assert changes_prune() == 4
    left = list(Change.objects.order_by("id").values_list("object_type", "id"))
    assert left == [("offer", last_of_offer), ("organization", Change.objects.latest("id").pk)]


def test_nothing_of_the_last_ninety_days_goes_nor_the_newest_row():
    offer = told(OfferFactory())
    told(offer)
    Change.objects.update(at=timezone.now() - timedelta(days=89))
    assert changes_prune() == 0
    told(offer, op="remove")
    Change.objects.update(at=timezone.now() - timedelta(days=91))
    newest = Change.objects.latest("id").pk
    changes_prune()
    assert list(Change.objects.values_list("id", flat=True)) == [newest]
