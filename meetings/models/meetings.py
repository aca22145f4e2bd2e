"""Meetings of the network: who takes part, what is on the agenda, what was posted and what was agreed to be done."""

from __future__ import annotations

import uuid
from pathlib import PurePosixPath

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assistance.models.offers import DatePrecision
from cooperation_portal.access.levels import Level
from cooperation_portal.records.models import (
    Record,
    dates_in_order_constraint,
    one_owner_constraint,
    visibility_field,
)
from organizations.models import Organization, State
from organizations.models.states import RegionalGroup

from ..querysets import ActionItemQuerySet, DocumentQuerySet, MeetingQuerySet


class Meeting(Record):
    """An event of the network. `organization` owns its page; organizers and hosts are participations."""

    record_type = "meeting"

    class Kind(models.TextChoices):
        IRO_MEETING = "iro_meeting", _("Cooperation meeting of organizations")
        ASSISTANCE_CONFERENCE = "assistance_conference", _("Assistance conference")
        SIDE_EVENT = "side_event", _("Side event")
        COUNTRY_VISIT = "country_visit", _("Country visit")
        TRAINING = "training", _("Training")
        WORKSHOP = "workshop", _("Workshop")
        PEER_REVIEW = "peer_review", _("Peer review")
        REVIEW = "review", _("Comprehensive review")
        COMMITTEE_MEETING = "committee_meeting", _("Committee meeting")

    class Format(models.TextChoices):
        IN_PERSON = "in_person", _("In person")
        VIRTUAL = "virtual", _("Virtual")
        HYBRID = "hybrid", _("In person and virtual")

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        CONFIRMED = "confirmed", _("Confirmed")
        HELD = "held", _("Held")
        CANCELLED = "cancelled", _("Cancelled")

    visibility = visibility_field(Level.PUBLIC)
    reference = models.CharField(_("reference"), max_length=20, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=250)
    kind = models.CharField(_("kind"), max_length=21, choices=Kind.choices)
    format = models.CharField(_("format"), max_length=9, choices=Format.choices, default=Format.IN_PERSON)
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.PLANNED, editable=False)
    starts_on = models.DateField(_("starts on"), null=True, blank=True)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    date_precision = models.CharField(
        max_length=5, choices=DatePrecision.choices, default=DatePrecision.DAY, editable=False
    )
    place = models.CharField(_("place"), max_length=120, blank=True)
    country = models.ForeignKey(
        State,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="meetings_held_in",
        verbose_name=_("State"),
    )
    regional_group = models.CharField(_("region"), max_length=16, choices=RegionalGroup.choices, blank=True)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="meetings_owned",
        verbose_name=_("organization in charge of this page"),
    )
    follows_up = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="followed_up_by",
        verbose_name=_("follows up"),
    )
    summary = models.TextField(_("summary"), blank=True, max_length=4000)
    organizers_as_stated = models.CharField(
        max_length=300, blank=True, editable=False, help_text=_("As the source words it.")
    )
    participants_as_stated = models.TextField(
        blank=True,
        editable=False,
        help_text=_("As the source words it, where not every participant is known by name."),
    )
    note_on_source = models.CharField(_("note on the source"), max_length=300, blank=True)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        ordering = [models.F("starts_on").desc(nulls_last=True), "-pk"]
        constraints = [
            dates_in_order_constraint("starts_on", "ends_on", "meeting_dates_in_order"),
            models.CheckConstraint(
                condition=models.Q(follows_up__isnull=True) | ~models.Q(follows_up=models.F("id")),
                name="meeting_not_own_follow_up",
                violation_error_message=_("A meeting cannot follow up itself."),
            ),
        ]
        indexes = [models.Index(fields=["-starts_on", "-id"], name="meeting_newest_first")]

    def __str__(self) -> str:
        return self.title

    @property
    def ref(self) -> str:
        return self.reference

    def owners(self) -> set[tuple[str, int]]:
        return {("organization", self.organization_id)} if self.organization_id else set()

    def parties(self) -> set[tuple[str, int]]:
        """The owner and everybody who takes part."""
        found = self.owners()
        for row in self.participations.all():
            found |= row.owners()
        return found

    def snapshot_parts(self) -> dict[str, list[str]]:
        return {
            "participations": [str(row) for row in self.participations.select_related("organization", "state")],
            "agenda": [str(row) for row in self.agenda.all()],
        }

    def get_absolute_url(self) -> str:
        return reverse("meetings:detail", args=[self.reference])


