"""Posting, describing and removing documents. Raised: `NotAllowed`, `StaleVersion`, `ValidationError`."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cooperation_portal import audit, changes
from cooperation_portal.access.policy import require
from cooperation_portal.records.write import created, lock, recorded, snapshot
from organizations.models import Organization, State

from ..models import Document, Meeting
from ..uploads import check_upload

logger = logging.getLogger(__name__)

DESCRIPTIVE_FIELDS = frozenset({"title", "visibility"})


def document_post(
    *, by: Any, meeting: Meeting, poster: Organization | State | None, title: str, visibility: str, file: UploadedFile
) -> Document:
    """Post a file for a meeting, on behalf of a body that takes part; without one, for the Committee's experts."""
    document = Document(
        meeting=meeting,
        organization=poster if isinstance(poster, Organization) else None,
        state=poster if isinstance(poster, State) else None,
        title=title,
        visibility=visibility,
    )
    require(by, "create", document)
    checked = check_upload(file)
    document.file_name, document.content_type = checked.name, checked.content_type
    document.size, document.sha256 = checked.size, checked.sha256
    document.file = file
    try:
        with created(document, by=by, action="document.created") as document:
            pass
    except BaseException:
        # The row was not kept, so nobody could ever find or remove the file.
        if getattr(document.file, "_committed", False):
            document.file.storage.delete(str(document.file.name))
        raise
    return document


def document_update(
    *, by: Any, document: Document, values: dict[str, Any], expected_version: int | None = None
) -> Document:
    """Say anew what a document is called and who reads it (`title`, `visibility`); the file stays what it is."""
    if unknown := set(values) - DESCRIPTIVE_FIELDS:
        raise ValidationError({name: _("This is not set here.") for name in sorted(unknown)})
    require(by, "update", document)
    with recorded(document, by=by, action="document.updated", expected_version=expected_version) as document:
        require(by, "update", document)
        for name, value in values.items():
            setattr(document, name, value)
    return document


def document_remove(*, by: Any, document: Document, expected_version: int | None = None, reason: str = "") -> None:
    """Take a document away for good, row and file; the audit keeps that it was there."""
    require(by, "remove", document)
    with transaction.atomic(), changes.together():
        locked = lock(document, expected_version=expected_version)
        require(by, "remove", locked)
        audit.record(
            action="document.removed", obj=locked, by=by, before=snapshot(locked), after={}, reason=reason.strip()
        )
        changes.record(locked, op="remove")
        storage, name = locked.file.storage, str(locked.file.name)
        locked.delete()
        transaction.on_commit(lambda: _delete_file(storage, name))


def _delete_file(storage: Any, name: str) -> None:
    try:
        storage.delete(name)
    except OSError:
        logger.exception("The file %s of a removed document could not be deleted. Delete it by hand.", name)
