"""What is done about keys on a schedule."""

from celery import shared_task

from . import services


@shared_task
def warn_of_expiring_keys() -> int:
    """Tell focal points of keys that end within 14 days, once a key; safe to run twice at once."""
    return services.warn_of_expiring_keys()
