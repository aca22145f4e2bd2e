"""Who reads a record, in a sentence: for badges, forms, mail and printed pages.

The levels themselves are `cooperation_portal.access.levels.Level`; here they get the name of the owner or the meeting.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

PUBLIC, NETWORK, PARTICIPANTS, COMMITTEE, DRAFT = "public", "network", "participants", "committee", "draft"
LEVELS = (PUBLIC, NETWORK, PARTICIPANTS, COMMITTEE, DRAFT)


def key(level: Any, *, draft: bool = False) -> str:
    """Give the level's plain value; a draft is its own level.

    Raises ValueError for a level that does not exist.
    """
    value = DRAFT if draft else str(getattr(level, "value", level))
    if value not in LEVELS:
        raise ValueError(f"Unknown visibility level {value!r}; known are {', '.join(LEVELS)}.")
    return value


def readers(level: Any, *, owner: Any = "", meeting: Any = "", draft: bool = False) -> str:
    """Say who can read a record now, for example "Members of the network can read this"."""
    kind, owner, meeting = key(level, draft=draft), str(owner or ""), str(meeting or "")
    if kind == PUBLIC:
        return _("Anyone can read this")
    if kind == NETWORK:
        return _("Members of the network can read this")
    if kind == PARTICIPANTS:
        if meeting:
            return _("Participants of the meeting “%(meeting)s” can read this") % {"meeting": meeting}
        return _("Participants of the meeting can read this")
    if kind == COMMITTEE:
        if owner:
            return _("The Committee, its experts and %(owner)s can read this") % {"owner": owner}
        return _("The Committee, its experts and the owner can read this")
    if owner:
        return _("Draft: only %(owner)s can read this") % {"owner": owner}
    return _("Draft: only the owner can read this")


def future(level: Any, *, owner: Any = "", meeting: Any = "") -> str:
    """Say who will be able to read what is being typed, once it is published; for forms."""
    kind, owner, meeting = key(level), str(owner or ""), str(meeting or "")
    if kind == PUBLIC:
        return _("Once published, anyone will be able to read this.")
    if kind == NETWORK:
        return _("Once published, members of the network will be able to read this.")
    if kind == PARTICIPANTS:
        if meeting:
            return _("Participants of the meeting “%(meeting)s” will be able to read this.") % {"meeting": meeting}
        return _("Participants of the meeting will be able to read this.")
    if kind == COMMITTEE:
        if owner:
            return _("The Committee, its experts and %(owner)s will be able to read this.") % {"owner": owner}
        return _("The Committee, its experts and the owner will be able to read this.")
    if owner:
        return _("As long as this is a draft, only %(owner)s can read it.") % {"owner": owner}
    return _("As long as this is a draft, only the owner can read it.")


def word(level: Any, *, draft: bool = False) -> str:
    """Give one word for a level, for table cells."""
    return {
        PUBLIC: pgettext("visibility", "Public"),
        NETWORK: pgettext("visibility", "Network"),
        PARTICIPANTS: pgettext("visibility", "Participants"),
        COMMITTEE: pgettext("visibility", "Committee"),
        DRAFT: pgettext("visibility", "Draft"),
    }[key(level, draft=draft)]
