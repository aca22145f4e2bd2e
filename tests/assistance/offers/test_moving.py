"""The life cycle of an offer, by hand and by itself."""

import threading
import time
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from assistance.lifecycles.offers import OFFER_LIFE_CYCLE
from assistance.models import MatchingRun, Offer
from assistance.services import offers as services
from assistance.services.offer_values import missing
from assistance.services.offers import (
    OFFER_SERVICES,
    complete_ended_offers,
    offer_actions,
    offer_complete,
    offer_confirm,
    offer_create,
    offer_discard,
    offer_resume,
    offer_start,
    offer_suspend,
    offer_update,
    offer_withdraw,
    start_planned_offers,
)
from assistance.tasks import complete_ended_offers as nightly_task
from assistance.tasks import run_queued_matching
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from cooperation_portal.records import write
from cooperation_portal.records.lifecycle import IllegalTransition
from cooperation_portal.records.models import Provenance
from cooperation_portal.records.write import StaleVersion
from tests.factories import (
    OfferFactory,
)

from .reading import problems_of

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate
Status = Offer.Status


MOVES = {(row.action, status) for row in OFFER_LIFE_CYCLE.transitions for status in row.sources}


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize("action", sorted({row.action for row in OFFER_LIFE_CYCLE.transitions}))
def test_only_listed_transitions_happen(action, status):
    offer = Offer(status=status, starts_on=TODAY() - timedelta(days=1))
    if (action, status) in MOVES:
        target = OFFER_LIFE_CYCLE.move(offer, action).target
        assert offer.status == target != status
    else:
        with pytest.raises(IllegalTransition):
            OFFER_LIFE_CYCLE.move(offer, action)
        assert offer.status == status


#: (service, status before) -> status after, for an offer whose start has come and whose end has not.
EXPECTED = {
    ("publish", "draft"): "ongoing",
    ("start", "planned"): "ongoing",
    ("suspend", "planned"): "suspended",
    ("suspend", "ongoing"): "suspended",
    ("resume", "suspended"): "ongoing",
    ("complete", "planned"): "completed",
    ("complete", "ongoing"): "completed",
    ("complete", "suspended"): "completed",
    ("withdraw", "planned"): "withdrawn",
    ("withdraw", "ongoing"): "withdrawn",
    ("withdraw", "suspended"): "withdrawn",
    ("confirm", "planned"): "planned",
    ("confirm", "ongoing"): "ongoing",
    ("confirm", "suspended"): "suspended",
    ("discard", "draft"): None,
}


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize("action", sorted(OFFER_SERVICES))
def test_each_service_moves_what_it_may_and_refuses_the_rest(editor, published, action, status):
    Offer.objects.filter(pk=published.pk).update(status=status)
    MatchingRun.objects.all().delete()
    offer = Offer.objects.get(pk=published.pk)
    assert (action in offer_actions(editor, offer)) == ((action, status) in EXPECTED)
    if (action, status) not in EXPECTED:
        with pytest.raises(IllegalTransition):
            OFFER_SERVICES[action](by=editor, offer=offer, reason="Example reason")
        assert (Offer.objects.get(pk=offer.pk).status, MatchingRun.objects.count()) == (status, 0)
        return
    OFFER_SERVICES[action](by=editor, offer=offer, reason="Example reason")
    after = Offer.objects.filter(pk=published.pk).first()
    assert (after.status if after else None) == EXPECTED[action, status]
    assert MatchingRun.objects.exists() == (action not in {"confirm", "discard"})
    assert AuditEntry.objects.about(published).first().reason == "Example reason"


@pytest.mark.parametrize("service", [offer_suspend, offer_withdraw])
def test_suspending_and_withdrawing_need_a_reason(editor, published, service):
    assert set(problems_of(service, by=editor, offer=published, reason=" \n")) == {"reason"}
    published.refresh_from_db()
    assert published.status == Status.ONGOING


def test_starting_early_moves_the_start_to_today(editor, cicte, values):
    later = replace(values, starts_on=TODAY() + timedelta(days=9))
    offer = offer_create(by=editor, provider=cicte, values=later, publish=True)
    offer = offer_start(by=editor, offer=offer)
    assert (offer.status, offer.starts_on) == (Status.ONGOING, TODAY())


def test_resuming_before_the_start_gives_a_planned_offer(editor, cicte, values):
    later = replace(values, starts_on=TODAY() + timedelta(days=9))
    offer = offer_create(by=editor, provider=cicte, values=later, publish=True)
    offer = offer_resume(by=editor, offer=offer_suspend(by=editor, offer=offer, reason="Example reason"))
    assert offer.status == Status.PLANNED


def test_what_has_ended_is_not_resumed(editor, published):
    Offer.objects.filter(pk=published.pk).update(status="suspended", ends_on=TODAY() - timedelta(days=1))
    offer = Offer.objects.get(pk=published.pk)
    with pytest.raises(IllegalTransition, match="end date has passed"):
        offer_resume(by=editor, offer=offer)
    assert "resume" not in offer_actions(editor, offer)


