"""What a key may do: read or write everything, or only the records of one app."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

#: Apps that have scopes of their own, as `Model._meta.app_label` names them.
APPS = ("organizations", "assistance", "meetings")


class Verb(models.TextChoices):
    READ = "read", _("Read")
    WRITE = "write", _("Write")


class Scope(models.TextChoices):
    """`read` and `write` hold for every app, also for one added later; the others for the app that they name."""

    READ = "read", _("Read everything")
    WRITE = "write", _("Write everything")
    ORGANIZATIONS_READ = "organizations:read", _("Read States, organizations, contacts and information sheets")
    ORGANIZATIONS_WRITE = "organizations:write", _("Write what is about the organization, such as contacts")
    ASSISTANCE_READ = "assistance:read", _("Read offers, requests, matches, projects and vocabularies")
    ASSISTANCE_WRITE = "assistance:write", _("Write what is about assistance, such as offers")
    MEETINGS_READ = "meetings:read", _("Read meetings, notes and documents")
    MEETINGS_WRITE = "meetings:write", _("Write what is about meetings, such as documents")


def enough(verb: str, app: str | None) -> list[str]:
    """Scopes each of which is enough, the narrowest first."""
    narrow = APPS if app is None else (app,)
    return [*(f"{one}:{verb}" for one in narrow), verb]


def covers(scopes: Iterable[str], verb: str, app: str | None) -> bool:
    """Whether `scopes` allow `verb` on records of `app`; without an app, on any records at all."""
    return not frozenset(enough(verb, app)).isdisjoint(scopes)


def apps_covered(scopes: Iterable[str], verb: str) -> frozenset[str]:
    held = tuple(scopes)
    return frozenset(app for app in APPS if covers(held, verb, app))


def overlapping(scopes: Iterable[str]) -> list[str]:
    """Scopes for one app that another of `scopes` holds already: `assistance:read` beside `read`."""
    held = set(scopes)
    return [one for one in held if ":" in one and one.rpartition(":")[2] in held]


def in_words(scopes: Iterable[str]) -> list[Any]:
    """Labels of scopes, in the order of the choices; one that is unknown is shown as it is."""
    held = list(scopes)
    known = [scope.label for scope in Scope if scope.value in held]
    return [*known, *(one for one in held if one not in Scope.values)]
