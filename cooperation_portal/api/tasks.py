"""What is done about keys, and about answers kept for them, on a schedule."""

from celery import shared_task

from . import idempotency, services


@shared_task
def warn_of_expiring_keys() -> int:
    """Tell focal points of keys that end within 14 days, once a key; safe to run twice at once."""
    return services.warn_of_expiring_keys()


@shared_task
def remove_old_answers() -> int:
    """Remove answers kept for repeated writes when their 24 hours are over."""
    return idempotency.remove_old_answers()
