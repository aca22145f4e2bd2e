"""Work outside the request. Each task may run twice without harm."""

from celery import shared_task

from .services.building import build_waiting
from .services.removing import remove_expired


#: A million records take longer than other tasks may.
@shared_task(time_limit=3600)
def build_waiting_snapshots() -> int:
    """Build the snapshots that wait."""
    return build_waiting()


@shared_task
def remove_expired_snapshots() -> int:
    """Remove the files that are a day old."""
    return remove_expired()
