"""Asking for a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cooperation_portal import audit
from cooperation_portal.access.policy import require
from cooperation_portal.api.models import ApiKey
from cooperation_portal.queueing import hurry

from ..models import Snapshot


@dataclass(frozen=True)
class OtherIsBuilt(Exception):
    """Another kind of snapshot is being made for the organization at this moment."""

    snapshot: Snapshot


def snapshot_ask(*, by: ApiKey, format: str, types: Sequence[str], contents: Sequence[str]) -> Snapshot:
    """Queue a snapshot for the key's organization; one that is on its way already is given instead.

    `types` are the record types asked for, none for all; `contents` those that the key may read of them, in order.
    Raises `NotAllowed`, `OtherIsBuilt` where the one on its way is of another format or other types, and
    `ValidationError` where nothing is left to read.
    """
    if not contents:
        raise ValidationError({"types": _("Your key reads none of these types.")})
    while True:
        wanted = Snapshot(
            organization_id=by.organization_id,
            api_key=by,
            format=format,
            types=sorted(types),
            contents=list(contents),
        )
        wanted.asked_by_label = require(by, "create", wanted).label[:200]
        found = _queued(wanted)
        if found is not None:
            return found


@transaction.atomic
def _queued(wanted: Snapshot) -> Snapshot | None:
    """The snapshot, new or on its way; None if the one on its way ended at this very moment."""
    from ..tasks import build_waiting_snapshots

    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError:
        running = Snapshot.objects.waiting().filter(organization_id=wanted.organization_id).first()
        if running is None:
            return None
        if (running.format, running.types, running.contents) != (wanted.format, wanted.types, wanted.contents):
            raise OtherIsBuilt(running) from None
        return running
    after = {"format": wanted.format, "types": wanted.contents}
    audit.record(action="snapshot.asked", obj=wanted, by=wanted.api_key, after=after)
    hurry(build_waiting_snapshots)
    return wanted
