"""Plans over all open requests and all places: asked for by a person, computed by a worker, kept."""

from __future__ import annotations

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .matches import MatchingRun

MOST_OFFERS_PER_REQUEST = 20
MOST_UNSTATED_PLACES = 500


class PortfolioPlan(models.Model):
    """One plan: what it was computed under, how far the computing is, and what came out.

    `result` holds references, codes and numbers alone (`services.portfolio`), never words of a record, so that whoever
    reads a plan sees of each record what it says today.
    """

    record_type = "portfolio_plan"

    Status = MatchingRun.Status

    class Stage(models.TextChoices):
        READING = "reading", _("Comparing requests and offers")
        PLAN = "plan", _("Planning who takes what")
        MARGINS = "margins", _("Asking what one more place would bring")

    status = models.CharField(_("status"), max_length=7, choices=Status.choices, default=Status.QUEUED)
    offers_per_request = models.PositiveSmallIntegerField(
        _("offers a request"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_OFFERS_PER_REQUEST)],
        help_text=_("A request gets at most so many offers, those proposed or agreed already included."),
    )
    unstated_places = models.PositiveSmallIntegerField(
        _("places where no limit is known"),
        default=5,
        validators=[MaxValueValidator(MOST_UNSTATED_PLACES)],
        help_text=_("An offer that states no limit takes at most so many new requests: no known limit is not none."),
    )
    policy_version = models.PositiveIntegerField(_("policy"), null=True)
    asked_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    asked_by_label = models.CharField(_("asked for by"), max_length=200)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    stage = models.CharField(_("stage"), max_length=7, choices=Stage.choices, blank=True)
    steps_done = models.PositiveIntegerField(default=0)
    steps_total = models.PositiveIntegerField(default=0)
    is_proven = models.BooleanField(_("proven best"), null=True)
    gap = models.FloatField(_("gap"), null=True)
    result = models.JSONField(default=dict)
    problem = models.TextField(_("problem"), blank=True)

    class Meta:
        verbose_name = _("portfolio plan")
        verbose_name_plural = _("portfolio plans")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["status"], name="portfolio_plan_status")]
        constraints = [
            models.UniqueConstraint(
                fields=["offers_per_request", "unstated_places"],
                condition=models.Q(status__in=("queued", "running")),
                name="portfolio_plan_waits_once",
                violation_error_message=_("Such a plan is being computed already."),
            ),
            models.CheckConstraint(
                condition=models.Q(offers_per_request__range=(1, MOST_OFFERS_PER_REQUEST)),
                name="portfolio_plan_offers_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(unstated_places__lte=MOST_UNSTATED_PLACES),
                name="portfolio_plan_places_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"plan {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("assistance:portfolio_plan", args=[self.pk])

    @property
    def ref(self) -> str:
        return str(self.pk)

    @property
    def is_waiting(self) -> bool:
        """Queued or being computed."""
        return self.status in (self.Status.QUEUED, self.Status.RUNNING)

    @property
    def duration(self) -> timedelta | None:
        """From its start to its end; None while it is not finished."""
        return self.finished_at - self.started_at if self.finished_at and self.started_at else None
