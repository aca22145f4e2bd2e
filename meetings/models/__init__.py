from .meetings import ActionItem, AgendaItem, Document, Meeting, Participation
from .notes import FutureIssue, Note

__all__ = ["ActionItem", "AgendaItem", "Document", "FutureIssue", "Meeting", "Note", "Participation"]
