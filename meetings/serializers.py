"""What a partner sends about documents, turned into the values that the services take."""

from __future__ import annotations

from typing import Any

from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.levels import Level
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.api.models import ApiKey
from cooperation_portal.api.writing import unknown_key

from .models import Document, Meeting
from .services.documents import document_post, document_remove, document_update


def post_document(*, by: ApiKey, data: dict[str, Any]) -> Document:
    """Post a file on behalf of the key's own organization, which takes part in the meeting.

    To name another organization is refused alike, known or not; so is a meeting that the key may not read as one that
    is not there.
    """
    own = by.organization
    if data.get("organization", own.acronym) != own.acronym:
        raise NotAllowed("create", Document.record_type, is_anothers=True)
    meeting = Meeting.objects.visible_to(actor_for(by)).filter(reference=data["meeting"]).first()
    if meeting is None:
        raise unknown_key("meeting")
    return document_post(
        by=by,
        meeting=meeting,
        poster=own,
        title=data["title"],
        visibility=data.get("visibility", Level.PARTICIPANTS),
        file=data["file"],
    )


def update_document(*, by: ApiKey, record: Document, data: dict[str, Any], expected_version: int) -> Document:
    return document_update(by=by, document=record, values=data, expected_version=expected_version)


def remove_document(*, by: ApiKey, record: Document, expected_version: int) -> None:
    document_remove(by=by, document=record, expected_version=expected_version)
