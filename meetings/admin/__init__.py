"""The workbench of meetings: their pages, notes, what was asked, what was posted."""

from .meetings import ActionItemAdmin, DocumentAdmin, MeetingAdmin
from .notes import NoteAdmin

__all__ = ["ActionItemAdmin", "DocumentAdmin", "MeetingAdmin", "NoteAdmin"]