class Participation(models.Model):
    """An organization's or State's part in a meeting. Names of persons are not kept."""

    class PartRole(models.TextChoices):
        ORGANIZER = "organizer", _("Organizer")
        HOST = "host", _("Host")
        MODERATOR = "moderator", _("Moderator")
        SPEAKER = "speaker", _("Speaker")
        PARTICIPANT = "participant", _("Participant")
        OBSERVER = "observer", _("Observer")

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="participations")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="participations"
    )
    state = models.ForeignKey(State, on_delete=models.PROTECT, null=True, blank=True, related_name="participations")
    role = models.CharField(_("role"), max_length=11, choices=PartRole.choices, default=PartRole.PARTICIPANT)
    head_count = models.PositiveSmallIntegerField(_("people"), null=True, blank=True)

    class Meta:
        verbose_name = _("participation")
        verbose_name_plural = _("participations")
        ordering = ["meeting", "role", "pk"]
        constraints = [
            one_owner_constraint("participation_one_party"),
            models.UniqueConstraint(
                fields=["meeting", "organization", "role"], name="participation_unique_organization"
            ),
            models.UniqueConstraint(fields=["meeting", "state", "role"], name="participation_unique_state"),
        ]

    def __str__(self) -> str:
        return f"{self.party.ref} ({self.role})"

    @property
    def party(self) -> Organization | State:
        return self.organization or self.state  # type: ignore[return-value]

    def owners(self) -> set[tuple[str, int]]:
        pairs = (("organization", self.organization_id), ("state", self.state_id))
        return {(kind, key) for kind, key in pairs if key}


class AgendaItem(models.Model):
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="agenda")
    day = models.PositiveSmallIntegerField(_("day"), default=1)
    starts_at = models.TimeField(_("time"), null=True, blank=True)
    title = models.CharField(_("item"), max_length=250)
    position = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("agenda item")
        verbose_name_plural = _("agenda items")
        ordering = ["meeting", "day", "position", "pk"]

    def __str__(self) -> str:
        return f"{self.day}. {self.title}"


#: Below MEDIA_ROOT. A nightly task removes from it what no document names.
DOCUMENTS_FOLDER = "documents"


def document_path(document: Document, filename: str) -> str:
    """A name of our own on disk; the reader gets the uploader's name back."""
    return f"{DOCUMENTS_FOLDER}/{uuid.uuid4().hex}{PurePosixPath(filename).suffix.lower()[:8]}"


class Document(Record):
    """A file that a participant posted for a meeting."""

    record_type = "document"

    visibility = visibility_field(Level.PARTICIPANTS)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="documents")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="documents"
    )
    state = models.ForeignKey(State, on_delete=models.PROTECT, null=True, blank=True, related_name="documents")
    title = models.CharField(_("title"), max_length=200)
    file = models.FileField(_("file"), upload_to=document_path)
    file_name = models.CharField(max_length=200, editable=False)
    content_type = models.CharField(max_length=100, editable=False)
    size = models.PositiveIntegerField(_("size in bytes"), editable=False)
    sha256 = models.CharField(max_length=64, editable=False)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(organization__isnull=False, state__isnull=False),
                name="document_not_two_owners",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def ref(self) -> str:
        return f"document-{self.pk}"

    @property
    def poster(self) -> Organization | State | None:
        """Who posted it; None for the Committee's experts and the secretariat."""
        return self.organization or self.state

    def parties(self) -> set[tuple[str, int]]:
        """Its poster, if that takes part in the meeting or keeps its page."""
        return self.owners() & self.meeting.parties()

    def get_absolute_url(self) -> str:
        return reverse("meetings:document", args=[self.pk])


class ActionItem(Record):
    """Something that a meeting asked somebody to do."""

    record_type = "action_item"

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("Dropped")

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="action_items")
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="action_items",
        verbose_name=_("organization asked"),
    )
    state = models.ForeignKey(
        State,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="action_items",
        verbose_name=_("State asked"),
    )
    what = models.CharField(_("what"), max_length=400)
    due_on = models.DateField(_("due"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=7, choices=Status.choices, default=Status.OPEN)
    follow_up = models.TextField(_("follow-up"), blank=True, max_length=2000)

    objects = ActionItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("action item")
        verbose_name_plural = _("action items")
        ordering = ["meeting", "due_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(organization__isnull=False, state__isnull=False),
                name="action_item_not_two_parties",
            ),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def ref(self) -> str:
        return f"action-{self.pk}"

    @property
    def asked(self) -> Organization | State | None:
        """Who is asked; None if it is everybody who took part."""
        return self.organization or self.state

    @property
    def is_overdue(self) -> bool:
        return self.status == self.Status.OPEN and self.due_on is not None and self.due_on < timezone.localdate()

    def owners(self) -> set[tuple[str, int]]:
        """The meeting's owner: it decides what is asked of whom."""
        return self.meeting.owners()

    def parties(self) -> set[tuple[str, int]]:
        return self.owners() | super().owners()

    def get_absolute_url(self) -> str:
        return f"{self.meeting.get_absolute_url()}#action-{self.pk}"
