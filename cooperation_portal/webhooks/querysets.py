"""Reads of webhooks and their deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from cooperation_portal.access.actors import Actor
from cooperation_portal.access.policy import allows
from cooperation_portal.access.querysets import EVERYTHING, NOTHING, VisibleQuerySet
from cooperation_portal.access.roles import Role


class WebhookQuerySet(VisibleQuerySet):
    """The organization's focal points and the secretariat."""

    def readable_q(self, actor: Actor) -> Q:
        if actor.is_secretariat:
            return EVERYTHING
        if not allows(actor, "view", "webhook"):
            return NOTHING
        return Q(organization_id__in=actor.organizations.get(Role.FOCAL_POINT, ()))

    def listening(self) -> Self:
        """Those to which something may be sent now: active, of an organization that is not suspended."""
        return self.filter(state="active", organization__suspended_on=None)


class DeliveryQuerySet(VisibleQuerySet):
    """Whoever reads the webhook."""

    def readable_q(self, actor: Actor) -> Q:
        from .models import Webhook

        if actor.is_secretariat:
            return EVERYTHING
        return Q(webhook_id__in=Webhook.objects.visible_to(actor).values("pk"))

    def due(self) -> Self:
        """Waiting deliveries whose time has come, of webhooks to which something may be sent now."""
        return self.filter(
            state="pending",
            next_attempt_at__lte=timezone.now(),
            webhook__state="active",
            webhook__organization__suspended_on=None,
        )

    def failed_and_not_sent_again(self, since: datetime) -> Self:
        again = self.model._default_manager.filter(replayed_from_id=OuterRef("pk"))
        return self.filter(~Exists(again), state="failed", created_at__gte=since)
