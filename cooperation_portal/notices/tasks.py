"""Mail outside the request."""

from celery import shared_task

from .sending import send_pending


@shared_task
def send_pending_mail() -> int:
    """Send pending notices by mail; safe to run twice at once."""
    return send_pending()
