"""The change feed's rows."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Change(models.Model):
    """A record was written. `id` grows in commit order (see `recording.py`); content is read live, never from here.

    `readers` and `readers_before` say who among the feed's readers sees the record now and saw it until then, as tokens
    of `readers.py`. A reader of the first is told of a write; one of the second alone, that the record is gone.
    """

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
    readers = ArrayField(models.BigIntegerField(), default=list)
    readers_before = ArrayField(models.BigIntegerField(), default=list)
    #: Whether anybody is told; what is for nobody, such as a suggested match, is never scanned.
    is_told = models.BooleanField(default=False)
    #: Whether its natural key is another than before: what names it says so by the key.
    is_renamed = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["object_type", "object_id", "-id"], name="change_of_record"),
            # The newest change of a record type tells the API whether a list can be answered with "not modified".
            models.Index(fields=["object_type", "-id"], name="change_newest_of_type"),
            models.Index(fields=["id"], name="change_told", condition=models.Q(is_told=True)),
            models.Index(fields=["object_type", "-id"], name="change_told_of_type", condition=models.Q(is_told=True)),
            models.Index(fields=["-id"], name="change_renamed", condition=models.Q(is_renamed=True)),
        ]

    def __str__(self) -> str:
        return f"{self.op} {self.object_type} {self.object_ref}"
