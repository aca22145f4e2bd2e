from .calendars import CalendarAddress
from .conferences import Appointment, AppointmentSubject, ConferencePlan
from .meetings import ActionItem, AgendaItem, Document, Meeting, Participation
from .notes import FutureIssue, Note

__all__ = [
    "ActionItem",
    "AgendaItem",
    "Appointment",
    "AppointmentSubject",
    "CalendarAddress",
    "ConferencePlan",
    "Document",
    "FutureIssue",
    "Meeting",
    "Note",
    "Participation",
]
