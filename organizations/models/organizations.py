"""Organizations of the network and the States that are their members."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.levels import Level
from cooperation_portal.records.models import Record, visibility_field

from ..querysets import OrganizationQuerySet
from .states import RegionalGroup, State, sort_key


def slug_for(acronym: str) -> str:
    """The part of an organization's address that names it: `UNOCT/UNCCT` becomes `unoct-uncct`."""
    return slugify(acronym.replace("/", "-"))[:30]


class Organization(Record):
    """An international, regional or subregional organization, UN entity, NGO or national agency.

    Category and parent are separate facts: a regional centre may belong to a global office. A parent outside the list
    is kept by name.
    """

    record_type = "organization"

    class Category(models.TextChoices):
        INTERNATIONAL = "international", _("International organization")
        REGIONAL = "regional", _("Regional organization")
        SUBREGIONAL = "subregional", _("Subregional organization")
        UN_ENTITY = "un_entity", _("United Nations entity")
        NGO = "ngo", _("Non-governmental organization")
        NATIONAL_AGENCY = "national_agency", _("National agency")

    visibility = visibility_field(Level.PUBLIC)
    acronym = models.CharField(_("acronym"), max_length=20, unique=True)
    slug = models.SlugField(max_length=30, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200)
    sort_key = models.CharField(max_length=200, editable=False, db_index=True)
    category = models.CharField(_("category"), max_length=16, choices=Category.choices)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )
    parent_name = models.CharField(_("parent outside the list"), max_length=100, blank=True)
    mandate_areas = ArrayField(
        models.CharField(max_length=60), default=list, blank=True, verbose_name=_("mandate areas")
    )
    coverage = models.CharField(
        _("coverage"), max_length=100, blank=True, help_text=_("Global, or whose States it serves.")
    )
    members = models.ManyToManyField(
        State, through="Membership", related_name="organizations", verbose_name=_("member States")
    )
    iati_identifier = models.CharField(
        _("IATI organization identifier"),
        max_length=100,
        blank=True,
        validators=[
            RegexValidator(
                r"^[A-Z]{2}-[A-Z0-9]+-[A-Za-z0-9._-]+$",
                _("Write it as the register gives it: two capital letters, the register and the code, with hyphens."),
            )
        ],
        help_text=_("As registered, such as XM-DAC-12345. Leave it empty where there is none."),
    )
    website = models.URLField(_("website"), blank=True, max_length=300)
    description = models.TextField(_("description"), blank=True, max_length=4000)
    note = models.TextField(_("note"), blank=True)
    suspended_on = models.DateField(
        _("suspended on"), null=True, blank=True, help_text=_("Its people and keys lose their rights.")
    )

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ["sort_key"]
        constraints = [
            models.CheckConstraint(condition=models.Q(visibility=Level.PUBLIC), name="organization_is_public"),
            models.UniqueConstraint(
                fields=["iati_identifier"],
                condition=~models.Q(iati_identifier=""),
                name="organization_iati_identifier_unique",
                violation_error_message=_("Another organization has this IATI identifier."),
            ),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                name="organization_not_own_parent",
                violation_error_message=_("An organization cannot be its own parent."),
            ),
        ]

    def __str__(self) -> str:
        return self.acronym

    def clean_fields(self, exclude: Any = None) -> None:
        self._set_keys()
        super().clean_fields(exclude)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._set_keys()
        super().save(*args, **kwargs)

    def _set_keys(self) -> None:
        self.sort_key = sort_key(self.acronym)
        if not self.slug:
            self.slug = slug_for(self.acronym)

    @property
    def ref(self) -> str:
        return self.acronym

    @property
    def coverage_in_words(self) -> str:
        """Whom it serves, from the short form of the data: `global`, `members:OAS`, a regional group, or free words."""
        if self.coverage == "global":
            return str(_("All States"))
        if self.coverage.startswith("members:"):
            return str(_("Members of %(organization)s")) % {"organization": self.coverage.removeprefix("members:")}
        if self.coverage in RegionalGroup.values:
            return str(RegionalGroup(self.coverage).label)
        return self.coverage

    def owners(self) -> set[tuple[str, int]]:
        return {("organization", self.pk)}

    def get_absolute_url(self) -> str:
        return reverse("organizations:detail", args=[self.slug])


class Membership(models.Model):
    """A State's membership of an organization. Members that are not UN Member States are kept by code alone."""

    record_type = "membership"

    class Status(models.TextChoices):
        MEMBER = "member", _("Member")
        SUSPENDED = "suspended", _("Suspended")
        FORMER = "former", _("Former member")

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    state = models.ForeignKey(State, on_delete=models.CASCADE, null=True, blank=True, related_name="memberships")
    iso3 = models.CharField(_("ISO code"), max_length=3)
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.MEMBER)
    note = models.CharField(_("note"), max_length=200, blank=True)
    source = models.TextField(_("source"), blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["organization", "iso3"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "iso3"], name="membership_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.iso3} in {self.organization}"

    @property
    def ref(self) -> str:
        return f"{self.organization.acronym}/{self.iso3}"

    def owners(self) -> set[tuple[str, int]]:
        return {("organization", self.organization_id)}
