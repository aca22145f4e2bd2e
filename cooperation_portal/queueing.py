"""Hands work to the worker after commit. What must not be lost stands in a table; the broker only hurries it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection, transaction
from kombu.exceptions import OperationalError

if TYPE_CHECKING:
    from celery import Task

logger = logging.getLogger(__name__)


def hurry(task: Task) -> None:
    """Ask for a run of `task` once the present transaction commits.

    Without a broker nothing is lost: the schedule runs the same task over what is still waiting in its table.
    """

    def ask() -> None:
        try:
            task.delay()
        except OperationalError:
            logger.warning("The broker is away; %s waits for its schedule.", task.name)

    transaction.on_commit(ask, robust=True)


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
