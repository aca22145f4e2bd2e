"""Snapshots that organizations asked for."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.actors import Actor
from cooperation_portal.access.querysets import EVERYTHING, VisibleQuerySet


class SnapshotQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> models.Q:
        if actor.is_secretariat:
            return EVERYTHING
        return models.Q(organization_id__in=actor.organization_ids)

    def waiting(self) -> SnapshotQuerySet:
        """Not built yet: asked for, or begun by a worker that may have stopped."""
        return self.filter(status__in=(Snapshot.Status.QUEUED, Snapshot.Status.RUNNING))

    def ready(self) -> SnapshotQuerySet:
        return self.filter(status=Snapshot.Status.READY)


class Snapshot(models.Model):
    """A file with every record that an organization's keys may read, as of one moment.

    `types` are the record types asked for, none for all; `contents` those that are in it, in their order.
    """

    record_type = "snapshot"

    class Format(models.TextChoices):
        NDJSON = "ndjson", _("One JSON object a line, compressed by gzip")
        CSV = "csv", _("One CSV file for each type of record, in a ZIP archive")

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Being made")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Removed")

    organization = models.ForeignKey("organizations.Organization", on_delete=models.CASCADE, related_name="snapshots")
    api_key = models.ForeignKey("api.ApiKey", on_delete=models.SET_NULL, null=True, related_name="+")
    asked_by_label = models.CharField(_("asked for by"), max_length=200)
    format = models.CharField(_("format"), max_length=6, choices=Format.choices)
    types = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    contents = ArrayField(models.CharField(max_length=40), verbose_name=_("types of records"))
    status = models.CharField(_("status"), max_length=7, choices=Status.choices, default=Status.QUEUED)
    problem = models.TextField(_("problem"), blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    created_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    done = models.PositiveBigIntegerField(_("records written"), default=0)
    total = models.PositiveBigIntegerField(_("records"), null=True)
    counts = models.JSONField(default=dict)
    generated_at = models.DateTimeField(_("as of"), null=True)
    expires_at = models.DateTimeField(_("kept until"), null=True)
    cursor = models.TextField(blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    #: Names the file; nobody can guess it.
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization"],
                condition=models.Q(status__in=("queued", "running")),
                name="snapshot_one_at_a_time",
            ),
            models.CheckConstraint(
                name="snapshot_ready_is_complete",
                condition=~models.Q(status="ready")
                | models.Q(
                    generated_at__isnull=False,
                    expires_at__isnull=False,
                    size__isnull=False,
                    sha256__gt="",
                    cursor__gt="",
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def ref(self) -> str:
        return f"snapshot-{self.pk}"

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def is_waiting(self) -> bool:
        return self.status in (self.Status.QUEUED, self.Status.RUNNING)

    @property
    def is_expired(self) -> bool:
        """Past its end, also where nobody has removed the file yet."""
        is_past = self.expires_at is not None and self.expires_at <= timezone.now()
        return self.status == self.Status.EXPIRED or (self.status == self.Status.READY and is_past)

    def owners(self) -> set[tuple[str, int]]:
        return {("organization", self.organization_id)}
