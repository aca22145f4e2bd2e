"""Removing files whose time is over. The rows stay a while, so that whoever asks late is told what happened."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from ..models import Snapshot
from . import places

#: An organization's newest files are kept so many at a time: whoever asks again and again does not fill the disk.
KEPT_AT_A_TIME = 3
#: After so long nothing is told of a snapshot any more.
REMEMBERED_FOR = timedelta(days=30)


def remove_expired() -> int:
    """Remove the files past their end, old rows, and what killed workers left; give back how many files expired."""
    now = timezone.now()
    expired = list(Snapshot.objects.ready().filter(expires_at__lte=now))
    for snapshot in expired:
        _expire(snapshot)
    Snapshot.objects.filter(created_at__lt=now - REMEMBERED_FOR).exclude(pk__in=Snapshot.objects.waiting()).delete()
    known = (Snapshot.objects.ready() | Snapshot.objects.waiting()).values_list("token", flat=True)
    places.remove_strangers({token.hex for token in known})
    return len(expired)


def remove_surplus(organization_id: int) -> None:
    """Keep the newest files of an organization."""
    kept = Snapshot.objects.ready().filter(organization_id=organization_id).order_by("-pk")
    for snapshot in kept[KEPT_AT_A_TIME:]:
        _expire(snapshot)


def _expire(snapshot: Snapshot) -> None:
    """First the word, then the file: nobody is promised what is gone."""
    Snapshot.objects.filter(pk=snapshot.pk).update(status=Snapshot.Status.EXPIRED)
    places.remove(snapshot)
