"""Requests: what States and regional organizations need, and the dated steps of the procedure."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.levels import Level
from cooperation_portal.records.models import (
    Record,
    dates_in_order_constraint,
    one_owner_constraint,
    visibility_field,
)
from organizations.models import Organization, State

from ..querysets import RequestQuerySet
from .offers import languages_field
from .vocabulary import Area, AssistanceType, weapon_types_field


class AssistanceRequest(Record):
    """A request for help. The formal act is the Permanent Mission's note verbale; a draft here is not.

    `description` is confidential; `public_summary` is for the public, with recorded consent and after the window.
    """

    record_type = "request"

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        CLARIFICATION = "clarification", _("Clarification asked")
        AUTHENTICATED = "authenticated", _("Authenticated")
        CIRCULATED = "circulated", _("Circulated")
        BEING_ASSISTED = "being_assisted", _("Being assisted")
        REFERRED = "referred", _("Referred to the working group")
        FULFILLED = "fulfilled", _("Fulfilled")
        CLOSED = "closed", _("Closed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Origin(models.TextChoices):
        NOTE_VERBALE = "note_verbale", _("Note verbale")
        NATIONAL_REPORT = "national_report", _("National report")
        TEMPLATE = "template", _("Assistance template")
        OTHER = "other", _("Other")

    visibility = visibility_field(Level.COMMITTEE)
    reference = models.CharField(_("reference"), max_length=20, unique=True, editable=False)
    state = models.ForeignKey(State, on_delete=models.PROTECT, null=True, blank=True, related_name="requests")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="requests"
    )
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(
        _("description"),
        max_length=8000,
        blank=True,
        help_text=_("Confidential: what is needed, for whom, and what exists already."),
    )
    public_summary = models.TextField(
        _("public summary"),
        max_length=2000,
        blank=True,
        help_text=_("What the public may read, once consent is recorded and the window has passed."),
    )
    summary_consent_on = models.DateField(_("consent to the summary"), null=True, blank=True, editable=False)
    summary_published_on = models.DateField(_("summary published"), null=True, blank=True, editable=False)
    status = models.CharField(_("status"), max_length=14, choices=Status.choices, default=Status.DRAFT, editable=False)
    status_before_referral = models.CharField(max_length=14, blank=True, editable=False)
    weapon_types = weapon_types_field()
    languages = languages_field()
    needed_from = models.DateField(_("needed from"), null=True, blank=True)
    needed_by = models.DateField(_("needed by"), null=True, blank=True)
    preferred_providers = models.ManyToManyField(
        Organization, blank=True, related_name="preferred_in_requests", verbose_name=_("preferred providers")
    )
    declined_providers = models.ManyToManyField(
        Organization,
        blank=True,
        related_name="declined_in_requests",
        verbose_name=_("declined providers"),
        help_text=_("Their offers are never suggested. Only the Committee and its experts see this."),
    )
    origin = models.CharField(_("origin"), max_length=15, choices=Origin.choices, default=Origin.TEMPLATE)
    document_reference = models.CharField(_("document reference"), max_length=120, blank=True)
    received_on = models.DateField(_("received on"), null=True, blank=True)
    received_as_stated = models.CharField(
        max_length=20, blank=True, editable=False, help_text=_("A period, where the source gives no day.")
    )
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True, editable=False)
    requester_feedback = models.TextField(_("was the need met?"), blank=True, max_length=4000, editable=False)

    objects = RequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        ordering = ["-received_on", "-pk"]
        constraints = [
            one_owner_constraint("request_one_requester"),
            dates_in_order_constraint("needed_from", "needed_by", "request_dates_in_order"),
            models.CheckConstraint(
                condition=models.Q(summary_published_on__isnull=True)
                | (models.Q(summary_consent_on__isnull=False) & ~models.Q(public_summary="")),
                name="request_summary_only_with_consent",
                violation_error_message=_("A summary is published only with the requester's recorded consent."),
            ),
            models.CheckConstraint(condition=models.Q(visibility="committee"), name="request_is_confidential"),
            models.CheckConstraint(
                condition=models.Q(status="draft") | models.Q(provenance="public_source") | ~models.Q(description=""),
                name="request_described_once_submitted",
                violation_error_message=_("Say what is needed: only a draft may lack a description."),
            ),
        ]
        indexes = [
            models.Index(fields=["status"], name="request_status"),
            models.Index(fields=["-received_on", "-id"], name="request_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def ref(self) -> str:
        return self.reference

    @property
    def requester(self) -> State | Organization:
        return self.state or self.organization  # type: ignore[return-value]

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_owners_alone(self) -> bool:
        return self.is_draft

    @property
    def is_open(self) -> bool:
        """Stands in the procedure and may be matched."""
        return self.status in OPEN_STATUSES and not self.is_from_public_source

    def snapshot_parts(self) -> dict[str, Any]:
        return {
            "needs": [need.described() for need in self.needs.all()],
            "existing_assistance": [str(row) for row in self.existing_assistance.all()],
            "steps": [step.described() for step in self.steps.all()],
        }

    def get_absolute_url(self) -> str:
        return reverse("assistance:request_detail", args=[self.reference])


#: In the procedure, neither drafted nor ended.
OPEN_STATUSES = (
    AssistanceRequest.Status.SUBMITTED,
    AssistanceRequest.Status.CLARIFICATION,
    AssistanceRequest.Status.AUTHENTICATED,
    AssistanceRequest.Status.CIRCULATED,
    AssistanceRequest.Status.BEING_ASSISTED,
    AssistanceRequest.Status.REFERRED,
)
#: Providers read the full text.
CIRCULATED_STATUSES = (AssistanceRequest.Status.CIRCULATED, AssistanceRequest.Status.BEING_ASSISTED)


class Need(models.Model):
    """One need of a request: one area, the forms of help wanted, and how urgent it is."""

    class Priority(models.TextChoices):
        HIGH = "high", _("High")
        MEDIUM = "medium", _("Medium")
        LOW = "low", _("Low")

    request = models.ForeignKey(AssistanceRequest, on_delete=models.CASCADE, related_name="needs")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="needs", verbose_name=_("area"))
    types = models.ManyToManyField(
        AssistanceType, blank=True, related_name="needs", verbose_name=_("types of assistance")
    )
    priority = models.CharField(_("priority"), max_length=6, choices=Priority.choices, default=Priority.MEDIUM)
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    position = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("need")
        verbose_name_plural = _("needs")
        ordering = ["request", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["request", "area"], name="need_area_once_a_request")]

    def __str__(self) -> str:
        return str(self.area)

    def described(self) -> str:
        types = ", ".join(sorted(kind.code for kind in self.types.all()))
        return f"{self.area.code} [{types}] {self.priority}: {self.detail}"


class ExistingAssistance(models.Model):
    """Help the requester already receives, so that none is offered twice."""

    request = models.ForeignKey(AssistanceRequest, on_delete=models.CASCADE, related_name="existing_assistance")
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="existing_in_requests",
        verbose_name=_("provider"),
    )
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", verbose_name=_("area"))
    until = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("existing assistance")
        verbose_name_plural = _("existing assistance")
        ordering = ["request", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["request", "organization", "area"], name="existing_assistance_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.organization} {self.area.code} {self.until or ''}".strip()


class RequestStep(models.Model):
    """A step of the procedure of October 2010, with its clock."""

    class Kind(models.TextChoices):
        RECEIVED = "received", _("Request received")
        AUTHENTICATED = "authenticated", _("Authenticated")
        CIRCULATED_INTERNALLY = "circulated_internally", _("Circulated to Committee members and experts")
        ACKNOWLEDGED = "acknowledged", _("Letter of acknowledgement sent")
        CIRCULATED = "circulated", _("Note verbale sent to possible providers")
        SUMMARY_PUBLISHED = "summary_published", _("Public summary published")
        MATCHMAKING = "matchmaking", _("Matchmaking begun")
        OFFER_RECEIVED = "offer_received", _("Offer agreed and requester told")
        FOLLOWED_UP = "followed_up", _("Follow-up: has the need been met?")

    request = models.ForeignKey(AssistanceRequest, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(_("step"), max_length=21, choices=Kind.choices)
    due_on = models.DateField(_("due"), null=True, blank=True)
    done_on = models.DateField(_("done"), null=True, blank=True)
    done_by_label = models.CharField(max_length=200, blank=True, editable=False)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("step of the procedure")
        verbose_name_plural = _("steps of the procedure")
        ordering = ["request", "pk"]
        constraints = [models.UniqueConstraint(fields=["request", "kind"], name="request_step_unique")]
        indexes = [models.Index(fields=["due_on"], name="request_step_due", condition=models.Q(done_on__isnull=True))]

    def __str__(self) -> str:
        return self.get_kind_display()

    def described(self) -> str:
        return f"{self.kind} due {self.due_on or '-'} done {self.done_on or '-'} {self.note}".strip()

    @property
    def is_overdue(self) -> bool:
        return self.done_on is None and self.due_on is not None and self.due_on < timezone.localdate()
