"""Sending outside the request. Every task may run twice without harm."""

from celery import shared_task

from cooperation_portal.queueing import send_task

from .dispatch import deliver, webhooks_with_work
from .pruning import prune


@shared_task
def deliver_webhooks() -> int:
    """Give each webhook that has work a task of its own, so that none waits for another's receiver."""
    waiting = webhooks_with_work()
    for webhook_id in waiting:
        send_task(deliver_webhook, webhook_id)
    return len(waiting)


@shared_task
def deliver_webhook(webhook_id: int) -> None:
    """Send what is due to one webhook, and come back for what is due soon."""
    seconds = deliver(webhook_id)
    if seconds is not None:
        send_task(deliver_webhook, webhook_id, seconds=seconds)


@shared_task
def prune_deliveries() -> int:
    """Forget deliveries that were kept long enough."""
    return prune()
