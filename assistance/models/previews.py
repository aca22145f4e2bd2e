"""Drafts of a matching policy that somebody tried out before saving."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .matches import MatchingRun


class PolicyPreview(models.Model):
    """What a drafted policy would change: the draft, how far the computing is, and its outcome.

    `draft` holds the six values of a policy, `result` what `services.previews` found: references, ranks and scores
    alone, never words of a record, so that whoever reads it sees of each record what they may.
    """

    record_type = "policy_preview"

    Status = MatchingRun.Status

    status = models.CharField(_("status"), max_length=7, choices=Status.choices, default=Status.QUEUED)
    draft = models.JSONField()
    note = models.TextField(blank=True)
    based_on = models.PositiveIntegerField(_("version in force"))
    created_at = models.DateTimeField(auto_now_add=True)
    created_by_label = models.CharField(max_length=200)
    finished_at = models.DateTimeField(null=True)
    requests_total = models.PositiveIntegerField(default=0)
    requests_done = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    problem = models.TextField(blank=True)

    class Meta:
        verbose_name = _("policy preview")
        verbose_name_plural = _("policy previews")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["status"], name="policy_preview_status")]

    def __str__(self) -> str:
        return f"preview {self.pk}"

    @property
    def ref(self) -> str:
        return str(self.pk)

    @property
    def is_waiting(self) -> bool:
        """Queued or being computed."""
        return self.status in (self.Status.QUEUED, self.Status.RUNNING)
