"""Points of contact: whom to write to."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.records.languages import WorkingLanguage
from cooperation_portal.records.models import Record, dates_in_order_constraint, one_owner_constraint

from ..querysets import PointOfContactQuerySet
from .organizations import Organization
from .states import State

#: Months after which a contact that nobody verified is shown as stale.
STALE_AFTER_MONTHS = 12


class PointOfContact(Record):
    """A person or functional mailbox of an organization or of a State (resolution 2325 (2016), OP 24).

    Several per State are normal: the office that does the work is often not the foreign ministry. A contact is never
    overwritten; a successor replaces it and it is end-dated.
    """

    record_type = "contact"

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        MAILBOX = "mailbox", _("Functional mailbox")

    class ContactRole(models.TextChoices):
        COORDINATOR = "coordinator", _("1540 point of contact or coordinator")
        PROGRAMME = "programme", _("Programme")
        LEGAL = "legal", _("Legal")
        TECHNICAL = "technical", _("Technical")

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, blank=True, related_name="contacts"
    )
    state = models.ForeignKey(State, on_delete=models.CASCADE, null=True, blank=True, related_name="contacts")
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices, default=Kind.PERSON)
    role = models.CharField(_("role"), max_length=11, choices=ContactRole.choices, default=ContactRole.COORDINATOR)
    name = models.CharField(_("name"), max_length=150, help_text=_("Of the person or of the mailbox."))
    job_title = models.CharField(_("job title"), max_length=150, blank=True)
    agency = models.CharField(_("agency or ministry"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    languages = ArrayField(
        models.CharField(max_length=2, choices=WorkingLanguage.choices),
        default=list,
        blank=True,
        verbose_name=_("languages"),
    )
    valid_from = models.DateField(_("from"), default=timezone.localdate)
    valid_until = models.DateField(_("until"), null=True, blank=True)
    verified_on = models.DateField(_("verified on"), null=True, blank=True)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="replaced_by"
    )

    objects = PointOfContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("point of contact")
        verbose_name_plural = _("points of contact")
        ordering = ["role", "name", "pk"]
        constraints = [
            one_owner_constraint("contact_one_owner"),
            dates_in_order_constraint("valid_from", "valid_until", "contact_dates_in_order"),
            models.CheckConstraint(
                condition=~models.Q(email="") | ~models.Q(phone=""),
                name="contact_can_be_reached",
                violation_error_message=_("Give an e-mail address or a telephone number."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def ref(self) -> str:
        return f"contact-{self.pk}"

    @property
    def body(self) -> Organization | State:
        return self.organization or self.state  # type: ignore[return-value]

    @property
    def is_ended(self) -> bool:
        return self.valid_until is not None and self.valid_until < timezone.localdate()

    @property
    def last_verified_on(self) -> date:
        return self.verified_on or self.valid_from

    @property
    def is_stale(self) -> bool:
        """Nobody verified it within a year."""
        return (timezone.localdate() - self.last_verified_on).days > STALE_AFTER_MONTHS * 30.44

    def get_absolute_url(self) -> str:
        return reverse("organizations:contact_detail", args=[self.pk])
