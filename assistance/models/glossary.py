"""The words of the field in seven languages: what a term in a letter stands for. Data that the secretariat edits."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from assistance.matching.glossary import LANGUAGES
from cooperation_portal.access.levels import Level

from .vocabulary import Term

#: Longest term that fits, in characters.
LONGEST_TERM = 120


def terms_field(label: Any) -> ArrayField:
    return ArrayField(models.CharField(max_length=LONGEST_TERM), default=list, blank=True, verbose_name=label)


class GlossaryConcept(Term):
    """One concept: what its terms stand for, and the terms in each language. The shape of a row of `glossary.csv`."""

    record_type = "glossary_concept"

    class Kind(models.TextChoices):
        SUBJECT = "subject", _("Subject")
        FORM = "form", _("Form of help")
        WEAPON = "weapon", _("Weapon type")
        LANGUAGE = "language", _("Language")
        PLACE = "place", _("Place")
        CUE = "cue", _("Turn of phrase")

    concept = models.CharField(_("concept"), max_length=80, help_text=_("A name in English; experts read it."))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    areas = ArrayField(
        models.CharField(max_length=10),
        default=list,
        blank=True,
        verbose_name=_("areas"),
        help_text=_("Areas to which a subject points."),
    )
    types = ArrayField(
        models.CharField(max_length=4),
        default=list,
        blank=True,
        verbose_name=_("types of assistance"),
        help_text=_("Types of assistance to which a form of help points."),
    )
    code = models.CharField(
        _("code"),
        max_length=200,
        blank=True,
        help_text=_("For a weapon type, language, place or turn of phrase: what it stands for."),
    )
    en = terms_field(_("English"))
    fr = terms_field(_("French"))
    es = terms_field(_("Spanish"))
    pt = terms_field(_("Portuguese"))
    ru = terms_field(_("Russian"))
    ar = terms_field(_("Arabic"))
    zh = terms_field(_("Chinese"))

    class Meta:
        verbose_name = _("glossary concept")
        verbose_name_plural = _("glossary concepts")
        ordering = ["kind", "concept"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "concept"],
                name="glossary_concept_unique",
                violation_error_message=_("The glossary has this concept already. Add the terms there."),
            ),
            models.CheckConstraint(condition=models.Q(visibility=Level.PUBLIC), name="glossary_concept_is_public"),
        ]

    def __str__(self) -> str:
        return self.concept

    @property
    def ref(self) -> str:
        return f"{self.kind}/{self.concept}"

    @property
    def terms(self) -> list[str]:
        """All terms, language by language."""
        return [term for language in LANGUAGES for term in getattr(self, language)]
