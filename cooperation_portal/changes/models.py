"""The change feed's rows."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Change(models.Model):
    """A record was written. `id` grows in commit order (see `recording.py`); content is read live, never from here."""

    record_type = "change"

    class Op(models.TextChoices):
        UPSERT = "upsert", _("Written")
        REMOVE = "remove", _("Removed")

    at = models.DateTimeField(auto_now_add=True)
    op = models.CharField(max_length=6, choices=Op.choices)
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    object_ref = models.CharField(max_length=120)
    object_version = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["object_type", "object_id", "-id"], name="change_of_record"),
            # The newest change of a record type tells the API whether a list can be answered with "not modified".
            models.Index(fields=["object_type", "-id"], name="change_newest_of_type"),
        ]

    def __str__(self) -> str:
        return f"{self.op} {self.object_type} {self.object_ref}"
