"""Asking for pages of meetings."""

from __future__ import annotations

from django.urls import reverse


def page(client, name, *args, **query):
    return client.get(reverse(f"meetings:{name}", args=args), query)


def text(response) -> str:
    return response.content.decode()


def meeting_data(**changes):
    """What the form sends for a new meeting."""
    data = {
        "title": "Example workshop",
        "kind": "workshop",
        "format": "in_person",
        "starts_on": "2027-03-01",
        "ends_on": "2027-03-02",
        "place": "Example city",
        "visibility": "network",
        "participations-TOTAL_FORMS": "2",
        "participations-INITIAL_FORMS": "0",
        "participations-0-party": "",
        "participations-0-role": "participant",
        "participations-1-role": "participant",
        "agenda-TOTAL_FORMS": "1",
        "agenda-INITIAL_FORMS": "0",
        "agenda-0-day": "1",
    }
    return data | changes
