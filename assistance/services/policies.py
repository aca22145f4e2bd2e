"""The matching policy: every change is a new version, checked before it can rank anything."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from assistance.matching.policy import InvalidPolicy
from cooperation_portal import audit
from cooperation_portal.access.policy import require

from ..models import MatchingPolicy, MatchingRun
from .matching import library_policy
from .queueing import queue_matching

POLICY_FIELDS = ("weights", "lowering", "priorities", "threshold", "reach", "breadth")


@transaction.atomic
def policy_create(*, by: Any, policy: MatchingPolicy) -> MatchingPolicy:
    """Store a new version (secretariat) and queue a run under it. Raises `ValidationError` if it cannot rank."""
    actor = require(by, "create", "policy")
    before = MatchingPolicy.objects.select_for_update().order_by("-version").first()
    policy.version = (MatchingPolicy.objects.aggregate(last=Max("version"))["last"] or 0) + 1
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
    queue_matching(cause=MatchingRun.Cause.DEMAND)
    return policy


def check_policy(policy: MatchingPolicy) -> None:
    """Raises `ValidationError` with the library's own sentence."""
    try:
        library_policy(policy)
    except (InvalidPolicy, AttributeError, TypeError) as problem:
        raise ValidationError(str(problem)) from problem
