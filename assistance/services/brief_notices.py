"""Tells the experts once that a period has ended and its brief can be made."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from cooperation_portal.access.roles import Role
from cooperation_portal.notices.models import Notice
from cooperation_portal.notices.sending import notify
from organizations.models import User

from ..brief_paper import brief_path
from ..brief_periods import last_full_period

ACTION = "brief.due"
#: After this many days nobody is told any more: a portal that is set up or was away for long does not look back.
TOLD_WITHIN = timedelta(days=14)
#: Key of the advisory lock that lets two workers tell one after the other.
_LOCK = 1540_010


@transaction.atomic
def brief_announce() -> int:
    """Leave a notice for every expert, unless the period's was left before; give back how many were told."""
    period = last_full_period()
    if timezone.localdate() > period.end + TOLD_WITHIN:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    if Notice.objects.filter(action=ACTION, object_type=period.record_type, object_id=period.pk).exists():
        return 0
    experts = list(User.objects.with_committee_role(Role.EXPERT))
    notify(action=ACTION, obj=period, users=experts, path=brief_path(period), params={"period": period.label})
    return len(experts)
