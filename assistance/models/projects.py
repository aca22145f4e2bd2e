"""Projects: agreed matches carried out together (resolution 2325 (2016), OP 22)."""

from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cooperation_portal.records.models import Record, dates_in_order_constraint
from organizations.models import Organization, State

from ..querysets import ProjectQuerySet
from .matches import Match
from .vocabulary import Area


class Project(Record):
    """One or more States helped by a lead and contributing organizations.

    In concept and consultation an organization asks the Committee's view while the project is still being designed.
    """

    record_type = "project"

    class Status(models.TextChoices):
        CONCEPT = "concept", _("Concept")
        CONSULTATION = "consultation", _("Consultation")
        COMMITTED = "committed", _("Committed")
        UNDER_WAY = "under_way", _("Under way")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")

    reference = models.CharField(_("reference"), max_length=20, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=200)
    summary = models.TextField(_("summary"), max_length=4000)
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.CONCEPT, editable=False
    )
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="projects_led",
        verbose_name=_("lead organization"),
    )
    state = models.ForeignKey(
        State,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="projects_led",
        verbose_name=_("lead State"),
    )
    states = models.ManyToManyField(State, blank=True, related_name="projects", verbose_name=_("States helped"))
    areas = models.ManyToManyField(Area, blank=True, related_name="projects", verbose_name=_("areas"))
    matches = models.ManyToManyField(Match, blank=True, related_name="projects", verbose_name=_("matches"))
    starts_on = models.DateField(_("starts on"), null=True, blank=True)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    outcome = models.TextField(_("outcome"), blank=True, max_length=4000)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ["-pk"]
        constraints = [
            dates_in_order_constraint("starts_on", "ends_on", "project_dates_in_order"),
            models.CheckConstraint(
                condition=models.Q(organization__isnull=True, state__isnull=False)
                | models.Q(organization__isnull=False, state__isnull=True),
                name="project_one_lead",
                violation_error_message=_("A project is led by one organization or one State."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def ref(self) -> str:
        return self.reference

    @property
    def lead(self) -> Organization | State:
        return self.organization or self.state  # type: ignore[return-value]

    def parties(self) -> set[tuple[str, int]]:
        """Lead, contributors and the States and organizations helped."""
        found = self.owners() | {("state", state.pk) for state in self.states.all()}
        found |= {("organization", row.organization_id) for row in self.contributions.all()}
        for match in self.matches.select_related("request", "offer"):
            found |= match.parties()
        return found

    def snapshot_parts(self) -> dict[str, list[str]]:
        return {
            "milestones": [str(row) for row in self.milestones.all()],
            "contributions": [str(row) for row in self.contributions.all()],
        }

    def get_absolute_url(self) -> str:
        return reverse("assistance:project_detail", args=[self.reference])


class ProjectContribution(models.Model):
    """What an organization beside the lead brings, or says it would."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="contributions")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="project_contributions")
    what = models.CharField(_("what"), max_length=300)
    is_confirmed = models.BooleanField(_("confirmed by the lead"), default=False)

    class Meta:
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        ordering = ["project", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "organization"], name="project_contribution_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.organization}: {self.what}"


class Milestone(models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="milestones")
    title = models.CharField(_("milestone"), max_length=200)
    due_on = models.DateField(_("due"), null=True, blank=True)
    done_on = models.DateField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["project", "due_on", "pk"]

    def __str__(self) -> str:
        return f"{self.title} ({self.due_on or '-'} / {self.done_on or '-'})"


class ProjectFeedback(models.Model):
    """What a party says of a project: achievements and what could be better (resolution 2663 (2022), OP 20)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="feedback")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    state = models.ForeignKey(State, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    was_need_met = models.BooleanField(_("was the need met?"))
    text = models.TextField(_("feedback"), max_length=4000)
    given_at = models.DateTimeField(auto_now_add=True)
    given_by_label = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        ordering = ["project", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(organization__isnull=True, state__isnull=False)
                | models.Q(organization__isnull=False, state__isnull=True),
                name="project_feedback_one_party",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization or self.state}"
