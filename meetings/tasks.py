"""Work outside the request. Each task may run twice without harm."""

from celery import shared_task

from .services.stray_documents import stray_documents_remove


@shared_task
def remove_stray_documents() -> int:
    """Remove files of documents that crashes left without a row."""
    return stray_documents_remove()
