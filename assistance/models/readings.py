"""What the matching service read in the texts of offers and requests, kept so that a text is read once."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from .offers import Offer
from .requests import AssistanceRequest


class ReadingKept(models.Model):
    """The reading of one record's text, and of it what a search needs to find who may fit.

    It holds as long as the record's content and the vocabulary (States, bodies, areas, words and the rules themselves)
    give the same keys; `record_version` tells a search in the database that the record has been written since. Written
    by runs alone, shown to nobody.
    """

    record_version = models.PositiveIntegerField()
    content = models.CharField(max_length=32)
    vocabulary = models.CharField(max_length=32)
    areas = ArrayField(models.CharField(max_length=20), default=list)
    #: JSON as text: `jsonb` would not keep the order of keys, and with it the last digit of sums.
    reading = models.TextField()

    owner: ClassVar[str]

    class Meta:
        abstract = True


class OfferReadingKept(ReadingKept):
    """`covered` are the States that text and tags leave; null means all."""

    owner = "offer"

    offer = models.OneToOneField(Offer, on_delete=models.CASCADE, primary_key=True, related_name="reading_kept")
    covered = ArrayField(models.CharField(max_length=3), null=True)
    helps_to_define = models.BooleanField(default=False)

    class Meta:
        verbose_name = "kept reading of an offer"
        verbose_name_plural = "kept readings of offers"

    def __str__(self) -> str:
        return f"reading of offer {self.offer_id}"


class RequestReadingKept(ReadingKept):
    """`is_vague`: the text does not yet know what is needed, so help to define it fits in any area."""

    owner = "request"

    request = models.OneToOneField(
        AssistanceRequest, on_delete=models.CASCADE, primary_key=True, related_name="reading_kept"
    )
    is_vague = models.BooleanField(default=False)

    class Meta:
        verbose_name = "kept reading of a request"
        verbose_name_plural = "kept readings of requests"

    def __str__(self) -> str:
        return f"reading of request {self.request_id}"
