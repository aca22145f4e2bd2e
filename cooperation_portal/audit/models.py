"""The append-only record of actions."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.actors import Actor
from cooperation_portal.access.policy import allows
from cooperation_portal.access.querysets import EVERYTHING, NOTHING, VisibleQuerySet

from .actions import ACTIONS
from .context import Source


class AuditQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> models.Q:
        """Experts and the secretariat. Of drafts the audit keeps no words (`records.write.told_snapshot`)."""
        return EVERYTHING if allows(actor, "view", "audit") else NOTHING

    def about(self, record) -> "AuditQuerySet":
        """Entries of one record, newest first."""
        return self.filter(object_type=record.record_type, object_id=record.pk).order_by("-pk")


class AuditEntry(models.Model):
    """One action on one record. A database trigger refuses to alter or delete rows.

    The actor is kept by id and label, without a foreign key, so that removing an account never touches the record of
    what it did. `before` and `after` hold only the fields that differ.
    """

    record_type = "audit"

    class ActorKind(models.TextChoices):
        USER = "user", _("Person")
        API_KEY = "api_key", _("API key")
        SYSTEM = "system", _("Portal")
        VISITOR = "visitor", _("Visitor")

    at = models.DateTimeField(_("when"), auto_now_add=True, db_index=True)
    actor_kind = models.CharField(_("actor kind"), max_length=8, choices=ActorKind.choices)
    actor_id = models.BigIntegerField(_("actor id"), null=True)
    actor_label = models.CharField(_("actor"), max_length=200)
    action = models.CharField(_("action"), max_length=60)
    object_type = models.CharField(_("record type"), max_length=40)
    object_id = models.BigIntegerField(_("record id"))
    object_ref = models.CharField(_("record"), max_length=120)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    reason = models.TextField(_("reason"), blank=True)
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    request_id = models.CharField(_("request id"), max_length=64, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["object_type", "object_id", "-id"], name="audit_of_record")]

    def __str__(self) -> str:
        return f"{self.action} {self.object_ref}"

    @property
    def who(self) -> str:
        """Whoever acted, for a reader; the portal where nobody did."""
        return str(_("The portal")) if self.actor_kind == self.ActorKind.SYSTEM else self.actor_label

    def get_action_display(self) -> str:
        return str(ACTIONS[self.action].label) if self.action in ACTIONS else self.action
