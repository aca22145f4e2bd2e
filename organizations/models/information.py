"""The one-page paper in which an organization says what 1540-relevant information it holds and can share."""

from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cooperation_portal.records.models import Record

from ..querysets import InformationSheetQuerySet
from .organizations import Organization


class InformationSheet(Record):
    """One per organization, as the Vienna meeting of 2010 proposed."""

    record_type = "information_sheet"

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")

    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, related_name="information_sheet")
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.DRAFT)
    summary = models.TextField(
        _("summary"),
        max_length=4000,
        help_text=_("What the organization does that matters for resolution 1540."),
    )

    objects = InformationSheetQuerySet.as_manager()

    class Meta:
        verbose_name = _("information sheet")
        verbose_name_plural = _("information sheets")
        ordering = ["organization"]

    def __str__(self) -> str:
        return self.organization.acronym

    @property
    def ref(self) -> str:
        return self.organization.acronym

    @property
    def is_owners_alone(self) -> bool:
        return self.status == self.Status.DRAFT

    def snapshot_parts(self) -> dict[str, list[str]]:
        return {"items": [f"{item.kind}: {item.description} ({item.terms})" for item in self.items.all()]}

    def get_absolute_url(self) -> str:
        return reverse("organizations:sheet", args=[self.organization.slug])


class InformationItem(models.Model):
    """One kind of information held, and the terms on which it is shared."""

    class Kind(models.TextChoices):
        LEGISLATION = "legislation", _("Legislation and legal analysis")
        STANDARDS = "standards", _("Standards and guidelines")
        PRACTICES = "practices", _("Effective practices")
        TRAINING = "training", _("Training material")
        PROGRAMMES = "programmes", _("Programmes and projects")
        STATISTICS = "statistics", _("Statistics and assessments")
        CONTACTS = "contacts", _("Networks and contacts")
        OTHER = "other", _("Other")

    class Terms(models.TextChoices):
        OPEN = "open", _("Open to all")
        NETWORK = "network", _("Members of the network")
        ON_REQUEST = "on_request", _("On request")
        STATE_CONSENT = "state_consent", _("With the State's consent")

    sheet = models.ForeignKey(InformationSheet, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(_("kind"), max_length=11, choices=Kind.choices)
    description = models.CharField(_("what"), max_length=500)
    terms = models.CharField(_("terms"), max_length=13, choices=Terms.choices, default=Terms.ON_REQUEST)

    class Meta:
        verbose_name = _("kind of information")
        verbose_name_plural = _("kinds of information")
        ordering = ["sheet", "kind", "pk"]

    def __str__(self) -> str:
        return self.description
