"""Stored portfolio plans: asked for by a person, carried out by a worker, computed once however often asked for."""

from __future__ import annotations

import logging
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cooperation_portal.access.policy import require
from cooperation_portal.queueing import hurry, only_worker

from ..models import PortfolioPlan
from .portfolio import compute_portfolio
from .ranking import MatchingNotPossible

logger = logging.getLogger(__name__)

#: First key of the advisory locks that mark a plan as being computed.
PLAN_LOCKS = 2326
#: A plan that ended so many workers is given up.
MOST_ATTEMPTS = 3
WAITING = (PortfolioPlan.Status.QUEUED, PortfolioPlan.Status.RUNNING)


def plan_ask(*, by: Any, offers_per_request: int, unstated_places: int) -> PortfolioPlan:
    """Ask for a plan (experts and secretariat). If the same is waiting or being computed, give back that one.

    Raises `NotAllowed`, and `ValidationError` for values out of their range.
    """
    actor = require(by, "run", "match")
    from ..tasks import compute_queued_plans

    chosen = {"offers_per_request": offers_per_request, "unstated_places": unstated_places}
    plan = PortfolioPlan(**chosen, asked_by_label=actor.label)
    plan.clean_fields(exclude={field.name for field in plan._meta.fields} - chosen.keys())
    try:
        with transaction.atomic():
            plan.save()
            hurry(compute_queued_plans)
    except IntegrityError:
        waiting = PortfolioPlan.objects.filter(**chosen, status__in=WAITING).first()
        return waiting or PortfolioPlan.objects.filter(**chosen).latest("pk")
    return plan


def carry_out_plans() -> int:
    """Compute every plan that waits, and those that a stopped worker left; give back how many."""
    waiting = PortfolioPlan.objects.filter(status__in=WAITING).order_by("pk").values_list("pk", flat=True)
    return sum(carry_out_plan(plan_id) for plan_id in list(waiting))


def carry_out_plan(plan_id: int) -> bool:
    """Compute one plan. False if another worker has it or it is done already."""
    with only_worker(PLAN_LOCKS, plan_id) as is_ours:
        if not is_ours:
            return False
        plan = PortfolioPlan.objects.filter(pk=plan_id, status__in=WAITING).first()
        if plan is None:
            return False
        _carry_out(plan)
    return True


def _carry_out(plan: PortfolioPlan) -> None:
    plan.status, plan.started_at, plan.attempts = PortfolioPlan.Status.RUNNING, timezone.now(), plan.attempts + 1
    if plan.attempts > MOST_ATTEMPTS:
        _finish(plan, problem=_("This plan was begun three times and stopped each time before it was done."))
        return
    plan.save()

    def progress(stage: str, done: int, total: int) -> None:
        PortfolioPlan.objects.filter(pk=plan.pk).update(stage=stage, steps_done=done, steps_total=total)

    try:
        outcome = compute_portfolio(
            offers_per_request=plan.offers_per_request, unstated_places=plan.unstated_places, progress=progress
        )
    except MatchingNotPossible as problem:
        logger.warning("Portfolio plan %s cannot be computed: %s", plan.pk, problem)
        _finish(plan, problem=str(problem))
        return
    plan.policy_version = outcome.policy_version
    plan.is_proven, plan.gap = outcome.portfolio.is_proven, outcome.portfolio.gap
    plan.result = outcome.result
    _finish(plan)


def _finish(plan: PortfolioPlan, problem: str = "") -> None:
    plan.status = PortfolioPlan.Status.FAILED if problem else PortfolioPlan.Status.DONE
    plan.problem, plan.stage, plan.finished_at = problem, "", timezone.now()
    plan.steps_done = plan.steps_total = 0
    plan.save()
