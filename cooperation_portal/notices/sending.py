"""Leaves notices in the transaction; hands their mail to the worker after commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cooperation_portal.queueing import hurry

from .messages import sentences_for
from .models import Notice

logger = logging.getLogger(__name__)

MAX_MAIL_TRIES = 8
#: Actions whose mail may lead elsewhere than the notice: a path made when the mail is sent, empty for the usual one.
MAIL_PATHS: dict[str, Callable[[Notice], str]] = {}


def notify(*, action: str, obj: Any, users: Iterable[Any], path: str, params: dict[str, Any] | None = None) -> None:
    """Leave a notice of `action` on `obj` for each of `users`; `path` is where they act on it.

    Call inside the service's transaction. Mail follows after commit; if the broker is away the sweep sends it later.
    """
    notices = [
        Notice(
            user=user,
            action=action,
            object_type=obj.record_type,
            object_id=obj.pk,
            params=params or {},
            path=path,
        )
        for user in {user.pk: user for user in users}.values()
    ]
    if notices:
        from .tasks import send_pending_mail

        Notice.objects.bulk_create(notices)
        hurry(send_pending_mail)


def send_pending(limit: int = 200) -> int:
    """Send what is due, each message in its own transaction; give back how many were sent.

    A row is locked while its message is on the way, so that two workers never send one twice.
    """
    sent = 0
    for _turn in range(limit):
        with transaction.atomic():
            notice = (
                Notice.objects.mail_due()
                .select_for_update(of=("self",), skip_locked=True)
                .select_related("user")
                .order_by("mail_after", "pk")
                .first()
            )
            if notice is None:
                break
            sent += _send_one(notice)
    return sent


def _send_one(notice: Notice) -> int:
    try:
        _message_of(notice).send()
    except OSError as problem:  # SMTP errors are OSErrors too
        notice.mail_tries += 1
        logger.warning("Mail of notice %s failed (try %s): %s", notice.pk, notice.mail_tries, problem)
        if notice.mail_tries >= MAX_MAIL_TRIES:
            notice.mail_state = Notice.MailState.GIVEN_UP
        else:
            notice.mail_after = timezone.now() + timedelta(minutes=2**notice.mail_tries)
        notice.save(update_fields=["mail_tries", "mail_state", "mail_after"])
        return 0
    notice.mail_state = Notice.MailState.SENT
    notice.mailed_at = timezone.now()
    notice.save(update_fields=["mail_state", "mailed_at"])
    return 1


def _message_of(notice: Notice) -> EmailMultiAlternatives:
    with translation.override(notice.user.language):
        title, sentence = sentences_for(notice)
        context = {
            "title": title,
            "sentence": sentence,
            "url": f"{settings.SITE_URL}{_path_of(notice)}",
            "user": notice.user,
        }
        subject = _("[1540 Cooperation Network] %(title)s") % {"title": title}
        message = EmailMultiAlternatives(
            subject=" ".join(subject.split()),  # a line break typed into a title must not end the header
            body=render_to_string("mail/notice.txt", context),
            to=[notice.user.email],
        )
        message.attach_alternative(render_to_string("mail/notice.html", context), "text/html")
    return message


def _path_of(notice: Notice) -> str:
    special = MAIL_PATHS.get(notice.action)
    return (special(notice) if special else "") or notice.path
