"""Points of contact: named, corrected, replaced, ended, verified; never overwritten and never deleted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.levels import Level
from cooperation_portal.access.policy import require
from cooperation_portal.records.lifecycle import IllegalTransition
from cooperation_portal.records.write import created, recorded

from ..models import Organization, PointOfContact, State

#: Who may read a contact; the participants of a meeting are no readers of contacts.
CONTACT_LEVELS = (Level.PUBLIC, Level.NETWORK, Level.COMMITTEE)
CONTACT_FIELDS = frozenset(
    {
        "kind",
        "role",
        "name",
        "job_title",
        "agency",
        "email",
        "phone",
        "languages",
        "visibility",
        "valid_from",
        "source",
    }
)


#: Fields that lists, mails and address books show on one line.
ONE_LINE_FIELDS = ("name", "job_title", "agency", "phone")


class ContactHasEnded(IllegalTransition):
    """The contact is history; name a new one instead."""

    def __init__(self) -> None:
        super().__init__(_("This contact has ended and stays as it is. Name a new contact instead."), code="ended")


def contact_create(*, by: Any, body: Organization | State, values: dict[str, Any]) -> PointOfContact:
    """Name a point of contact of an organization or State; naming it verifies it."""
    contact = _new(body, values)
    require(by, "create", contact)
    with created(contact, by=by, action="contact.created") as contact:
        pass
    return contact


def contact_update(
    *, by: Any, contact: PointOfContact, values: dict[str, Any], expected_version: int | None = None
) -> PointOfContact:
    """Correct a contact: a mistyped name, a new telephone. For another person use `contact_replace`."""
    _check_fields(values)
    with recorded(contact, by=by, action="contact.updated", expected_version=expected_version) as contact:
        require(by, "update", contact)
        _refuse_ended(contact)
        for name, value in values.items():
            setattr(contact, name, value)
        contact.verified_on = timezone.localdate()
        contact.confirmed_on = contact.verified_on
    return contact


def contact_replace(
    *, by: Any, contact: PointOfContact, values: dict[str, Any], expected_version: int | None = None
) -> PointOfContact:
    """Name a successor: the old contact ends the day before `values["valid_from"]`, the new one points back to it.

    Gives the successor. Raises `ValidationError` if the successor would begin before or with the old one.
    """
    first_day: date = values.get("valid_from") or timezone.localdate()
    successor = _new(contact.body, {**values, "valid_from": first_day})
    with recorded(contact, by=by, action="contact.replaced", expected_version=expected_version, clean=False) as old:
        require(by, "replace", old)
        _refuse_ended(old)
        if PointOfContact.objects.filter(replaces=old).exists():
            raise IllegalTransition(_("This contact already has a successor."), code="replaced")
        if first_day <= old.valid_from:
            raise ValidationError({"valid_from": _("The successor begins after the day on which the other began.")})
        old.valid_until = first_day - timedelta(days=1)
        successor.replaces = old
        with created(successor, by=by, action="contact.created"):
            pass
    return successor


def contact_end(
    *, by: Any, contact: PointOfContact, last_day: date, reason: str = "", expected_version: int | None = None
) -> PointOfContact:
    """End a contact: `last_day` is its last in office. Afterwards only its owner and the experts read who it was."""
    with recorded(
        contact, by=by, action="contact.ended", reason=reason, expected_version=expected_version, clean=False
    ) as contact:
        require(by, "end", contact)
        _refuse_ended(contact)
        if last_day < contact.valid_from:
            raise ValidationError({"last_day": _("The last day is before the first. Check both dates.")})
        contact.valid_until = last_day
    return contact


def contact_verify(*, by: Any, contact: PointOfContact, expected_version: int | None = None) -> PointOfContact:
    """Say that a contact is still the right one."""
    with recorded(contact, by=by, action="contact.verified", expected_version=expected_version, clean=False) as contact:
        require(by, "verify", contact)
        _refuse_ended(contact)
        contact.verified_on = timezone.localdate()
        contact.confirmed_on = contact.verified_on
    return contact


def _new(body: Organization | State, values: dict[str, Any]) -> PointOfContact:
    _check_fields(values)
    today = timezone.localdate()
    contact = PointOfContact(**values, verified_on=today, confirmed_on=today)
    if isinstance(body, Organization):
        contact.organization = body
    else:
        contact.state = body
    return contact


def _check_fields(values: dict[str, Any]) -> None:
    if unknown := set(values) - CONTACT_FIELDS:
        raise ValidationError({name: _("This is not set here.") for name in sorted(unknown)})
    level = values.get("visibility", Level.NETWORK)
    if level not in CONTACT_LEVELS:
        raise ValidationError({"visibility": _("Choose who may read this contact: public, network or Committee.")})
    broken = [name for name in ONE_LINE_FIELDS if len(str(values.get(name, "")).splitlines()) > 1]
    if broken:
        sentence = _("Write this on one line.")
        raise ValidationError({name: ValidationError(sentence, code="line_break") for name in broken})


def _refuse_ended(contact: PointOfContact) -> None:
    if contact.is_ended:
        raise ContactHasEnded
