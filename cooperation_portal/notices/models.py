"""Notices and the state of their mail."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.actors import Actor
from cooperation_portal.access.querysets import NOTHING, VisibleQuerySet


class NoticeQuerySet(VisibleQuerySet):
    """Everybody reads the own notices, nobody another's."""

    def readable_q(self, actor: Actor) -> models.Q:
        return NOTHING if actor.user_id is None else models.Q(user_id=actor.user_id)

    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at=None)

    def mail_due(self) -> "NoticeQuerySet":
        """Mail not sent yet whose next try is due, to people who may still sign in."""
        return self.filter(mail_state=Notice.MailState.PENDING, mail_after__lte=timezone.now(), user__is_active=True)


class Notice(models.Model):
    """Something happened that one person should know. `params` fill the sentences of `messages.py`."""

    record_type = "notice"

    class MailState(models.TextChoices):
        PENDING = "pending", _("Waiting to be sent")
        SENT = "sent", _("Sent")
        GIVEN_UP = "given_up", _("Given up")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    params = models.JSONField(default=dict)
    path = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mail_state = models.CharField(max_length=8, choices=MailState.choices, default=MailState.PENDING)
    mail_after = models.DateTimeField(default=timezone.now)
    mail_tries = models.PositiveSmallIntegerField(default=0)
    mailed_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_of_user"),
            models.Index(fields=["mail_after"], name="notice_mail_pending", condition=models.Q(mail_state="pending")),
        ]

    def __str__(self) -> str:
        return f"{self.action} to {self.user_id}"
