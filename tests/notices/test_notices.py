"""Notices stay in the transaction; their mail follows it, once, and survives a broken mail server or broker."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from cooperation_portal.notices.messages import MESSAGES, sentences_for
from cooperation_portal.notices.models import Notice
from cooperation_portal.notices.sending import MAX_MAIL_TRIES, notify, send_pending
from cooperation_portal.notices.tasks import send_pending_mail
from tests.factories import MatchFactory, UserFactory

pytestmark = pytest.mark.django_db

PARAMS = {
    "offer": "Example programme",
    "requester": "Peru",
    "provider": "CICTE",
    "request": "REQ-2026-0001",
}


def propose_to(*users):
    notify(action="match.proposed", obj=MatchFactory(), users=users, path="/matches/1/", params=PARAMS)


def test_mail_goes_out_after_commit(django_capture_on_commit_callbacks):
    user = UserFactory()
    with django_capture_on_commit_callbacks(execute=True):
        propose_to(user)
        assert mail.outbox == []
    (message,) = mail.outbox
    assert message.to == [user.email]
    assert "Example programme" in message.subject
    assert "/matches/1/" in message.body
    assert Notice.objects.get().mail_state == "sent"


def test_nobody_gets_the_same_notice_twice():
    user = UserFactory()
    propose_to(user, user)
    assert send_pending() == 1
    assert send_pending() == 0
    assert len(mail.outbox) == 1


def test_a_rolled_back_write_sends_nothing():
    with transaction.atomic():
        propose_to(UserFactory())
        transaction.set_rollback(True)
    assert send_pending() == 0


def test_without_a_broker_the_write_succeeds_and_the_sweep_sends(monkeypatch, django_capture_on_commit_callbacks):
    def no_broker(*args, **kwargs):
        raise OperationalError("no broker")

    monkeypatch.setattr(send_pending_mail, "apply_async", no_broker)
    with django_capture_on_commit_callbacks(execute=True):
        propose_to(UserFactory())
    assert mail.outbox == []
    assert send_pending() == 1


def test_a_broken_mail_server_is_tried_again_later_and_given_up_in_the_end(monkeypatch):
    def refuse(self, fail_silently=False):
        raise ConnectionRefusedError("no mail server")

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
    propose_to(UserFactory())
    assert send_pending() == 0
    notice = Notice.objects.get()
    assert (notice.mail_state, notice.mail_tries) == ("pending", 1)
    assert notice.mail_after > timezone.now()
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        for _try in range(MAX_MAIL_TRIES):
            Notice.objects.update(mail_after=timezone.now())
            send_pending()
    notice.refresh_from_db()
    assert (notice.mail_state, notice.mail_tries) == ("given_up", MAX_MAIL_TRIES)


def test_a_deactivated_person_gets_no_mail():
    user = UserFactory()
    propose_to(user)
    user.is_active = False
    user.save()
    assert send_pending() == 0


def test_line_breaks_in_names_do_not_reach_the_mail_header():
    notify(
        action="match.proposed",
        obj=MatchFactory(),
        users=[UserFactory()],
        path="/",
        params=PARAMS | {"offer": "Programme\nBcc: thief@evil.example"},
    )
    send_pending()
    (message,) = mail.outbox
    assert "\n" not in message.subject
    assert message.recipients() == message.to


@pytest.mark.parametrize("action", sorted(MESSAGES))
def test_every_message_fills_from_its_params_alone(action):
    class EveryParam(dict):
        def __missing__(self, key):
            return f"<{key}>"

    title, sentence = sentences_for(Notice(action=action, params=EveryParam()))
    assert "%(" not in title + sentence


def test_people_read_their_own_notices_only(people):
    for user in people.values():
        if user is not None:
            propose_to(user)
    for user in people.values():
        assert {notice.user_id for notice in Notice.objects.visible_to(user)} == ({user.pk} if user else set())
