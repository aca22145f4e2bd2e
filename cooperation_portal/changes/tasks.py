"""Nightly work on the change feed."""

from celery import shared_task

from .keeping import changes_prune, changes_reconcile


@shared_task
def reconcile() -> int:
    """Note what the feed does not know of, such as contacts whose term ended yesterday."""
    return changes_reconcile()


@shared_task
def prune() -> int:
    """Take away rows that no mirror needs any more."""
    return changes_prune()
