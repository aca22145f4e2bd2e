"""The matching service: takes up queued runs and carries each out once.

What a run does is in `services/runs/`; here stands who carries it out, under which policy, and how it ends.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from assistance.matching import Policy
from assistance.matching.policy import InvalidPolicy
from assistance.matching.profiles import InvalidProfile
from cooperation_portal.access.policy import require
from cooperation_portal.queueing import only_worker

from ..models import AssistanceRequest, MatchingPolicy, MatchingRun
from ..run_problems import RunProblem
from .queueing import queue_matching
from .runs.run import PolicyChanged, Run

logger = logging.getLogger(__name__)

#: First key of the advisory locks that mark a run as being carried out; second key 0: somebody is asking for one.
RUN_LOCKS = 2325
#: A run that so many workers did not survive is not given to another one.
MOST_ATTEMPTS = 3
WAITING = (MatchingRun.Status.QUEUED, MatchingRun.Status.RUNNING)


def policy_in_force() -> Policy:
    """The newest stored policy. Raises `MatchingPolicy.DoesNotExist` before reference data is loaded."""
    stored = MatchingPolicy.objects.order_by("-version")[:1].get()
    return library_policy(stored)


def library_policy(stored: MatchingPolicy) -> Policy:
    """Raises `InvalidPolicy` if the stored values cannot rank."""
    limits: dict[str, Any] = {"lowering": stored.lowering, "priorities": stored.priorities}
    return Policy(
        version=str(stored.version),
        weights=stored.weights,
        threshold=stored.threshold,
        reach=stored.reach,
        breadth=stored.breadth,
        **{name: value for name, value in limits.items() if value},
    )


@transaction.atomic
def run_on_demand(*, by: Any, request: AssistanceRequest | None = None) -> MatchingRun:
    """Queue a run that an expert asks for, over one request or over everything; one that waits already is enough."""
    actor = require(by, "run", "match")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [RUN_LOCKS])
    return queue_matching(cause=MatchingRun.Cause.DEMAND, request=request, asked_by=actor.label)


def carry_out_waiting() -> int:
    """Carry out every queued run, and those that a stopped worker left; give back how many."""
    done = 0
    tried: set[int] = set()
    while True:
        run = MatchingRun.objects.filter(status__in=WAITING).exclude(pk__in=tried).order_by("pk").first()
        if run is None:
            return done
        tried.add(run.pk)
        done += carry_out(run.pk)


def carry_out(run_id: int) -> bool:
    """Carry out one run. False if another worker has it or it is done already.

    Raises `OperationalError` where the database is lost; the run then waits to be taken up again.
    """
    with only_worker(RUN_LOCKS, run_id) as is_ours:
        if not is_ours or not _take_up(run_id):
            return False
        run = MatchingRun.objects.get(pk=run_id)
        if run.attempts > MOST_ATTEMPTS:
            _end(run, RunProblem.WORKER_DIED, status=MatchingRun.Status.FAILED)
            return True
        try:
            remark = _carry_out(run)
        except MatchingPolicy.DoesNotExist:
            _end(run, RunProblem.NO_POLICY, status=MatchingRun.Status.FAILED)
        except InvalidPolicy as problem:
            _end(run, RunProblem.BAD_POLICY, str(problem), status=MatchingRun.Status.FAILED)
        except InvalidProfile as problem:
            _end(run, RunProblem.BAD_RECORDS, str(problem), status=MatchingRun.Status.FAILED)
        except (OperationalError, InterfaceError):
            raise
        except Exception as problem:
            logger.exception("Matching run %s met an unexpected error", run.pk)
            _end(run, RunProblem.UNEXPECTED, type(problem).__name__, status=MatchingRun.Status.FAILED)
        else:
            _end(run, remark, status=MatchingRun.Status.DONE)
    return True


def _take_up(run_id: int) -> bool:
    """Mark the run as begun. Waits for whoever is just now asking for it, so that their change is seen."""
    taken = MatchingRun.objects.filter(pk=run_id, status__in=WAITING).update(
        status=MatchingRun.Status.RUNNING, started_at=timezone.now(), attempts=F("attempts") + 1
    )
    return bool(taken)


def _carry_out(run: MatchingRun) -> RunProblem | None:
    """Do the work, again from the start where another policy comes into force meanwhile; give back a remark."""
    while True:
        run.requests_total = run.requests_done = run.offers_total = 0
        run.suggested = run.changed = run.superseded = 0
        try:
            Run(run, policy_in_force()).carry_out()
        except PolicyChanged:
            continue
        if not run.is_over_everything:
            return None
        if not run.requests_total:
            return RunProblem.NO_REQUESTS
        return None if run.offers_total else RunProblem.NO_OFFERS


def _end(run: MatchingRun, problem: RunProblem | None, detail: str = "", *, status: MatchingRun.Status) -> None:
    if status == MatchingRun.Status.FAILED:
        logger.error("Matching run %s failed: %s %s", run.pk, problem, detail)
    run.status, run.problem_code, run.problem = status, problem or "", detail
    run.finished_at = timezone.now()
    run.save()
