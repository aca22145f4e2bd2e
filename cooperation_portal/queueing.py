"""Hands work to the worker after commit. What must not be lost stands in a table; the broker only hurries it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from kombu.exceptions import OperationalError

if TYPE_CHECKING:
    from celery import Task

logger = logging.getLogger(__name__)


def hurry(task: Task, *arguments: Any) -> None:
    """Ask for a run of `task` once the present transaction commits."""
    transaction.on_commit(lambda: send_task(task, *arguments), robust=True)


def send_task(task: Task, *arguments: Any, seconds: float = 0) -> None:
    """Hand a task to the broker, to be run after so many seconds.

    Without a broker nothing is lost: the schedule runs the same task over what is still waiting in its table.
    """
    try:
        task.apply_async(arguments, countdown=seconds or None)
    except OperationalError:
        logger.warning("The broker is away; %s waits for its schedule.", task.name)


@contextmanager
def only_worker(locks: int, job_id: int) -> Iterator[bool]:
    """Hold a job's advisory lock and tell whether it is ours: False where another worker has the job.

    `locks` is the first key, one number for each kind of job. PostgreSQL lets go of the lock when the worker's
    connection ends, however it ends.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [locks, job_id])
        (is_ours,) = cursor.fetchone()
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [locks, job_id])
