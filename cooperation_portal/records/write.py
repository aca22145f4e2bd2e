"""The one order in which services write: check, lock, change, record, notify after commit.

with recorded(offer, by=user, action="offer.suspended", expected_version=form_version) as offer:
    OFFER_LIFE_CYCLE.move(offer, "suspend")
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from cooperation_portal import audit, changes

from .models import Record

R = TypeVar("R", bound=Record)

#: Book-keeping that a before/after comparison leaves out.
UNTOLD_FIELDS = frozenset({"id", "created_at", "updated_at", "version", "history"})


class StaleVersion(ValidationError):
    """The record changed after the caller read it. `current` is what it says now."""

    def __init__(self, current: Record) -> None:
        self.current = current
        super().__init__(
            _("Somebody changed this record while you were editing it. Compare both versions and save again."),
            code="stale",
        )


def snapshot(record: Record) -> dict[str, Any]:
    """The record's fields as JSON values: relations by natural key, many-to-many as sorted lists."""
    values: dict[str, Any] = {}
    for field in record._meta.concrete_fields:
        if field.name in UNTOLD_FIELDS:
            continue
        if field.is_relation:
            related = getattr(record, field.name)
            values[field.name] = None if related is None else _key_of(related)
        else:
            values[field.name] = plain(field.value_from_object(record))
    for field in record._meta.many_to_many:
        values[field.name] = sorted(_key_of(related) for related in getattr(record, field.name).all())
    return values | getattr(record, "snapshot_parts", dict)()


def told_snapshot(record: Record) -> dict[str, Any]:
    """What the audit may keep: others read it than the owner, so of what the owner alone reads only the status."""
    if record.is_owners_alone:
        return {"status": plain(record.status)}  # type: ignore[attr-defined]
    return snapshot(record)


def _key_of(related: models.Model) -> str:
    return str(getattr(related, "ref", related.pk))


def plain(value: Any) -> Any:
    """A field's value as JSON keeps it."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    if isinstance(value, models.fields.files.FieldFile):
        return value.name
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def differences(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Keep of two snapshots only what differs."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}


def lock(record: R, *, expected_version: int | None = None) -> R:
    """Read the row again under a row lock; raise `StaleVersion` if it is not the version the caller saw.

    The lock leaves alone those who only refer to the row. A transaction that writes several records locks all of them
    before the first is noted, or notes them in a `changes.together()` block: after that it may wait for nobody, since
    others wait for it to keep the feed in order.
    """
    manager = type(record)._base_manager
    locked = manager.select_for_update(of=("self",), no_key=True).get(pk=record.pk)
    if expected_version is not None and locked.version != expected_version:
        raise StaleVersion(locked)
    return locked


@contextmanager
def recorded(
    record: R,
    *,
    by: Any,
    action: str,
    expected_version: int | None = None,
    reason: str = "",
    clean: bool = True,
) -> Iterator[R]:
    """Lock an existing record, hand it over to be changed, then validate, save, audit and note the change.

    `clean=False` skips `full_clean` where only the status moves and old values need not satisfy newer rules.
    Raises `StaleVersion` and `ValidationError`; nothing is written then.
    """
    with transaction.atomic():
        locked = lock(record, expected_version=expected_version)
        before = told_snapshot(locked)
        yield locked
        _save(locked, clean=clean)
        told_before, told_after = differences(before, told_snapshot(locked))
        audit.record(action=action, obj=locked, by=by, before=told_before, after=told_after, reason=reason)
        changes.record(locked)


@contextmanager
def created(record: R, *, by: Any, action: str, reason: str = "") -> Iterator[R]:
    """Validate and insert a new record; inside the block set its relations; then audit and note the change."""
    with transaction.atomic():
        record.full_clean()
        record.save(force_insert=True)
        yield record
        audit.record(action=action, obj=record, by=by, before={}, after=told_snapshot(record), reason=reason)
        changes.record(record)


def _save(record: Record, *, clean: bool) -> None:
    if clean:
        record.full_clean()
    record.version += 1
    record.save(force_update=True)
