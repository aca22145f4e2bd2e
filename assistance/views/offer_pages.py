"""What the pages of an offer show: facts, people, matches, history, the version that somebody else saved."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistance.matching.candidates import Kind
from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.contacts import without_personal_fields
from cooperation_portal.access.policy import allows
from cooperation_portal.administration.history import told
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.interface import audience
from cooperation_portal.records.languages import WorkingLanguage
from organizations.models import PointOfContact, State
from organizations.models.states import RegionalGroup

from ..candidate_pages import request_facts
from ..coverage import covered_states, in_words
from ..forms.offers import OfferForm
from ..models import Match, Offer, OfferPartner, WeaponType
from ..periods import period
from ..services.candidates import requests_found
from ..services.offer_values import OfferValues, already_over, missing
from ..services.offers import acts_for_provider, offer_actions
from ..services.others import others_on_the_same
from ..services.ranking import MatchingNotPossible
from ..wording import Words
from .offer_actions import buttons

HISTORY_SHOWN = 30
MATCHES_SHOWN = 10


def detail(user: Any, offer: Offer) -> dict[str, Any]:
    """Everything on the page of one offer, as far as `user` may read it."""
    covered = covered_states(offer)
    is_global = offer.coverage == Offer.Coverage.GLOBAL
    actions = offer_actions(user, offer)
    lacking = missing_of(offer) if "publish" in actions else {}
    return {
        "offer": offer,
        "areas": offer.areas.select_related("parent"),
        "types": offer.types.all(),
        "weapon_types": [str(WeaponType(code).label) for code in offer.weapon_types],
        "languages": [str(WorkingLanguage(code).label) for code in offer.languages],
        "open_to": in_words(offer, covered),
        "groups": [str(RegionalGroup(group).label) for group in offer.regional_groups],
        "covered": [] if is_global else State.objects.filter(iso3__in=covered),
        "period": period(offer),
        "is_past_end": offer.status not in ENDED and offer.ends_on is not None and offer.ends_on < timezone.localdate(),
        "partners": offer.partners.select_related("organization", "state"),
        "contacts": contacts_of(user, offer),
        "is_member": actor_for(user).is_member,
        "matches": matches_of(user, offer),
        **fitting_requests(user, offer),
        **others_of(user, offer),
        "history": history_of(user, offer),
        "lacking": [message for messages in lacking.values() for message in messages],
        "buttons": buttons(offer, actions, is_complete=not lacking),
    }


def fitting_requests(user: Any, offer: Offer) -> dict[str, Any]:
    """For the provider, the best of the open requests that the offer fits; for the Committee the way to them."""
    may_see = (
        allows(user, "see_requests", offer)
        and not offer.is_from_public_source
        and offer.status not in (Offer.Status.DRAFT, *ENDED)
    )
    shown: dict[str, Any] = {"may_see_requests": may_see, "fitting": [], "fitting_total": 0, "not_possible": ""}
    if not may_see or not acts_for_provider(user, offer):
        return shown
    try:
        found = requests_found(by=user, offer=offer)
    except MatchingNotPossible as problem:
        return shown | {"not_possible": str(problem)}
    fitting = [one for one in found.found if one.kind is Kind.SUGGESTED]
    words = Words()
    best = [(request_facts(found.requests[one.request], words), one.score) for one in fitting[:MATCHES_SHOWN]]
    return shown | {"fitting": best, "fitting_total": len(fitting)}


def others_of(user: Any, offer: Offer) -> dict[str, Any]:
    """For members: whose programmes work in the same States on the same areas."""
    others, total = others_on_the_same(user, offer) if allows(user, "view", "coverage") else ([], 0)
    return {"others": others, "others_total": total}


ENDED = (Offer.Status.COMPLETED, Offer.Status.WITHDRAWN)


def missing_of(offer: Offer) -> dict[str, list[Any]]:
    """What keeps a draft from being published, by field."""
    values = OfferValues.of(offer)
    return missing(values) | already_over(values)


def contacts_of(user: Any, offer: Offer) -> list[PointOfContact]:
    """The provider's points of contact now in office that `user` may read."""
    own = {"organization": offer.organization} if offer.organization else {"state": offer.state}
    contacts = PointOfContact.objects.visible_to(user).current().filter(**own)
    return [without_personal_fields(user, contact) for contact in contacts]


