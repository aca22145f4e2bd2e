"""What every record carries, and the counter behind references such as OFF-2026-0007."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.levels import Level


class Confidence(models.TextChoices):
    """How sure a sourced row is. Low: generally known but not checked."""

    HIGH = "high", _("High")
    MEDIUM = "medium", _("Medium")
    LOW = "low", _("Low")


class Provenance(models.TextChoices):
    """Where a record came from. Rows from public sources are history: not confirmed, never matched."""

    PORTAL = "portal", _("Posted in the portal")
    PUBLIC_SOURCE = "public_source", _("From public sources")
    EXAMPLE = "example", _("Example")


def visibility_field(default: Level = Level.NETWORK) -> models.CharField:
    return models.CharField(_("visibility"), max_length=12, choices=Level.choices, default=default)


class Record(models.Model):
    """Base of every record that the API shows.

    `version` counts writes and answers "did it change meanwhile?"; `record_type` is the name used by the role table,
    the audit, the change feed and the API; `ref` is the natural key.
    """

    record_type: ClassVar[str]

    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    visibility = visibility_field()
    source = models.TextField(_("source"), blank=True, help_text=_("Where this is known from."))
    confidence = models.CharField(_("confidence"), max_length=6, choices=Confidence.choices, blank=True)
    provenance = models.CharField(
        _("provenance"), max_length=13, choices=Provenance.choices, default=Provenance.PORTAL, editable=False
    )
    confirmed_on = models.DateField(
        _("confirmed on"),
        null=True,
        blank=True,
        help_text=_("When its owner last said that it is still true."),
    )

    class Meta:
        abstract = True

    def clean_fields(self, exclude: Any = None) -> None:
        """Also hold long texts to their `max_length`, which Django checks in its own forms only."""
        problems: dict[str, Any] = {}
        try:
            super().clean_fields(exclude=exclude)
        except ValidationError as problem:
            problems = problem.update_error_dict({})
        for field in self._meta.concrete_fields:
            if not isinstance(field, models.TextField) or field.max_length is None or field.name in (exclude or ()):
                continue
            try:
                MaxLengthValidator(field.max_length)(getattr(self, field.attname) or "")
            except ValidationError as problem:
                problems.setdefault(field.name, []).append(problem)
        if problems:
            raise ValidationError(problems)

    @property
    def ref(self) -> str:
        raise NotImplementedError

    @property
    def is_from_public_source(self) -> bool:
        return self.provenance == Provenance.PUBLIC_SOURCE

    @property
    def is_owners_alone(self) -> bool:
        """Whether only its owner reads it now, as a draft: the audit then keeps what was done, not the words."""
        return False

    def owners(self) -> set[tuple[str, int]]:
        """The organizations and States that own the record, as ("organization" | "state", primary key)."""
        held = ((kind, getattr(self, f"{kind}_id", None)) for kind in ("organization", "state"))
        return {(kind, key) for kind, key in held if key is not None}

    def parties(self) -> set[tuple[str, int]]:
        """Those the record concerns; the owners unless the model knows more."""
        return self.owners()


class ReferenceCounter(models.Model):
    """The last number given for a prefix and year."""

    prefix = models.CharField(max_length=8)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prefix", "year"], name="reference_counter_unique")]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}-{self.last:04d}"


def next_reference(prefix: str, year: int) -> str:
    """Give the next free reference, such as `OFF-2026-0007`; no two transactions get the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_referencecounter (prefix, year, last) VALUES (%s, %s, 1) "
            "ON CONFLICT (prefix, year) DO UPDATE SET last = records_referencecounter.last + 1 RETURNING last",
            [prefix, year],
        )
        (number,) = cursor.fetchone()
    return f"{prefix}-{year}-{number:04d}"


def one_owner_constraint(name: str, *, message: str = "") -> models.CheckConstraint:
    """An organization or a State, never both and never neither."""
    return models.CheckConstraint(
        condition=models.Q(organization__isnull=True, state__isnull=False)
        | models.Q(organization__isnull=False, state__isnull=True),
        name=name,
        violation_error_message=message or _("Name an organization or a State, not both."),
    )


def dates_in_order_constraint(first: str, last: str, name: str) -> models.CheckConstraint:
    """The end is not before the start; either may be open."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{first}__isnull": True})
        | models.Q(**{f"{last}__isnull": True})
        | models.Q(**{f"{last}__gte": models.F(first)}),
        name=name,
        violation_error_message=_("The end is before the start. Check both dates."),
    )
