"""Asks for a round soon after something changed. What is not asked for is done by the schedule."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from cooperation_portal.queueing import send_task


def listen() -> None:
    """Connect to the change feed."""
    from cooperation_portal.changes.signals import noted

    noted.connect(_ask_after_commit, dispatch_uid="webhooks")


def _ask_after_commit(**kwargs: Any) -> None:
    """Once a transaction, however many changes it notes."""
    if not any(_ask is asked for _savepoints, asked, *_ in connection.run_on_commit):
        transaction.on_commit(_ask, robust=True)


def _ask() -> None:
    """Ask for a round if any webhook listens: most installations write far more often than they have webhooks."""
    from .models import Webhook
    from .tasks import deliver_webhooks

    if Webhook.objects.listening().exists():
        send_task(deliver_webhooks)