def test_what_has_not_begun_is_withdrawn_not_completed(editor, cicte, values):
    later = replace(values, starts_on=TODAY() + timedelta(days=9))
    offer = offer_create(by=editor, provider=cicte, values=later, publish=True)
    with pytest.raises(IllegalTransition, match="not begun"):
        offer_complete(by=editor, offer=offer)


def test_a_move_on_a_stale_page_is_refused(editor, published):
    offer_suspend(by=editor, offer=published, reason="Example reason", expected_version=1)
    with pytest.raises(StaleVersion):
        offer_withdraw(by=editor, offer=published, reason="Example reason", expected_version=1)


def test_confirming_renews_the_day_and_changes_nothing_else(editor, published):
    Offer.objects.filter(pk=published.pk).update(confirmed_on=date(2020, 1, 1))
    MatchingRun.objects.all().delete()
    offer = offer_confirm(by=editor, offer=published)
    assert (offer.confirmed_on, offer.provenance) == (TODAY(), Provenance.PORTAL)
    assert not MatchingRun.objects.exists()


def test_a_discarded_draft_is_gone_from_the_portal_but_not_from_the_audit(editor, draft):
    key = draft.pk
    offer_discard(by=editor, offer=draft)
    assert not Offer.objects.exists()
    entry = AuditEntry.objects.filter(object_type="offer", object_id=key).first()
    assert (entry.action, entry.before) == ("offer.discarded", {"status": "draft"})
    assert Change.objects.filter(object_type="offer", object_id=key).latest("pk").op == "remove"


# By itself


def test_nightly_what_has_ended_is_completed_and_what_is_due_starts(cicte):
    yesterday, tomorrow = TODAY() - timedelta(days=1), TODAY() + timedelta(days=1)
    ended = OfferFactory(ends_on=yesterday)
    ended_while_suspended = OfferFactory(status="suspended", ends_on=yesterday)
    never_started = OfferFactory(status="planned", starts_on=yesterday, ends_on=yesterday)
    due = OfferFactory(status="planned", starts_on=TODAY())
    last_day = OfferFactory(ends_on=TODAY())
    ahead = OfferFactory(status="planned", starts_on=tomorrow)
    draft = OfferFactory(status="draft", ends_on=yesterday)
    sourced = OfferFactory(provenance="public_source", ends_on=yesterday)
    assert nightly_task() == 4
    statuses = dict(Offer.objects.values_list("pk", "status"))
    assert {statuses[offer.pk] for offer in (ended, ended_while_suspended, never_started)} == {"completed"}
    assert statuses[due.pk] == "ongoing"
    assert [statuses[offer.pk] for offer in (last_day, ahead, draft, sourced)] == [
        "ongoing",
        "planned",
        "draft",
        "ongoing",
    ]
    assert AuditEntry.objects.about(ended).get().actor_kind == "system"
    assert nightly_task() == 0


def test_the_nightly_task_leaves_alone_what_was_moved_meanwhile(monkeypatch, published):
    Offer.objects.filter(pk=published.pk).update(ends_on=TODAY() - timedelta(days=1))
    real = services.offer_complete

    def somebody_was_faster(**arguments):
        Offer.objects.filter(pk=published.pk).update(status="withdrawn")
        return real(**arguments)

    monkeypatch.setattr(services, "offer_complete", somebody_was_faster)
    assert complete_ended_offers() == 0
    assert start_planned_offers() == 0
    published.refresh_from_db()
    assert published.status == Status.WITHDRAWN


@pytest.mark.django_db(transaction=True)
def test_publishing_saves_although_the_broker_is_away(editor, cicte, values, monkeypatch):
    def refused(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(run_queued_matching, "apply_async", refused)
    offer = offer_create(by=editor, provider=cicte, values=values, publish=True)
    assert Offer.objects.get(pk=offer.pk).status == Status.ONGOING
    assert MatchingRun.objects.get().status == MatchingRun.Status.QUEUED, "it waits for the schedule"


def _lock_that_does_not_lock(record, *, expected_version=None):
    """What `records.write.lock` would be without the row lock; the pause lets the other editor read as well."""
    found = type(record)._base_manager.get(pk=record.pk)
    if expected_version is not None and found.version != expected_version:
        raise StaleVersion(found)
    time.sleep(0.3)
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("is_locked", "outcome"), [(False, ["saved", "saved"]), (True, ["saved", "stale"])])
def test_of_two_editors_at_once_the_second_is_told(editor, cicte, values, monkeypatch, is_locked, outcome):
    monkeypatch.setattr(run_queued_matching, "apply_async", lambda *args, **options: None)
    offer = offer_create(by=editor, provider=cicte, values=values, publish=True)
    if not is_locked:
        monkeypatch.setattr(write, "lock", _lock_that_does_not_lock)
    outcomes, barrier = [], threading.Barrier(2)

    def edit(title):
        try:
            said = replace(values, title=title)
            barrier.wait(timeout=10)
            offer_update(by=editor, offer=offer, values=said, expected_version=1)
            outcomes.append("saved")
        except StaleVersion:
            outcomes.append("stale")
        finally:
            connection.close()

    threads = [threading.Thread(target=edit, args=(f"Example {name}",)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(outcomes) == outcome


def test_missing_says_nothing_of_a_complete_offer(values):
    assert missing(values) == {}
