"""A request and an offer side by side, as rows for the reader."""

from __future__ import annotations

from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cooperation_portal.records.languages import WorkingLanguage

from .models import AssistanceRequest, Match, Offer, WeaponType


def _listed(values: Any) -> str:
    return ", ".join(str(value) for value in values)


def _labels(codes: list[str], choices: Any) -> str:
    return _listed(choices(code).label for code in codes)


def _period(first: Any, last: Any) -> str:
    if first and last:
        return _("%(first)s to %(last)s") % {"first": date_format(first, "j F Y"), "last": date_format(last, "j F Y")}
    if first:
        return _("from %(first)s") % {"first": date_format(first, "j F Y")}
    if last:
        return _("until %(last)s") % {"last": date_format(last, "j F Y")}
    return _("not stated")


def coverage_sentence(offer: Offer) -> str:
    """Whom the offer is open to, in the words of its tags."""
    if offer.coverage == Offer.Coverage.GLOBAL:
        return _("All States")
    parts = [*offer.regional_groups]
    parts += [_("members of %(body)s") % {"body": body} for body in offer.members_of.all()]
    parts += [state.name for state in offer.states.all()]
    return _listed(parts) or _("not stated")


def _needs(request: AssistanceRequest) -> str:
    return "; ".join(
        _("%(area)s, %(priority)s priority") % {"area": need.area, "priority": need.get_priority_display().lower()}
        for need in request.needs.all()
    )


def _capacity(offer: Offer) -> str:
    return _("no limit") if offer.capacity is None else str(offer.capacity)


def side_by_side(match: Match) -> list[dict[str, Any]]:
    """The two records of a match."""
    return compared(match.request, match.offer)


def compared(request: AssistanceRequest, offer: Offer) -> list[dict[str, Any]]:
    """Rows of label, left (request) and right (offer). Reads the relations once; prefetch them for many."""
    types_asked = {kind for need in request.needs.all() for kind in need.types.all()}
    rows = (
        (_("Title"), request.title, offer.title),
        (_("Who"), str(request.requester), str(offer.provider)),
        (_("Areas"), _needs(request), _listed(offer.areas.all())),
        (_("Types of assistance"), _listed(sorted(kind.label for kind in types_asked)), _listed(offer.types.all())),
        (
            _("Weapon types"),
            _labels(request.weapon_types, WeaponType) or _("not stated"),
            _labels(offer.weapon_types, WeaponType) or _("not stated"),
        ),
        (
            _("Languages"),
            _labels(request.languages, WorkingLanguage) or _("not stated"),
            _labels(offer.languages, WorkingLanguage) or _("not stated"),
        ),
        (
            _("Period"),
            _period(request.needed_from, request.needed_by),
            _period(offer.starts_on, offer.ends_on),
        ),
        (_("Open to"), str(request.requester), coverage_sentence(offer)),
        (_("Status"), request.get_status_display(), offer.get_status_display()),
        (_("Places"), _("one asked for"), _capacity(offer)),
    )
    return [{"label": label, "left": left, "right": right, "differs": False} for label, left, right in rows]
