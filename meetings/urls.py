"""Addresses of the meetings pages."""

from django.urls import path

from .views import action_items, calendars, conference_wizard, conferences, documents, editing, meetings, notes

app_name = "meetings"

urlpatterns = [
    path("meetings/", meetings.meeting_list, name="list"),
    path("meetings/new/", editing.meeting_new, name="new"),
    path("meetings/calendar.ics", calendars.public_calendar, name="public_calendar"),
    path("calendar/<slug:secret>.ics", calendars.personal_calendar, name="personal_calendar"),
    path("profile/calendar/", calendars.calendar_page, name="calendar"),
    path("profile/calendar/new/", calendars.calendar_new, name="calendar_new"),
    path("profile/calendar/revoke/", calendars.calendar_revoke, name="calendar_revoke"),
    path("meetings/<slug:reference>/", meetings.meeting_detail, name="detail"),
    path("meetings/<slug:reference>/edit/", editing.meeting_edit, name="edit"),
    path("meetings/<slug:reference>/note/", notes.note_detail, name="note"),
    path("meetings/<slug:reference>/note/edit/", notes.note_edit, name="note_edit"),
    path("meetings/<slug:reference>/note/publish/", notes.note_publish_view, name="note_publish"),
    path("meetings/<slug:reference>/documents/new/", documents.document_new, name="document_new"),
    path("meetings/<slug:reference>/actions/new/", action_items.action_new, name="action_new"),
    path("meetings/<slug:reference>/appointments/", conferences.appointments, name="appointments"),
    path("meetings/<slug:reference>/appointments.ics", conferences.own_calendar, name="appointments_calendar"),
    path("meetings/<slug:reference>/<slug:action>/", meetings.meeting_step, name="transition"),
    path("documents/<int:pk>/", documents.document, name="document"),
    path("documents/<int:pk>/remove/", documents.document_remove_view, name="document_remove"),
    path("action-items/<int:pk>/edit/", action_items.action_edit, name="action_edit"),
    path("planning/conference/", conferences.conference_list, name="conference_list"),
    path("planning/conference/new/", conference_wizard.conference_new, name="conference_new"),
    path("planning/conference/<slug:reference>/", conferences.conference_detail, name="conference_detail"),
    path("planning/conference/<slug:reference>/change/", conference_wizard.conference_change, name="conference_change"),
    path("planning/conference/<slug:reference>/schedule.csv", conferences.conference_csv, name="conference_csv"),
    path(
        "planning/conference/<slug:reference>/schedule.ics", conferences.conference_calendar, name="conference_calendar"
    ),
]
