"""Deliveries are kept for a while, so that they can be looked at and sent again, and then forgotten."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from .models import Delivery

KEPT_FOR = timedelta(days=30)
#: Rows deleted in one statement.
STEP = 2000


def prune() -> int:
    """Delete older deliveries in any state with their tries; give back how many."""
    old = Delivery.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).order_by("created_at")
    gone = 0
    while ids := list(old.values_list("pk", flat=True)[:STEP]):
        Delivery.objects.filter(pk__in=ids).delete()
        gone += len(ids)
    return gone
