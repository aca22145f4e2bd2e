"""Hands work to the worker after commit. What must not be lost stands in a table; the broker only hurries it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction
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
