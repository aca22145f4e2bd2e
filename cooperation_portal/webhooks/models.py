"""Webhooks of organizations, what was to be delivered to them, and every try."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.actors import Actor, actor_for_keys_of
from cooperation_portal.outgoing.urls import MAX_URL_LENGTH, validate_public_https_url

from .querysets import DeliveryQuerySet, WebhookQuerySet
from .sealing import unseal
from .signing import new_message_id


class Webhook(models.Model):
    """Where an organization's system wants to be told that something changed.

    `last_change_id` is the position in the change feed up to which hints were made. `failing_since` is the first
    failure after the last success.
    """

    record_type = "webhook"

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        DISABLED = "disabled", _("Disabled")

    class Reason(models.TextChoices):
        """Why the portal itself disabled it."""

        GONE = "gone", _("The receiver answered 410 Gone.")
        FAILING = "failing", _("For five days nothing could be delivered.")
        UNREADABLE = "unreadable", _("Its secret can no longer be read. Rotate the secret.")

    organization = models.ForeignKey("organizations.Organization", on_delete=models.CASCADE, related_name="webhooks")
    name = models.CharField(_("name"), max_length=100)
    url = models.CharField(_("address"), max_length=MAX_URL_LENGTH, validators=[validate_public_https_url])
    types = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        verbose_name=_("records"),
        help_text=_("Empty means all."),
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ACTIVE)
    reason = models.CharField(_("why"), max_length=10, choices=Reason.choices, blank=True)
    secret_sealed = models.TextField(editable=False)
    previous_secret_sealed = models.TextField(blank=True, editable=False)
    previous_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    last_change_id = models.BigIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True, editable=False)
    last_delivered_at = models.DateTimeField(_("last delivered"), null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["organization", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "url"],
                name="webhook_once_an_address",
                violation_error_message=_("There is a webhook to this address already. Change that one."),
            ),
            models.CheckConstraint(
                condition=models.Q(state="disabled") ^ models.Q(reason=""), name="webhook_disabled_for_a_reason"
            ),
        ]
        indexes = [models.Index(fields=["organization"], name="webhook_listening", condition=models.Q(state="active"))]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("webhooks:detail", args=[self.organization.slug, self.pk])

    @property
    def ref(self) -> str:
        return f"{self.organization.acronym}/{self.name}"

    @property
    def status(self) -> str:
        """The state by the name that chips read."""
        return self.state

    def get_status_display(self) -> str:
        return self.get_state_display()

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def is_sending(self) -> bool:
        """Whether messages go out: neither paused nor disabled, and its organization is not suspended."""
        return self.state == self.State.ACTIVE and self.organization.suspended_on is None

    @property
    def reads_as(self) -> Actor:
        """To whom the webhook speaks: the organization, as its keys read."""
        return actor_for_keys_of(self.organization_id)

    @property
    def secrets(self) -> list[str]:
        """The secrets to sign with, the newest first. Raises `sealing.Unreadable`."""
        sealed = [self.secret_sealed]
        if self.has_previous_secret:
            sealed.append(self.previous_secret_sealed)
        return [unseal(text) for text in sealed]

    @property
    def has_previous_secret(self) -> bool:
        return self.previous_secret_until is not None and self.previous_secret_until > timezone.now()

    def owners(self) -> set[tuple[str, int]]:
        return {("organization", self.organization_id)}

    def clean(self) -> None:
        from .hints import record_types

        unknown = sorted(set(self.types) - set(record_types()))
        if unknown:
            raise ValidationError({"types": _("There are no records of this kind: %s.") % ", ".join(unknown)})


class Delivery(models.Model):
    """One message to one webhook. The body is fixed when it is made; the signature is made anew for each try."""

    record_type = "delivery"

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    message_id = models.CharField(_("message"), max_length=40, default=new_message_id, editable=False)
    type = models.CharField(_("type"), max_length=60)
    body = models.TextField(_("body"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.PENDING)
    attempts_made = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_attempt_at = models.DateTimeField(_("next try"), default=timezone.now)
    replayed_from = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replays", verbose_name=_("sent again")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["webhook", "-id"], name="delivery_of_webhook"),
            models.Index(fields=["created_at"], name="delivery_by_age"),
            models.Index(
                fields=["webhook", "next_attempt_at"], name="delivery_due", condition=models.Q(state="pending")
            ),
        ]
        constraints = [
            # Pressing "send again" twice sends once.
            models.UniqueConstraint(
                fields=["replayed_from"], name="delivery_replayed_once_at_a_time", condition=models.Q(state="pending")
            )
        ]

    def __str__(self) -> str:
        return self.message_id

    def get_absolute_url(self) -> str:
        return reverse("webhooks:delivery", args=[self.webhook.organization.slug, self.webhook_id, self.pk])

    @property
    def status(self) -> str:
        return self.state

    def get_status_display(self) -> str:
        return self.get_state_display()

    @property
    def content(self) -> dict[str, Any]:
        return json.loads(self.body)


class Attempt(models.Model):
    """One try of a delivery: a status code, or why none came; `answer` is the beginning of what came back."""

    class Problem(models.TextChoices):
        NO_ADDRESS = "no_address", _("The host’s name leads to no public address.")
        NO_CONNECTION = "no_connection", _("The host took no connection.")
        TLS = "tls", _("The host’s certificate or encryption was not accepted.")
        TIMEOUT = "timeout", _("No answer within 15 seconds.")
        BROKEN = "broken", _("The connection broke, or the answer was not HTTP.")
        REDIRECT = "redirect", _("The receiver answered with a redirect, which is not followed.")
        REFUSED = "refused", _("The receiver answered with an error.")
        GONE = "gone", _("The receiver wants no more messages (410).")

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField(_("when"), default=timezone.now)
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    status_code = models.PositiveSmallIntegerField(_("answer"), null=True)
    problem = models.CharField(_("problem"), max_length=13, choices=Problem.choices, blank=True)
    answer = models.CharField(_("text of the answer"), max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.delivery_id}: {self.status_code or self.problem}"
