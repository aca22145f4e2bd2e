"""Offers: the programmes and standing offers of those who can help."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.levels import Level
from cooperation_portal.records.languages import WorkingLanguage
from cooperation_portal.records.models import Record, dates_in_order_constraint, one_owner_constraint
from organizations.models import Organization, State
from organizations.models.states import RegionalGroup

from ..querysets import OfferQuerySet
from ..searching import offer_text
from .vocabulary import Area, AssistanceType, weapon_types_field

SUMMARY_MAX_LENGTH = 4000
IATI_IDENTIFIER_MAX_LENGTH = 255


class DatePrecision(models.TextChoices):
    """How much of a date its source gives."""

    DAY = "day", _("Day")
    MONTH = "month", _("Month")
    YEAR = "year", _("Year")


def languages_field() -> ArrayField:
    return ArrayField(
        models.CharField(max_length=2, choices=WorkingLanguage.choices),
        default=list,
        blank=True,
        verbose_name=_("languages"),
    )


class Offer(Record):
    """Help that an organization or a State gives: what, in which form, to whom, when and for how many."""

    record_type = "offer"

    class Kind(models.TextChoices):
        PROGRAMME = "programme", _("Programme")
        STANDING_OFFER = "standing_offer", _("Standing offer")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PLANNED = "planned", _("Planned")
        ONGOING = "ongoing", _("Ongoing")
        SUSPENDED = "suspended", _("Suspended")
        COMPLETED = "completed", _("Completed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Coverage(models.TextChoices):
        GLOBAL = "global", _("All States")
        SELECTED = "selected", _("Selected States")

    reference = models.CharField(_("reference"), max_length=20, unique=True, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="offers"
    )
    state = models.ForeignKey(State, on_delete=models.PROTECT, null=True, blank=True, related_name="offers_given")
    kind = models.CharField(_("kind"), max_length=14, choices=Kind.choices, default=Kind.PROGRAMME)
    title = models.CharField(_("title"), max_length=200)
    summary = models.TextField(
        _("summary"),
        max_length=SUMMARY_MAX_LENGTH,
        blank=True,
        help_text=_("What is offered and how it works. Markdown is understood. A draft may do without."),
    )
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.DRAFT, editable=False)
    areas = models.ManyToManyField(Area, related_name="offers", verbose_name=_("areas"))
    types = models.ManyToManyField(AssistanceType, related_name="offers", verbose_name=_("types of assistance"))
    weapon_types = weapon_types_field()
    coverage = models.CharField(_("coverage"), max_length=8, choices=Coverage.choices, default=Coverage.SELECTED)
    regional_groups = ArrayField(
        models.CharField(max_length=16, choices=RegionalGroup.choices),
        default=list,
        blank=True,
        verbose_name=_("regional groups"),
    )
    members_of = models.ManyToManyField(
        Organization, blank=True, related_name="offers_for_members", verbose_name=_("member States of")
    )
    states = models.ManyToManyField(State, blank=True, related_name="offers_open_to", verbose_name=_("States"))
    languages = languages_field()
    starts_on = models.DateField(_("starts on"), null=True, blank=True)
    starts_precision = models.CharField(
        max_length=5, choices=DatePrecision.choices, default=DatePrecision.DAY, editable=False
    )
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    ends_precision = models.CharField(
        max_length=5, choices=DatePrecision.choices, default=DatePrecision.DAY, editable=False
    )
    capacity = models.PositiveSmallIntegerField(
        _("capacity"),
        null=True,
        blank=True,
        help_text=_("How many more States can be helped. Leave empty if there is no limit."),
    )
    iati_identifier = models.CharField(
        _("IATI identifier"),
        max_length=IATI_IDENTIFIER_MAX_LENGTH,
        blank=True,
        editable=False,
        help_text=_("Of the activity from which it was imported; it keeps it when it is published again."),
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["-published_at", "-pk"]
        constraints = [
            one_owner_constraint("offer_one_provider"),
            dates_in_order_constraint("starts_on", "ends_on", "offer_dates_in_order"),
            models.CheckConstraint(
                condition=~models.Q(visibility="participants"), name="offer_visibility_without_participants"
            ),
            models.UniqueConstraint(
                fields=["organization", "iati_identifier"],
                condition=~models.Q(iati_identifier=""),
                name="offer_iati_identifier_unique",
                violation_error_message=_("The organization has an offer with this IATI identifier already."),
            ),
            models.CheckConstraint(
                condition=models.Q(status="draft") | ~models.Q(summary=""),
                name="offer_published_with_summary",
                violation_error_message=_("Only a draft may do without a summary."),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "visibility"], name="offer_status_visibility"),
            models.Index(fields=["-published_at", "-id"], name="offer_newest_first"),
            models.Index(fields=["ends_on"], name="offer_ends_on"),
            GinIndex(OpClass(offer_text(), name="gin_trgm_ops"), name="offer_text_trigrams"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def ref(self) -> str:
        return self.reference

    @property
    def provider(self) -> Organization | State:
        return self.organization or self.state  # type: ignore[return-value]

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_owners_alone(self) -> bool:
        return self.is_draft

    @property
    def is_live(self) -> bool:
        """Planned or ongoing, not past its end, and posted or confirmed by its provider."""
        past_end = self.ends_on is not None and self.ends_on < timezone.localdate()
        return (
            self.status in (self.Status.PLANNED, self.Status.ONGOING)
            and not past_end
            and not self.is_from_public_source
        )

    def clean(self) -> None:
        problems = {}
        if self.coverage == self.Coverage.GLOBAL and self.regional_groups:
            problems["regional_groups"] = _(
                "An offer open to all States names no regional groups. Clear one of the two."
            )
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            problems["ends_on"] = _("The end is before the start. Check both dates.")
        if self.visibility == Level.PARTICIPANTS:
            problems["visibility"] = _("An offer has no participants. Choose another readership.")
        if problems:
            raise ValidationError(problems)

    def snapshot_parts(self) -> dict[str, Any]:
        return {"partners": [f"{partner.role}: {partner.name}" for partner in self.partners.all()]}

    def get_absolute_url(self) -> str:
        return reverse("assistance:offer_detail", args=[self.reference])


class OfferPartner(models.Model):
    """Who pays or carries out, where that is not the provider: the EU funds, CICTE implements."""

    class PartnerRole(models.TextChoices):
        FUNDER = "funder", _("Funder")
        IMPLEMENTER = "implementer", _("Implementing partner")

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="partners")
    role = models.CharField(_("role"), max_length=11, choices=PartnerRole.choices)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="partner_in_offers"
    )
    state = models.ForeignKey(State, on_delete=models.PROTECT, null=True, blank=True, related_name="partner_in_offers")
    other_name = models.CharField(_("other"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ["offer", "role", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=(
                    models.Q(organization__isnull=False, state__isnull=True, other_name="")
                    | models.Q(organization__isnull=True, state__isnull=False, other_name="")
                    | (models.Q(organization__isnull=True, state__isnull=True) & ~models.Q(other_name=""))
                ),
                name="offer_partner_is_one",
                violation_error_message=_("Name an organization, a State or another funder: one of the three."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.other_name or str(self.organization or self.state)

    @property
    def code(self) -> str:
        """The natural key by which the API writes a partner."""
        partner = self.organization or self.state
        return partner.ref if partner else self.other_name
