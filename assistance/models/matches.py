"""Matches: a request and an offer that the matching service, and then people, brought together."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.levels import Level
from cooperation_portal.records.models import Record, visibility_field

from ..querysets import MatchQuerySet, RunQuerySet
from .offers import Offer
from .requests import AssistanceRequest


class MatchingPolicy(models.Model):
    """Weights and threshold of the matching service. A change is a new version; the newest is in force."""

    record_type = "policy"

    version = models.PositiveIntegerField(_("version"), unique=True)
    weights = models.JSONField(_("weights"), help_text=_("How much each part counts; shares of 100 points."))
    lowering = models.JSONField(
        _("lowering"), default=dict, help_text=_("Percentage that each of these parts takes off at its full value.")
    )
    priorities = models.JSONField(
        _("priorities"), default=dict, help_text=_("How high, medium and low needs count against each other.")
    )
    threshold = models.FloatField(_("threshold"), help_text=_("Pairs that score less are not suggested (0–100)."))
    reach = models.FloatField(
        _("reach"), default=0.25, help_text=_("How well an offer must serve some need to be considered at all (0–1).")
    )
    breadth = models.FloatField(
        _("breadth"), default=0.25, help_text=_("Share of the fit that comes from all needs together (0–1).")
    )
    note = models.TextField(_("why it changed"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by_label = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = _("matching policy")
        verbose_name_plural = _("matching policies")
        ordering = ["-version"]

    def __str__(self) -> str:
        return f"policy {self.version}"

    @property
    def ref(self) -> str:
        return str(self.version)


class MatchingRun(models.Model):
    """One run of the matching service: asked for in the transaction that made it necessary, carried out by a worker."""

    record_type = "run"

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    class Cause(models.TextChoices):
        OFFER = "offer", _("An offer changed")
        REQUEST = "request", _("A request changed")
        NIGHTLY = "nightly", _("Nightly run")
        DEMAND = "demand", _("Asked for by an expert")
        POLICY = "policy", _("The policy changed")
        WORDS = "words", _("The glossary changed")

    status = models.CharField(_("status"), max_length=7, choices=Status.choices, default=Status.QUEUED)
    cause = models.CharField(_("cause"), max_length=7, choices=Cause.choices)
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    request = models.ForeignKey(AssistanceRequest, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    policy_version = models.PositiveIntegerField(_("policy"), null=True)
    queued_at = models.DateTimeField(_("queued"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    asked_by_label = models.CharField(_("asked for by"), max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    requests_total = models.PositiveIntegerField(_("requests"), default=0)
    requests_done = models.PositiveIntegerField(_("requests done"), default=0)
    offers_total = models.PositiveIntegerField(_("offers"), default=0)
    suggested = models.PositiveIntegerField(_("new suggestions"), default=0)
    changed = models.PositiveIntegerField(_("changed suggestions"), default=0)
    superseded = models.PositiveIntegerField(_("superseded"), default=0)
    reading_ms = models.PositiveIntegerField(_("reading (ms)"), default=0)
    scoring_ms = models.PositiveIntegerField(_("scoring (ms)"), default=0)
    writing_ms = models.PositiveIntegerField(_("writing (ms)"), default=0)
    problem_code = models.CharField(max_length=20, blank=True, editable=False)
    problem = models.TextField(_("problem"), blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("matching run")
        verbose_name_plural = _("matching runs")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["status"], name="matching_run_status")]

    def __str__(self) -> str:
        return f"run {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("assistance:run_detail", args=[self.pk])

    @property
    def ref(self) -> str:
        return str(self.pk)

    @property
    def is_waiting(self) -> bool:
        """Queued or being carried out."""
        return self.status in (self.Status.QUEUED, self.Status.RUNNING)

    @property
    def is_over_everything(self) -> bool:
        return self.offer_id is None and self.request_id is None

    @property
    def duration(self) -> timedelta | None:
        """From its start to its end; None while it is not finished."""
        return self.finished_at - self.started_at if self.finished_at and self.started_at else None


class Misfit(models.TextChoices):
    """What did not fit, in the eyes of whoever dismissed or declined: counted against what the policy said.

    All but the last two are parts of the score, alone or with the part that lowers for the same cause.
    """

    NEEDS = "needs", _("Needs or area")
    TYPES = "types", _("Form of help")
    WEAPONS = "weapons", _("Weapon type")
    REGION = "region", _("Region or who is covered")
    TIMING = "timing", _("Timing")
    LANGUAGE = "language", _("Language")
    SPECIFICITY = "specificity", _("Too general or too narrow")
    OVERLAP = "overlap", _("Help that is running already")
    CAPACITY = "capacity", _("No room or capacity")
    OTHER = "other", _("Something else")


def misfit_field() -> models.CharField:
    return models.CharField(_("what did not fit"), max_length=11, choices=Misfit.choices, blank=True, editable=False)


class Match(Record):
    """A suggested pair, its explanation, what the experts decided and what both parties answered.

    `explanation` is the matching library's `Explanation`: codes and parameters, shown in the reader's language.
    """

    record_type = "match"

    class Status(models.TextChoices):
        SUGGESTED = "suggested", _("Suggested")
        SHORTLISTED = "shortlisted", _("Shortlisted")
        PROPOSED = "proposed", _("Proposed")
        AGREED = "agreed", _("Agreed")
        PROJECT = "project", _("Project")
        DISMISSED = "dismissed", _("Dismissed")
        DECLINED = "declined", _("Declined")
        SUPERSEDED = "superseded", _("Superseded")

    visibility = visibility_field(Level.COMMITTEE)
    request = models.ForeignKey(AssistanceRequest, on_delete=models.CASCADE, related_name="matches")
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="matches")
    status = models.CharField(
        _("status"), max_length=11, choices=Status.choices, default=Status.SUGGESTED, editable=False
    )
    score = models.DecimalField(_("score"), max_digits=5, decimal_places=2, editable=False)
    rank = models.PositiveSmallIntegerField(_("rank"), default=0, editable=False)
    explanation = models.JSONField(default=dict, editable=False)
    #: Hash of all that the explanation was computed from; while it is the same, nothing is computed again.
    inputs = models.CharField(max_length=32, blank=True, default="", editable=False)
    policy_version = models.PositiveIntegerField(_("policy"), default=1, editable=False)
    superseded_because = models.CharField(max_length=60, blank=True, editable=False)
    assignee = models.ForeignKey(
        "organizations.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="assigned_matches",
        verbose_name=_("assignee"),
    )
    decided_by_label = models.CharField(_("decided by"), max_length=200, blank=True, editable=False)
    decided_by_id_kept = models.BigIntegerField(null=True, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True, editable=False)
    decision_reason = models.TextField(_("reason"), blank=True, editable=False)
    misfit = misfit_field()
    proposed_at = models.DateTimeField(_("proposed"), null=True, blank=True, editable=False)

    objects = MatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("match")
        verbose_name_plural = _("matches")
        ordering = ["-score", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["request", "offer"], name="match_pair_unique"),
            models.CheckConstraint(condition=models.Q(score__gte=0, score__lte=100), name="match_score_in_range"),
            models.CheckConstraint(condition=models.Q(visibility="committee"), name="match_is_confidential"),
            models.CheckConstraint(
                condition=~models.Q(status="dismissed") | ~models.Q(decision_reason=""),
                name="match_dismissed_with_reason",
                violation_error_message=_("Say why the match is dismissed."),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-score", "id"], name="match_queue"),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def ref(self) -> str:
        return f"{self.request.reference}/{self.offer.reference}"

    def owners(self) -> set[tuple[str, int]]:
        return set()

    def parties(self) -> set[tuple[str, int]]:
        return self.request.owners() | self.offer.owners()

    def get_absolute_url(self) -> str:
        return reverse("assistance:match_detail", args=[self.pk])


#: What a person has decided or answered; a re-run never changes it.
DECIDED_STATUSES = (
    Match.Status.SHORTLISTED,
    Match.Status.PROPOSED,
    Match.Status.AGREED,
    Match.Status.PROJECT,
    Match.Status.DISMISSED,
    Match.Status.DECLINED,
)
#: Decided against the pair; all other decided matches are for it, so far.
REFUSED_STATUSES = (Match.Status.DISMISSED, Match.Status.DECLINED)
#: What the parties see.
PARTY_STATUSES = (Match.Status.PROPOSED, Match.Status.AGREED, Match.Status.PROJECT, Match.Status.DECLINED)


class MatchAnswer(models.Model):
    """A party's answer to a proposal. Each side answers once a proposal."""

    class Side(models.TextChoices):
        REQUESTER = "requester", _("Requester")
        PROVIDER = "provider", _("Provider")

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    match = models.ForeignKey(Match, on_delete=models.CASCADE, related_name="answers")
    side = models.CharField(_("side"), max_length=9, choices=Side.choices)
    answer = models.CharField(_("answer"), max_length=8, choices=Answer.choices)
    reason = models.TextField(_("reason"), blank=True, max_length=2000)
    misfit = misfit_field()
    answered_at = models.DateTimeField(_("answered"), auto_now_add=True)
    answered_by_label = models.CharField(_("answered by"), max_length=200)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["match", "side"]
        constraints = [
            models.UniqueConstraint(fields=["match", "side"], name="match_answer_once_a_side"),
            models.CheckConstraint(
                condition=~models.Q(answer="declined") | ~models.Q(reason=""),
                name="match_declined_with_reason",
                violation_error_message=_("Say why you decline; it helps the experts to find something better."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side}: {self.answer}"
