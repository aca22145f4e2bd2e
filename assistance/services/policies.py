"""The matching policy: every change is a new version, checked before it can rank anything."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from assistance.matching.policy import InvalidPolicy
from cooperation_portal import audit
from cooperation_portal.access.policy import require

from ..models import MatchingPolicy, MatchingRun
from .matching import library_policy
from .queueing import queue_matching

POLICY_FIELDS = ("weights", "lowering", "priorities", "threshold", "reach", "breadth")
#: Any constant that nothing else in the database uses: versions are numbered by one transaction at a time.
VERSION_LOCK = 1540_2011


class PolicyMovedOn(ValidationError):
    """Somebody saved another version after the caller began from one."""

    def __init__(self, newest: MatchingPolicy) -> None:
        self.newest = newest
        super().__init__(
            _(
                "Version %(version)s was saved meanwhile, by %(who)s on %(when)s. Look at what it changed, then save "
                "again to replace it by yours."
            ),
            code="stale",
            params={
                "version": newest.version,
                "who": newest.created_by_label,
                "when": date_format(newest.created_at, "j F Y, H:i"),
            },
        )


def newest_policy() -> MatchingPolicy | None:
    """The version in force; None before any is stored."""
    return MatchingPolicy.objects.order_by("-version").first()


def take_version_lock() -> None:
    """Wait for other transactions that store a version, the very first one included. Call inside `atomic()`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [VERSION_LOCK])


@transaction.atomic
def policy_create(*, by: Any, policy: MatchingPolicy, based_on: int | None = None) -> MatchingPolicy:
    """Store a new version (secretariat) and queue a run under it.

    `based_on` is the version from which the caller began, 0 for none. Raises `PolicyMovedOn` if there is a newer one,
    and `ValidationError` if the values cannot rank.
    """
    actor = require(by, "create", "policy")
    take_version_lock()
    before = newest_policy()
    if before is not None and based_on is not None and before.version != based_on:
        raise PolicyMovedOn(before)
    policy.version = (before.version if before else 0) + 1
    policy.created_by_label = actor.label
    check_policy(policy)
    policy.full_clean()
    policy.save(force_insert=True)
    audit.record(
        action="policy.created",
        obj=policy,
        by=actor,
        before={name: getattr(before, name) for name in POLICY_FIELDS} if before else {},
        after={name: getattr(policy, name) for name in POLICY_FIELDS},
        reason=policy.note,
    )
    queue_matching(cause=MatchingRun.Cause.POLICY)
    return policy


def check_policy(policy: MatchingPolicy) -> None:
    """Raises `ValidationError` with the library's own sentence."""
    try:
        library_policy(policy)
    except (InvalidPolicy, AttributeError, TypeError) as problem:
        raise ValidationError(str(problem)) from problem
