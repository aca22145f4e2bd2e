"""Keys by which partner systems sign in, and the answers kept for repeated writes."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.actors import Actor, actor_for_api_key
from cooperation_portal.access.policy import allows
from cooperation_portal.access.querysets import EVERYTHING, NOTHING, VisibleQuerySet
from cooperation_portal.access.roles import Role

MAX_KEY_LIFE = timedelta(days=365)


class Scope(models.TextChoices):
    READ = "read", _("Read")
    WRITE = "write", _("Write")


class ApiKeyQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> models.Q:
        if actor.is_secretariat:
            return EVERYTHING
        if not allows(actor, "view", "api_key"):
            return NOTHING
        return models.Q(organization_id__in=actor.organizations.get(Role.FOCAL_POINT, ()))

    def live(self) -> ApiKeyQuerySet:
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class ApiKey(models.Model):
    """A partner's key `n1540_<prefix>_<secret>`. Only the SHA-256 of the secret is kept; it is 32 random bytes."""

    record_type = "api_key"

    organization = models.ForeignKey("organizations.Organization", on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(_("name"), max_length=100, help_text=_("Which system uses it."))
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=5, choices=Scope.choices), verbose_name=_("scopes"))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    created_by_label = models.CharField(max_length=200, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    is_authenticated = True

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["organization", "-created_at"]

    def __str__(self) -> str:
        return f"n1540_{self.prefix}"

    @property
    def ref(self) -> str:
        return str(self)

    @property
    def is_live(self) -> bool:
        """Not revoked, not expired, and its organization is not suspended."""
        return self.revoked_at is None and self.expires_at > timezone.now() and self.organization.suspended_on is None

    def owners(self) -> set[tuple[str, int]]:
        return {("organization", self.organization_id)}

    def build_actor(self) -> Actor:
        return actor_for_api_key(self)


class IdempotentAnswer(models.Model):
    """The answer given to a write that carried an `Idempotency-Key`, kept 24 hours so that a repeat gets it again."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=128)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api_key", "key"], name="idempotent_answer_unique")]

    def __str__(self) -> str:
        return self.key
