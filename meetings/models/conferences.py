"""The schedule of a regional assistance conference: who meets whom, when and at which table."""

from __future__ import annotations

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from assistance.models import AssistanceRequest, Offer
from cooperation_portal.access.levels import Level
from cooperation_portal.records.models import Record, visibility_field
from organizations.models import Organization, State

from ..querysets import AppointmentQuerySet, ConferencePlanQuerySet
from .meetings import Meeting


class ConferencePlan(Record):
    """What a conference's bilateral meetings were computed from. It says which State asks for what: the Committee's."""

    record_type = "conference"

    visibility = visibility_field(Level.COMMITTEE)
    meeting = models.OneToOneField(Meeting, on_delete=models.CASCADE, related_name="conference")
    key = models.UUIDField(
        default=uuid.uuid4,
        unique=True,
        editable=False,
        help_text=_("Of the form that made it: sent twice, saved once."),
    )
    region = models.CharField(_("region"), max_length=80, help_text=_("Such as group:GRULAC or members:OAS."))
    time_zone = models.CharField(_("time zone"), max_length=64)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    options = models.JSONField(_("options"), help_text=_("Hours, tables, parties and adjustments, as typed."))
    policy_version = models.CharField(_("policy"), max_length=20)
    value = models.PositiveBigIntegerField(_("value"), help_text=_("Sum over the appointments, in hundredths."))
    bound = models.PositiveBigIntegerField(_("bound"), help_text=_("What no schedule could exceed, in hundredths."))

    objects = ConferencePlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("conference schedule")
        verbose_name_plural = _("conference schedules")
        ordering = ["-first_day", "-pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(visibility=Level.COMMITTEE), name="conference_is_confidential"),
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="conference_days_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.meeting.title

    @property
    def ref(self) -> str:
        return self.meeting.reference

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def is_frozen(self) -> bool:
        """Held or called off: what was arranged stays as it is."""
        return self.meeting.status in (Meeting.Status.HELD, Meeting.Status.CANCELLED)

    @property
    def is_shared(self) -> bool:
        """Whether the parties find their own appointments."""
        return self.meeting.status in (Meeting.Status.CONFIRMED, Meeting.Status.HELD)

    def snapshot_parts(self) -> dict[str, list[str]]:
        return {"appointments": [row.in_brief for row in self.appointments.standing().with_parties()]}

    def get_absolute_url(self) -> str:
        return reverse("meetings:conference_detail", args=[self.meeting.reference])


def _party(kind: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(**{f"{kind}_organization__isnull": True, f"{kind}_state__isnull": False})
        | models.Q(**{f"{kind}_organization__isnull": False, f"{kind}_state__isnull": True}),
        name=f"appointment_one_{kind}",
    )


class Appointment(models.Model):
    """A bilateral meeting. One that was taken out after the conference was confirmed stays, as cancelled."""

    plan = models.ForeignKey(ConferencePlan, on_delete=models.CASCADE, related_name="appointments")
    requester_organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    requester_state = models.ForeignKey(State, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    provider_organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    provider_state = models.ForeignKey(State, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    table = models.PositiveSmallIntegerField(_("table"))
    value = models.PositiveIntegerField(_("value"), help_text=_("In hundredths."))
    revision = models.PositiveIntegerField(default=0, help_text=_("How often its time, table or standing changed."))
    is_cancelled = models.BooleanField(_("cancelled"), default=False)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        ordering = ["starts_at", "table", "pk"]
        constraints = [
            _party("requester"),
            _party("provider"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="appointment_ends_after_it_starts"
            ),
            models.UniqueConstraint(
                fields=["plan", "starts_at", "table"],
                condition=models.Q(is_cancelled=False),
                name="appointment_one_a_table",
            ),
            models.UniqueConstraint(
                fields=[
                    "plan",
                    "requester_organization",
                    "requester_state",
                    "provider_organization",
                    "provider_state",
                ],
                nulls_distinct=False,
                name="appointment_pair_once",
            ),
            *(
                models.UniqueConstraint(
                    fields=["plan", "starts_at", field],
                    condition=models.Q(is_cancelled=False),
                    name=f"appointment_once_{field}",
                )
                for field in (
                    "requester_organization",
                    "requester_state",
                    "provider_organization",
                    "provider_state",
                )
            ),
        ]

    def __str__(self) -> str:
        return self.in_brief

    @property
    def requester(self) -> Organization | State:
        return self.requester_organization or self.requester_state  # type: ignore[return-value]

    @property
    def provider(self) -> Organization | State:
        return self.provider_organization or self.provider_state  # type: ignore[return-value]

    @property
    def parties(self) -> tuple[Organization | State, Organization | State]:
        return (self.requester, self.provider)

    @property
    def uid(self) -> uuid.UUID:
        """Of the pair in this conference, however often it is moved: calendars know it again."""
        kinds = [f"{party.record_type}:{party.ref}" for party in self.parties]
        return uuid.uuid5(self.plan.key, " ".join(kinds))

    @property
    def in_brief(self) -> str:
        return f"{self.starts_at:%Y-%m-%dT%H:%MZ} {self.table}: {self.requester.ref} – {self.provider.ref}"

    def local_start(self, zone: ZoneInfo) -> datetime:
        return self.starts_at.astimezone(zone)

    def local_end(self, zone: ZoneInfo) -> datetime:
        return self.ends_at.astimezone(zone)


class AppointmentSubject(models.Model):
    """What a bilateral meeting is about: a request and the provider's offer that fits it best."""

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="subjects")
    request = models.ForeignKey(AssistanceRequest, on_delete=models.CASCADE, related_name="+")
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField(_("score"), help_text=_("In hundredths."))

    class Meta:
        verbose_name = _("subject")
        verbose_name_plural = _("subjects")
        ordering = ["-score", "pk"]
        constraints = [models.UniqueConstraint(fields=["appointment", "request"], name="appointment_subject_once")]

    def __str__(self) -> str:
        return f"{self.request.reference}/{self.offer.reference}"
