"""What is asked of whom at a meeting, and how it stands. Raised: `NotAllowed`, `StaleVersion`, `ValidationError`."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from cooperation_portal.access.levels import Level
from cooperation_portal.access.policy import NotAllowed, allows, require
from cooperation_portal.notices.sending import notify
from cooperation_portal.records.write import created, recorded
from organizations.models import User

from ..models import ActionItem, Meeting
from .meetings import focal_points_reading

#: What whoever keeps the meeting's page writes, and of that what the body asked may write as well.
ACTION_ITEM_FIELDS = frozenset({"organization", "state", "what", "due_on", "status", "follow_up", "visibility"})
ANSWER_FIELDS = frozenset({"status", "follow_up"})


def action_item_create(*, by: Any, meeting: Meeting, values: dict[str, Any]) -> ActionItem:
    """Ask a body to do something, or everybody who takes part; its focal points are told."""
    item = ActionItem(meeting=meeting)
    require(by, "create", item)
    _write(item, values)
    with created(item, by=by, action="action_item.created") as item:
        _tell(item)
    return item


def action_item_update(
    *, by: Any, item: ActionItem, values: dict[str, Any], expected_version: int | None = None
) -> ActionItem:
    """Change an item. The body asked changes its status and follow-up only."""
    require(by, "update", item)
    with recorded(item, by=by, action="action_item.updated", expected_version=expected_version) as item:
        require(by, "update", item)
        if not allows(by, "create", item) and set(values) - ANSWER_FIELDS:
            raise NotAllowed("update", item.record_type)
        asked_before = item.asked
        _write(item, values)
        if item.asked != asked_before:
            _tell(item)
    return item


def _write(item: ActionItem, values: dict[str, Any]) -> None:
    if unknown := set(values) - ACTION_ITEM_FIELDS:
        raise KeyError(f"Not a field of an action item: {sorted(unknown)}")
    for name, value in values.items():
        setattr(item, name, value)


def _tell(item: ActionItem) -> None:
    """The focal points of the body asked; of every participant if it is asked of all, unless they cannot read it."""
    if item.asked is not None:
        people = focal_points_reading(item.meeting, {(item.asked.record_type, item.asked.pk)})
    elif item.visibility != Level.COMMITTEE:
        people = focal_points_reading(item.meeting)
    else:
        people = User.objects.none()
    notify(
        action="action_item.created",
        obj=item,
        users=people,
        path=item.get_absolute_url(),
        params={"meeting": item.meeting.title, "body": str(item.asked or _("Every participant")), "what": item.what},
    )
