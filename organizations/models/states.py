"""The States Members of the United Nations."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.levels import Level
from cooperation_portal.access.querysets import PublicQuerySet
from cooperation_portal.records.models import Record, visibility_field


class RegionalGroup(models.TextChoices):
    """United Nations regional groups, as listed by the Department for General Assembly affairs."""

    AFRICAN = "African", _("African States")
    ASIA_PACIFIC = "Asia-Pacific", _("Asia-Pacific States")
    EASTERN_EUROPEAN = "Eastern European", _("Eastern European States")
    GRULAC = "GRULAC", _("Latin American and Caribbean States")
    WEOG = "WEOG", _("Western European and other States")
    NONE = "none", _("No regional group")


def sort_key(text: str) -> str:
    """Letters without accents, in lower case, so that every server orders names the same."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()[:200]


class State(Record):
    """A State, with its names in the six official languages of the United Nations."""

    record_type = "state"
    NAME_LANGUAGES = ("en", "ar", "zh", "fr", "ru", "es")

    visibility = visibility_field(Level.PUBLIC)
    iso3 = models.CharField(_("ISO code"), max_length=3, unique=True)
    iso2 = models.CharField(max_length=2, unique=True)
    m49 = models.CharField(max_length=3, unique=True)
    name_en = models.CharField(_("name"), max_length=100)
    name_ar = models.CharField(max_length=100)
    name_zh = models.CharField(max_length=100)
    name_fr = models.CharField(max_length=100)
    name_ru = models.CharField(max_length=100)
    name_es = models.CharField(max_length=100)
    formal_name_en = models.CharField(_("formal name"), max_length=150, blank=True)
    sort_key = models.CharField(max_length=200, editable=False, db_index=True)
    regional_group = models.CharField(_("regional group"), max_length=16, choices=RegionalGroup.choices)
    m49_region = models.CharField(_("region"), max_length=40)
    m49_subregion = models.CharField(_("subregion"), max_length=60)
    m49_intermediate_region = models.CharField(_("intermediate region"), max_length=60, blank=True)
    is_ldc = models.BooleanField(_("least developed country"), default=False)
    is_lldc = models.BooleanField(_("landlocked developing country"), default=False)
    is_sids = models.BooleanField(_("small island developing State"), default=False)
    note = models.TextField(_("note"), blank=True)

    objects = PublicQuerySet.as_manager()

    class Meta:
        verbose_name = _("State")
        verbose_name_plural = _("States")
        ordering = ["sort_key"]
        constraints = [
            models.CheckConstraint(condition=models.Q(iso3__regex=r"^[A-Z]{3}$"), name="state_iso3_letters"),
            models.CheckConstraint(condition=models.Q(visibility=Level.PUBLIC), name="state_is_public"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean_fields(self, exclude: Any = None) -> None:
        self.sort_key = sort_key(self.name_en)
        super().clean_fields(exclude)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_key = sort_key(self.name_en)
        super().save(*args, **kwargs)

    @property
    def ref(self) -> str:
        return self.iso3

    @property
    def name(self) -> str:
        """The name in the reader's language, else in English."""
        language = (get_language() or "en").split("-")[0]
        return getattr(self, f"name_{language}", "") or self.name_en

    def owners(self) -> set[tuple[str, int]]:
        return {("state", self.pk)}

    def get_absolute_url(self) -> str:
        return reverse("organizations:state_detail", args=[self.iso3])
