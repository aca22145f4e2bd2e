"""Change numbers follow commits. First the race is shown with the lock off, then that the lock ends it."""

import threading

import pytest
from django.db import connection, transaction

from cooperation_portal.changes import recording
from cooperation_portal.changes.models import Change
from tests.factories import OfferFactory

pytestmark = pytest.mark.django_db(transaction=True)


def write_in_a_thread(offer, *, before_commit=None, started=None):
    def run():
        try:
            with transaction.atomic():
                if started is not None:
                    started.set()
                recording.write_change(offer, op="upsert")
                if before_commit is not None:
                    before_commit()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def rows_that_a_reader_misses(offer):
    """A slow writer draws its number and waits, a fast one tries to commit, a reader notes the last number seen."""
    drawn, go_on = threading.Event(), threading.Event()

    def hold():
        drawn.set()
        go_on.wait(10)

    slow = write_in_a_thread(offer, before_commit=hold)
    drawn.wait(10)
    fast = write_in_a_thread(offer)
    fast.join(1.5)
    seen = list(Change.objects.order_by("id").values_list("id", flat=True))
    go_on.set()
    slow.join(10)
    fast.join(10)
    last_seen = seen[-1] if seen else 0
    everything = set(Change.objects.values_list("id", flat=True))
    read_later = set(Change.objects.filter(id__gt=last_seen).values_list("id", flat=True))
    return everything - set(seen) - read_later


def test_without_the_lock_a_reader_misses_a_row(monkeypatch):
    monkeypatch.setattr(recording, "take_commit_order_lock", lambda: None)
    assert rows_that_a_reader_misses(OfferFactory())


def test_with_the_lock_a_reader_misses_nothing():
    assert rows_that_a_reader_misses(OfferFactory()) == set()


def test_a_change_outside_a_transaction_is_refused():
    with pytest.raises(RuntimeError, match="atomic"):
        recording.write_change(OfferFactory(), op="upsert")
