"""Points of contact as vCards, for people's address books.

Version 3.0 (RFC 2426): every address book in use reads it, while several, Outlook among them, do not read 4.0. Both
versions write a property as one content line, the same as calendars do, so the calendar library escapes and folds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Parameters, vText, vUri
from icalendar.parser import Contentline
from icalendar.prop import vN, vOrg

from cooperation_portal.access.contacts import without_personal_fields
from cooperation_portal.records.languages import WorkingLanguage

from .models import PointOfContact

CONTENT_TYPE = "text/vcard; charset=utf-8"
_MADE_BY = "-//1540 Cooperation Network//Contacts//EN"
#: Identifiers of contacts are made of this and their reference; an address book knows a contact again by it.
_CONTACTS = UUID("5f0c0a3e-9a1d-4a53-9d0d-6f1f6c1e1540")


def vcards(who: Any, contacts: Iterable[PointOfContact]) -> Iterator[str]:
    """The cards of those contacts that `who` reads in full; of the others there is nothing to put in an address book.

    `contacts` are visible to `who`, with `organization` and `state` loaded.
    """
    as_read = (without_personal_fields(who, contact) for contact in contacts)
    return (_vcard(contact) for contact in as_read if contact.name)


def _vcard(contact: PointOfContact) -> str:
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        _line("PRODID", vText(_MADE_BY)),
        _line("UID", vText(f"urn:uuid:{uuid5(_CONTACTS, contact.ref)}")),
        _line("REV", vText(f"{contact.updated_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")),
        _line("FN", vText(_one_line(contact.name))),
        _line("N", vN((*_names(contact), "", "", ""))),
        _line("ORG", vOrg(tuple(_one_line(part) for part in (contact.body.name, contact.agency) if part))),
        *_optional(contact),
        _line("CATEGORIES", vText(_("1540 Cooperation Network"))),
        _line("NOTE", vText(_note(contact))),
        _line("URL", vUri(f"{settings.SITE_URL}{contact.get_absolute_url()}")),
        "END:VCARD",
    ]
    return "".join(f"{line}\r\n" for line in lines)


def _optional(contact: PointOfContact) -> Iterator[str]:
    if contact.job_title:
        yield _line("TITLE", vText(_one_line(contact.job_title)))
    if contact.email:
        yield _line("EMAIL", vText(_one_line(contact.email)), TYPE=["INTERNET", "WORK", "PREF"])
    if contact.phone:
        yield _line("TEL", vText(_one_line(contact.phone)), TYPE=["WORK", "VOICE"])


def _names(contact: PointOfContact) -> tuple[str, str]:
    """Family and given name. Which is which is not recorded, and a guess would be wrong for many of the world's names:
    the whole name stands in the first place, as address books do with names of offices."""
    return _one_line(contact.name), ""


def _note(contact: PointOfContact) -> str:
    """Role, languages and how fresh it is, in lines."""
    lines = [contact.get_role_display()]
    if contact.languages:
        names = ", ".join(str(WorkingLanguage(code).label) for code in contact.languages)
        lines.append(_("Languages: %(languages)s") % {"languages": names})
    lines.append(_("Verified on %(day)s") % {"day": contact.last_verified_on.isoformat()})
    return "\n".join(lines)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _line(name: str, value: Any, **parameters: Any) -> str:
    content: Any = Contentline.from_parts(name, Parameters(parameters), value)
    return content.to_ical().decode()
