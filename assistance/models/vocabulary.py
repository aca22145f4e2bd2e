"""The words in which help is asked for and offered. All of it is data that the secretariat edits."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.levels import Level
from cooperation_portal.records.models import Record, visibility_field

from ..querysets import VocabularyQuerySet


class WeaponType(models.TextChoices):
    NUCLEAR = "NW", _("Nuclear")
    CHEMICAL = "CW", _("Chemical")
    BIOLOGICAL = "BW", _("Biological")


def weapon_types_field() -> ArrayField:
    return ArrayField(
        models.CharField(max_length=2, choices=WeaponType.choices),
        default=list,
        blank=True,
        verbose_name=_("weapon types"),
    )


class Term(Record):
    """Base of vocabulary entries: a stable code, a label, and whether it may still be chosen."""

    visibility = visibility_field(Level.PUBLIC)
    is_retired = models.BooleanField(
        _("retired"), default=False, help_text=_("Stays on old records and cannot be chosen any more.")
    )

    objects = VocabularyQuerySet.as_manager()

    class Meta:
        abstract = True


class Area(Term):
    """An area of assistance, in a tree of two levels: `LEG` and below it `LEG.BIO`."""

    record_type = "area"

    code = models.CharField(_("code"), max_length=10, unique=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )
    label = models.CharField(_("label"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    op_reference = models.CharField(_("operative paragraphs of resolution 1540"), max_length=120, blank=True)
    matrix_section = models.CharField(_("section of the 1540 matrix"), max_length=160, blank=True)
    weapon_types = weapon_types_field()
    is_cross_cutting = models.BooleanField(_("cross-cutting"), default=False)

    class Meta:
        verbose_name = _("area")
        verbose_name_plural = _("areas")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=models.Q(visibility=Level.PUBLIC), name="area_is_public"),
            models.CheckConstraint(
                condition=models.Q(code__regex=r"^[A-Z]{3}(\.[A-Z]{2,3})?$"),
                name="area_code_shape",
                violation_error_message=_(
                    "An area code is three letters, or three letters, a point and two or three more."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.code})"

    @property
    def ref(self) -> str:
        return self.code

    def clean(self) -> None:
        """Keep the tree at two levels, so that it never runs in a circle: matching stops for everybody if it does."""
        super().clean()
        if self.parent is None:
            return
        if self.parent.pk == self.pk:
            raise ValidationError({"parent": _("An area cannot lie inside itself. Choose another area, or none.")})
        if self.parent.parent_id is not None:
            sentence = _("%(area)s lies inside another area itself. Choose an area of the top level, or none.")
            raise ValidationError({"parent": sentence % {"area": self.parent}})
        if self.pk is not None and self.children.exists():
            sentence = _("Other areas lie inside this one, so it stays at the top level. Leave the parent empty.")
            raise ValidationError({"parent": sentence})

    def get_absolute_url(self) -> str:
        return reverse("assistance:area_detail", args=[self.code])


class AssistanceType(Term):
    """A form of help: drafting, a course, equipment."""

    record_type = "assistance_type"

    class Family(models.TextChoices):
        EXPERTISE = "expertise", _("Expertise")
        TRAINING = "training", _("Training")
        EXERCISE = "exercise", _("Exercises")
        EQUIPMENT = "equipment", _("Equipment")
        FINANCIAL = "financial", _("Financial")
        PLANNING = "planning", _("Planning and reporting")
        KNOWLEDGE = "knowledge", _("Knowledge")
        EXCHANGE = "exchange", _("Exchange")

    code = models.CharField(_("code"), max_length=4, unique=True)
    label = models.CharField(_("label"), max_length=80)
    family = models.CharField(_("family"), max_length=10, choices=Family.choices)
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("type of assistance")
        verbose_name_plural = _("types of assistance")
        ordering = ["family", "label"]
        constraints = [
            models.CheckConstraint(condition=models.Q(visibility=Level.PUBLIC), name="assistance_type_is_public"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def ref(self) -> str:
        return self.code


class ResolutionParagraph(Term):
    """An operative paragraph, summarized in the portal's own words. Unconfirmed ones are not shown as fact."""

    record_type = "resolution_paragraph"

    resolution = models.PositiveSmallIntegerField(_("resolution"))
    year = models.PositiveSmallIntegerField(_("year"))
    paragraph = models.PositiveSmallIntegerField(_("operative paragraph"))
    addressed_to = models.CharField(_("addressed to"), max_length=100)
    summary = models.CharField(_("summary"), max_length=400)
    is_confirmed = models.BooleanField(
        _("confirmed"), default=False, help_text=_("Number and content were checked against the text.")
    )

    class Meta:
        verbose_name = _("operative paragraph")
        verbose_name_plural = _("operative paragraphs")
        ordering = ["resolution", "paragraph"]
        constraints = [
            models.UniqueConstraint(fields=["resolution", "paragraph"], name="resolution_paragraph_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.resolution} ({self.year}), OP {self.paragraph}"

    @property
    def ref(self) -> str:
        return f"{self.resolution}/{self.paragraph}"


class MatrixField(models.Model):
    """A row of the matrix in which the Committee records what a State has done. A reference, not a score."""

    section = models.CharField(_("section"), max_length=20)
    op_reference = models.CharField(_("operative paragraphs"), max_length=60)
    row_number = models.PositiveSmallIntegerField(_("row"))
    label = models.CharField(_("label"), max_length=200)
    weapon_types = weapon_types_field()
    answer_columns = models.CharField(_("answer columns"), max_length=200)
    source = models.TextField(_("source"))

    class Meta:
        verbose_name = _("matrix field")
        verbose_name_plural = _("matrix fields")
        ordering = ["section", "row_number"]
        constraints = [models.UniqueConstraint(fields=["section", "row_number"], name="matrix_field_unique")]

    def __str__(self) -> str:
        return f"{self.section} {self.row_number}: {self.label}"
