"""The portal itself stops sending, and tells the organization's focal points why."""

from __future__ import annotations

from django.db import transaction

from cooperation_portal import audit
from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.access.roles import Role
from cooperation_portal.notices.sending import notify

from .models import Webhook


@transaction.atomic
def disable(webhook_id: int, reason: Webhook.Reason) -> None:
    """Disable an active webhook; one that is not active stays as it is."""
    from organizations.models import User

    rows = Webhook.objects.select_for_update(of=("self",), no_key=True).select_related("organization")
    webhook = rows.filter(pk=webhook_id, state=Webhook.State.ACTIVE).first()
    if webhook is None:
        return
    webhook.state, webhook.reason = Webhook.State.DISABLED, reason
    webhook.version += 1
    webhook.save(update_fields=["state", "reason", "version", "updated_at"])
    audit.record(
        action="webhook.disabled",
        obj=webhook,
        by=SYSTEM,
        before={"state": Webhook.State.ACTIVE},
        after={"state": webhook.state, "reason": webhook.reason},
    )
    notify(
        action="webhook.disabled",
        obj=webhook,
        users=User.objects.acting_for(webhook.owners(), Role.FOCAL_POINT),
        path=webhook.get_absolute_url(),
        params={
            "webhook": webhook.name,
            "organization": webhook.organization.acronym,
            "reason": str(reason.label),
        },
    )
