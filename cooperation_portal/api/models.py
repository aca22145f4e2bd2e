"""Keys by which partner systems sign in, and the answers kept for repeated writes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.actors import Actor, actor_for_api_key
from cooperation_portal.access.policy import allows
from cooperation_portal.access.querysets import EVERYTHING, NOTHING, VisibleQuerySet
from cooperation_portal.access.roles import Role

from .scopes import Scope, in_words

MAX_KEY_LIFE = timedelta(days=365)
#: How long before its end a key is shown as ending, and its organization's focal points are told.
WARNED_BEFORE = timedelta(days=14)


class KeyState(models.TextChoices):
    LIVE = "live", _("In use")
    UNUSED = "unused", _("Works, not used yet")
    EXPIRING = "expiring", _("Expires soon")
    SUSPENDED = "suspended", _("Held while the organization is suspended")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")


class ApiKeyQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> models.Q:
        if actor.is_secretariat:
            return EVERYTHING
        if not allows(actor, "view", "api_key"):
            return NOTHING
        return models.Q(organization_id__in=actor.organizations.get(Role.FOCAL_POINT, ()))

    def live(self) -> ApiKeyQuerySet:
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())

    def expiring(self) -> ApiKeyQuerySet:
        """Live keys that end soon and that no other replaces."""
        rows = self.with_replacement().live()
        return rows.filter(is_replaced=False, expires_at__lte=timezone.now() + WARNED_BEFORE)

    def with_replacement(self) -> ApiKeyQuerySet:
        """With `is_replaced`: whether a key that works has taken the place of it."""
        successors = ApiKey.objects.live().filter(rotated_from=models.OuterRef("pk"))
        return self.annotate(is_replaced=models.Exists(successors))

    def live_first(self) -> ApiKeyQuerySet:
        ended = models.Q(revoked_at__isnull=False) | models.Q(expires_at__lte=timezone.now())
        has_ended = models.Case(models.When(ended, then=1), default=0, output_field=models.IntegerField())
        return self.order_by(has_ended, "name", "-created_at", "-pk")


class ApiKey(models.Model):
    """A partner's key `n1540_<prefix>_<secret>`. Only the SHA-256 of the secret is kept; it is 32 random bytes.

    Keys that replaced one another are of one `lineage`, named by the prefix of the first; at most two of them are live.
    """

    record_type = "api_key"

    organization = models.ForeignKey("organizations.Organization", on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(_("name"), max_length=100, help_text=_("Which system uses it."))
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=24, choices=Scope.choices), verbose_name=_("scopes"))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_by_label = models.CharField(_("created by"), max_length=200, blank=True, editable=False)
    lineage = models.CharField(max_length=12, editable=False, db_index=True)
    rotated_from = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="rotations"
    )
    #: Number of the form that made the key: the same form sent again makes no second one.
    form_token = models.UUIDField(null=True, blank=True, editable=False)
    warned_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    is_authenticated = True
    #: The version of its organization's row, as it was read when a request signed in with the key.
    organization_version = ""

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["organization", "-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "form_token"], name="api_key_form_once"),
            models.UniqueConstraint(
                fields=["rotated_from"], condition=models.Q(revoked_at=None), name="api_key_one_successor"
            ),
        ]

    def __str__(self) -> str:
        return f"n1540_{self.prefix}"

    def save(self, **kwargs: Any) -> None:
        """A key that replaces none begins a lineage."""
        self.lineage = self.lineage or self.prefix
        super().save(**kwargs)

    def get_absolute_url(self) -> str:
        return reverse("organizations:key_list", args=[self.organization.slug])

    @property
    def ref(self) -> str:
        return str(self)

    @property
    def is_live(self) -> bool:
        """Not revoked, not expired, and its organization is not suspended."""
        return self.revoked_at is None and self.expires_at > timezone.now() and self.organization.suspended_on is None

    @property
    def state(self) -> KeyState:
        left = self.expires_at - timezone.now()
        if self.revoked_at is not None:
            return KeyState.REVOKED
        if left <= timedelta(0):
            return KeyState.EXPIRED
        if self.organization.suspended_on is not None:
            return KeyState.SUSPENDED
        if left <= WARNED_BEFORE:
            return KeyState.EXPIRING
        return KeyState.UNUSED if self.last_used_at is None else KeyState.LIVE

    @property
    def scopes_in_words(self) -> list[Any]:
        return in_words(self.scopes)

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
