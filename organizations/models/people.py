"""People who sign in, and for whom they act."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.actors import Actor, actor_for, actor_for_user
from cooperation_portal.access.roles import COMMITTEE_ROLES, ORGANIZATION_ROLES, PERSONAL_ROLES, STATE_ROLES
from cooperation_portal.records.models import Record, one_owner_constraint

from ..querysets import AffiliationQuerySet, UserQuerySet
from .organizations import Organization
from .states import State


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str | None) -> User:
        return self.get(email__iexact=email)


class User(AbstractBaseUser):
    """A person. Rights come from affiliations alone; there is no superuser."""

    record_type = "user"
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    email = models.EmailField(_("e-mail"), unique=True, max_length=254)
    name = models.CharField(_("name"), max_length=150)
    job_title = models.CharField(_("job title"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Without it the person cannot sign in."))
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name", "email"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique_any_case",
                violation_error_message=_("There is already an account with this e-mail address."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def ref(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def build_actor(self) -> Actor:
        return actor_for_user(self)

    @property
    def is_staff(self) -> bool:
        """May open the admin: experts, Committee members and the secretariat."""
        return actor_for(self).is_committee

    @property
    def is_superuser(self) -> bool:
        return False

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Django's own question, answered from the role table (see `access/admin_permissions.py`)."""
        from cooperation_portal.access.admin_permissions import has_django_permission

        return has_django_permission(self, perm, obj)

    def has_perms(self, perm_list: Any, obj: Any = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff

    def owners(self) -> set[tuple[str, int]]:
        return set()


class Affiliation(Record):
    """A role held by a person for an organization or a State.

    It begins as a request or an invitation, is approved or refused by a focal point or the secretariat, and ends; it is
    never deleted.
    """

    record_type = "affiliation"

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        ACTIVE = "active", _("Active")
        REFUSED = "refused", _("Refused")
        ENDED = "ended", _("Ended")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="affiliations", verbose_name=_("person"))
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, blank=True, related_name="affiliations"
    )
    state = models.ForeignKey(State, on_delete=models.CASCADE, null=True, blank=True, related_name="affiliations")
    role = models.CharField(_("role"), max_length=17, choices=[(role.value, role.label) for role in PERSONAL_ROLES])
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.REQUESTED)
    message = models.TextField(
        _("message"),
        blank=True,
        max_length=1000,
        help_text=_("Who you are and why you ask, for whoever decides."),
    )
    decided_by_label = models.CharField(max_length=200, blank=True, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True, editable=False)
    reason = models.TextField(_("reason"), blank=True, max_length=1000)

    objects = AffiliationQuerySet.as_manager()

    class Meta:
        verbose_name = _("affiliation")
        verbose_name_plural = _("affiliations")
        ordering = ["user__name", "role"]
        constraints = [
            one_owner_constraint("affiliation_one_owner"),
            models.CheckConstraint(
                condition=models.Q(role__in=STATE_ROLES, state__isnull=False)
                | models.Q(role__in=ORGANIZATION_ROLES | COMMITTEE_ROLES, organization__isnull=False),
                name="affiliation_role_fits_owner",
                violation_error_message=_("This role cannot be held there. Choose a role that fits."),
            ),
            models.UniqueConstraint(
                fields=["user", "organization", "role"],
                condition=models.Q(status__in=["requested", "active"], organization__isnull=False),
                name="affiliation_unique_in_organization",
                violation_error_message=_("This person already holds or asks for this role there."),
            ),
            models.UniqueConstraint(
                fields=["user", "state", "role"],
                condition=models.Q(status__in=["requested", "active"], state__isnull=False),
                name="affiliation_unique_in_state",
                violation_error_message=_("This person already holds or asks for this role there."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()}, {self.body}"

    @property
    def body(self) -> Organization | State:
        """The organization or State for which the role is held."""
        return self.organization or self.state  # type: ignore[return-value]

    @property
    def ref(self) -> str:
        return f"affiliation-{self.pk}"
