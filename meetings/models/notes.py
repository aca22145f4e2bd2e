"""Information notes and summary reports of meetings."""

from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from assistance.models import Area, ResolutionParagraph
from cooperation_portal.access.levels import Level
from cooperation_portal.records.models import Record, visibility_field

from ..querysets import NoteQuerySet
from .meetings import Meeting


class Note(Record):
    """The record of a meeting, with the parts that the Committee's notes customarily have."""

    record_type = "note"

    class Kind(models.TextChoices):
        INFORMATION_NOTE = "information_note", _("Information note")
        SUMMARY_REPORT = "summary_report", _("Summary report")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")

    visibility = visibility_field(Level.NETWORK)
    meeting = models.OneToOneField(Meeting, on_delete=models.CASCADE, related_name="note")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.INFORMATION_NOTE)
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.DRAFT, editable=False)
    prepared_by = models.CharField(
        _("prepared by"), max_length=150, help_text=_("The office or function, such as: Group of Experts.")
    )
    background = models.TextField(_("background"), max_length=8000)
    paragraphs = models.ManyToManyField(
        ResolutionParagraph, blank=True, related_name="notes", verbose_name=_("operative paragraphs")
    )
    highlights = models.TextField(_("highlights"), max_length=12000)
    recommendations = models.TextField(_("recommendations"), blank=True, max_length=8000)
    additional_comments = models.TextField(_("additional comments"), blank=True, max_length=4000)
    disclaimer = models.TextField(_("disclaimer"), blank=True, max_length=1000)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = NoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-meeting__starts_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.meeting}"

    @property
    def ref(self) -> str:
        return self.meeting.reference

    def owners(self) -> set[tuple[str, int]]:
        return self.meeting.owners()

    def snapshot_parts(self) -> dict[str, list[str]]:
        return {"future_issues": [str(issue) for issue in self.future_issues.all()]}

    def get_absolute_url(self) -> str:
        return reverse("meetings:note", args=[self.meeting.reference])


class FutureIssue(models.Model):
    """Assistance that the meeting saw a need for, tied to areas so that it can be counted."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="future_issues")
    text = models.CharField(_("issue"), max_length=400)
    areas = models.ManyToManyField(Area, related_name="future_issues", verbose_name=_("areas"))
    position = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("future assistance issue")
        verbose_name_plural = _("future assistance issues")
        ordering = ["note", "position", "pk"]

    def __str__(self) -> str:
        return self.text