def matches_of(user: Any, offer: Offer) -> Any:
    """The best matches of the offer that `user` may read."""
    if not actor_for(user).is_member:
        return []
    return (
        Match.objects.visible_to(user)
        .filter(offer=offer)
        .exclude(status=Match.Status.SUPERSEDED)
        .select_related("request__state", "request__organization", "offer")
        .order_by("-score", "pk")[:MATCHES_SHOWN]
    )


def history_of(user: Any, offer: Offer) -> list[dict[str, Any]]:
    """What happened to the offer: for its provider, and for those who read the audit."""
    if not (acts_for_provider(user, offer) or allows(user, "view", "audit")):
        return []
    rows = []
    for entry in AuditEntry.objects.about(offer)[:HISTORY_SHOWN]:
        row = told(entry, Offer)
        changed = "; ".join(f"{change['label'][:1].upper()}{change['label'][1:]}" for change in row["rows"])
        is_edit = entry.action == "offer.updated" and changed
        row["text"] = _("Changed: %(fields)s") % {"fields": changed} if is_edit else row["reason"]
        if entry.action == "offer.asked" and not actor_for(user).is_committee:
            row["who"] = _("The Committee’s experts")
        rows.append(row)
    return rows


# The form and its conflicts


def form_facts(form: OfferForm) -> dict[str, Any]:
    """What the form says beside its fields: who reads this, who is covered."""
    offer = form.offer
    number = len(form.covered_now())
    if offer is not None and not offer.is_draft:
        readers = _("It is published: what you save is read at once by those chosen under “Readers”.")
    else:
        provider = offer.provider if offer else next(iter(form.providers.values())) if len(form.providers) == 1 else ""
        readers = audience.future(audience.DRAFT, owner=provider)
    return {
        "offer": offer,
        "is_draft": offer is None or offer.is_draft,
        "readers": readers,
        "covered": ngettext(
            "%(number)d State is covered by what is ticked.", "%(number)d States are covered by what is ticked.", number
        )
        % {"number": number}
        if number
        else _("No State is covered yet."),
    }


def conflict(current: Offer, *, yours: OfferValues) -> dict[str, Any]:
    """What the conflict part needs: yours beside what stands now, who saved that and when."""
    latest = AuditEntry.objects.about(current).first()
    mine, theirs = described(yours), described(OfferValues.of(current))
    return {
        "rows": [{"label": label, "left": mine[label], "right": theirs[label]} for label in mine],
        "by": latest.actor_label if latest else "",
        "at": latest.at if latest else None,
    }


def described(values: OfferValues) -> dict[str, Any]:
    """Values as people read them, by the label of their field in the form."""
    shown: dict[str, Any] = {
        "kind": str(Offer.Kind(values.kind).label),
        "title": values.title,
        "summary": values.summary,
        "areas": _sorted(str(area) for area in values.areas),
        "types": _sorted(str(kind) for kind in values.types),
        "weapon_types": [str(WeaponType(code).label) for code in values.weapon_types],
        "coverage": str(Offer.Coverage(values.coverage).label),
        "regional_groups": [str(RegionalGroup(group).label) for group in values.regional_groups],
        "members_of": _sorted(str(body) for body in values.members_of),
        "states": _sorted(str(state) for state in values.states),
        "languages": [str(WorkingLanguage(code).label) for code in values.languages],
        "starts_on": _day(values.starts_on),
        "ends_on": _day(values.ends_on),
        "capacity": "" if values.capacity is None else str(values.capacity),
        "visibility": audience.readers(values.visibility),
    }
    labels = {str(OfferForm.base_fields[name].label): value for name, value in shown.items()}
    labels[_("Partners")] = [
        f"{OfferPartner.PartnerRole(partner.role).label}: {partner.name}" for partner in values.partners
    ]
    return labels


def _sorted(words: Any) -> list[str]:
    return sorted(words, key=str.casefold)


def _day(day: Any) -> str:
    return date_format(day, "j F Y") if day else ""
