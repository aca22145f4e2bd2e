"""Who starts a round, one worker at a time, and what a worker that dies leaves behind. Real transactions."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction
from standardwebhooks.webhooks import Webhook as Verifier

from cooperation_portal import changes
from cooperation_portal.webhooks import dispatch, hurrying, tasks
from cooperation_portal.webhooks.dispatch import deliver
from cooperation_portal.webhooks.models import Attempt, Delivery
from cooperation_portal.webhooks.services import webhook_delete
from tests.factories import OfferFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(monkeypatch):
    """Which tasks were handed to the broker."""
    handed = []
    monkeypatch.setattr(hurrying, "send_task", lambda task, *arguments, **options: handed.append(task.name))
    return handed


def write(cicte, count=1):
    with transaction.atomic():
        for _turn in range(count):
            changes.record(OfferFactory(organization=cicte))


def test_a_change_is_on_its_way_as_soon_as_it_is_committed(hook, receiver, cicte):
    with transaction.atomic():
        changes.record(OfferFactory(organization=cicte))
        assert receiver.got == []
    assert [got.content["type"] for got in receiver.got] == ["offer.upsert"]


def test_a_change_that_is_rolled_back_is_never_announced(hook, receiver, cicte):
    with transaction.atomic():
        changes.record(OfferFactory(organization=cicte))
        transaction.set_rollback(True)
    tasks.deliver_webhooks()
    assert receiver.got == []


def test_a_transaction_of_many_changes_asks_for_one_round(hook, cicte, asked):
    write(cicte, count=5)
    assert asked == ["cooperation_portal.webhooks.tasks.deliver_webhooks"]


def test_without_a_webhook_nobody_is_asked(hook, cicte, focal_point, asked):
    webhook_delete(by=focal_point, webhook=hook)
    write(cicte)
    assert asked == []


def test_a_second_worker_leaves_a_webhook_alone_while_one_is_at_it(hook, receiver, cicte, asked):
    write(cicte)
    held, go_on = threading.Event(), threading.Event()

    def hold(handler):
        held.set()
        go_on.wait(10)
        handler.send_response(204)
        handler.end_headers()

    receiver.answers = [hold, (204, {}, b"")]

    def work():
        try:
            deliver(hook.pk)
        finally:
            connection.close()

    first = threading.Thread(target=work)
    first.start()
    assert held.wait(10)
    assert deliver(hook.pk) is None
    go_on.set()
    first.join(10)
    assert len(receiver.got) == 1
    assert Delivery.objects.get().state == "delivered"


def test_what_changes_during_a_round_goes_out_in_it(hook, receiver, cicte, asked, monkeypatch):
    write(cicte)
    real, turns = dispatch.post, []

    def post_while_somebody_writes(*args, **kwargs):
        if not turns:
            turns.append(1)
            write(cicte)
        return real(*args, **kwargs)

    monkeypatch.setattr(dispatch, "post", post_while_somebody_writes)
    deliver(hook.pk)
    assert len(receiver.got) == 2


class Killed(BaseException):
    """Stands for the end of a process: nothing after it runs."""


def test_a_worker_killed_between_sending_and_noting_sends_twice_under_one_id(hook, receiver, cicte, asked, monkeypatch):
    write(cicte)

    def die(*args, **kwargs):
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch, "note", die)
        with pytest.raises(Killed):
            deliver(hook.pk)
    assert Attempt.objects.count() == 0
    deliver(hook.pk)
    first, second = receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    for got in receiver.got:
        Verifier(hook.secret).verify(got.body, got.headers)
    assert Delivery.objects.get().state == "delivered"


def test_a_worker_killed_while_making_messages_leaves_none_out_and_makes_none_twice(
    hook, receiver, cicte, asked, monkeypatch
):
    write(cicte, count=3)
    from django.db.models.query import QuerySet

    real = QuerySet.update

    def die(self, **fields):
        if "last_change_id" in fields:
            raise Killed
        return real(self, **fields)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QuerySet, "update", die)
        with pytest.raises(Killed):
            deliver(hook.pk)
    assert Delivery.objects.count() == 0
    deliver(hook.pk)
    deliver(hook.pk)
    assert len(receiver.got) == 3


def test_a_task_that_has_something_due_soon_comes_back_for_it(hook, receiver, cicte, monkeypatch):
    receiver.answers = [(500, {}, b"")]
    handed = []
    monkeypatch.setattr(tasks, "send_task", lambda task, *arguments, **options: handed.append((arguments, options)))
    write(cicte)
    handed.clear()
    tasks.deliver_webhook(hook.pk)
    ((arguments, options),) = handed
    assert arguments == (hook.pk,)
    assert 0 < options["seconds"] < 6


def test_without_a_broker_nothing_breaks_and_the_schedule_sends(hook, receiver, cicte, monkeypatch):
    from kombu.exceptions import OperationalError

    def away(*args, **kwargs):
        raise OperationalError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks.deliver_webhooks, "apply_async", away)
        write(cicte)
    assert receiver.got == []
    tasks.deliver_webhooks()
    assert len(receiver.got) == 1
