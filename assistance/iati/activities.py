"""Writes offers as IATI activities, valid against the schema of version 2.03.

Nothing is made up: no money, no sector codes of others, no persons. Where the standard asks for shares of several
recipients or sectors, they are equal, since an offer does not weigh them. A start that nobody stated is written as the
day of publication and marked so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from lxml import etree

from cooperation_portal.interface.text import without_control_characters
from organizations.models import Organization, PointOfContact, State
from organizations.models.states import RegionalGroup

from ..models import Offer, OfferPartner
from ..models.offers import DatePrecision
from . import codes, identifiers

#: The language of what people write in the portal; offers do not say it one by one.
LANGUAGE = "en"

#: The provider's public mailboxes, by ("organization" | "state", primary key).
Mailboxes = Mapping[tuple[str, int], Sequence[PointOfContact]]
_BEGUN = (Offer.Status.ONGOING, Offer.Status.SUSPENDED, Offer.Status.COMPLETED)


def document(offers: Iterable[Offer], mailboxes: Mailboxes, borrowed: Collection[int] = ()) -> Iterator[bytes]:
    """The file, piece by piece. The schema wants at least one activity, so do not call it for none.

    `offers` are no drafts and have organization, state, areas, types, members, States and partners loaded. `borrowed`
    are primary keys of those with another offer's identifier (`identifiers.borrowed`).
    """
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    yield (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<iati-activities version="{codes.VERSION}" '
        f'generated-datetime="{now}" xmlns:portal="{codes.NAMESPACE}">\n'
    ).encode()
    for offer in offers:
        contacts = [contact for owner in offer.owners() for contact in mailboxes.get(owner, ())]
        name = identifiers.made_of_reference(offer) if offer.pk in borrowed else identifiers.of_offer(offer)
        yield etree.tostring(activity(offer, name, contacts), encoding="utf-8") + b"\n"
    yield b"</iati-activities>\n"


def activity(offer: Offer, identifier: str, contacts: Sequence[PointOfContact] = ()) -> etree._Element:
    """One offer as an `iati-activity`; `contacts` are the provider's public mailboxes."""
    root = etree.Element("iati-activity", nsmap={"portal": codes.NAMESPACE})
    root.set("last-updated-datetime", f"{offer.updated_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    root.set(codes.LANG, LANGUAGE)
    _add(root, "iati-identifier", identifier)
    reporter = _body(root, "reporting-org", offer.provider)
    reporter.set("type", _type_of(offer.provider))
    _narrative(_add(root, "title"), offer.title)
    _narrative(_add(root, "description", type=codes.GENERAL), offer.summary)
    _participants(root, offer)
    _add(root, "other-identifier", ref=offer.reference, type=codes.INTERNAL_IDENTIFIER)
    _add(root, "activity-status", code=codes.ACTIVITY_STATUS[Offer.Status(offer.status)])
    _dates(root, offer)
    for contact in contacts:
        _mailbox(root, contact)
    _recipients(root, offer)
    _subjects(root, offer)
    page = _add(root, "document-link", format="text/html", url=f"{settings.SITE_URL}{offer.get_absolute_url()}")
    _narrative(_add(page, "title"), offer.title)
    _add(page, "category", code=codes.WEB_PAGE)
    return root


def _participants(root: etree._Element, offer: Offer) -> None:
    """Funders, the provider, implementers. Where no implementer is named, the provider carries it out itself."""
    roles = OfferPartner.PartnerRole
    partners = list(offer.partners.all())
    for partner in partners:
        if partner.role == roles.FUNDER:
            _partner(root, partner, codes.FUNDING)
    _participant(root, offer.provider, codes.ACCOUNTABLE)
    implementers = [partner for partner in partners if partner.role == roles.IMPLEMENTER]
    for partner in implementers:
        _partner(root, partner, codes.IMPLEMENTING)
    if not implementers:
        _participant(root, offer.provider, codes.IMPLEMENTING)


def _partner(root: etree._Element, partner: OfferPartner, role: str) -> None:
    body = partner.organization or partner.state
    if body is not None:
        _participant(root, body, role)
    else:
        _narrative(_add(root, "participating-org", role=role), partner.other_name)


def _participant(root: etree._Element, body: Organization | State, role: str) -> None:
    element = _body(root, "participating-org", body)
    element.set("type", _type_of(body))
    element.set("role", role)


def _body(root: etree._Element, tag: str, body: Organization | State) -> etree._Element:
    element = _add(root, tag, ref=identifiers.of_body(body))
    _narrative(element, body.name_en if isinstance(body, State) else body.name)
    return element


def _type_of(body: Organization | State) -> str:
    if isinstance(body, State):
        return codes.GOVERNMENT
    return codes.ORGANIZATION_TYPE[Organization.Category(body.category)]


def _dates(root: etree._Element, offer: Offer) -> None:
    today = timezone.localdate()
    if offer.starts_on is None:
        published = (offer.published_at or offer.created_at).date()
        element = _date(root, codes.ACTUAL_START, min(published, offer.ends_on or published))
        element.set(codes.STATED, "no")
        _narrative(element, _("The start is not stated; this is the day of publication or an earlier end."))
    else:
        has_begun = offer.status in _BEGUN and offer.starts_on <= today
        kind = codes.ACTUAL_START if has_begun else codes.PLANNED_START
        _say_precision(_date(root, kind, offer.starts_on), offer.starts_precision)
    if offer.ends_on is not None:
        has_ended = offer.status == Offer.Status.COMPLETED and offer.ends_on <= today
        kind = codes.ACTUAL_END if has_ended else codes.PLANNED_END
        _say_precision(_date(root, kind, offer.ends_on), offer.ends_precision)


def _date(root: etree._Element, kind: str, day: date) -> etree._Element:
    return _add(root, "activity-date", **{"type": kind, "iso-date": day.isoformat()})


def _say_precision(element: etree._Element, precision: str) -> None:
    if precision == DatePrecision.MONTH:
        _narrative(element, _("Only the month is known."))
    elif precision == DatePrecision.YEAR:
        _narrative(element, _("Only the year is known."))


def _mailbox(root: etree._Element, contact: PointOfContact) -> None:
    element = _add(root, "contact-info", type=codes.GENERAL)
    body = contact.body
    _narrative(_add(element, "organisation"), body.name_en if isinstance(body, State) else body.name)
    _narrative(_add(element, "department"), contact.name)
    if contact.phone:
        _add(element, "telephone", contact.phone)
    if contact.email:
        _add(element, "email", contact.email)


def _recipients(root: etree._Element, offer: Offer) -> None:
    """The world, or countries and regions with equal shares."""
    if offer.coverage == Offer.Coverage.GLOBAL:
        _add(root, "activity-scope", code=codes.GLOBAL)
        world = _add(root, "recipient-region", code=codes.WORLD, vocabulary=codes.M49)
        _narrative(world, _("World"))
        return
    states, groups, bodies = list(offer.states.all()), offer.regional_groups, list(offer.members_of.all())
    if groups or bodies:
        _add(root, "activity-scope", code=codes.REGIONAL)
    elif states:
        _add(root, "activity-scope", code=codes.MULTINATIONAL if len(states) > 1 else codes.NATIONAL)
    countries = [(_add(root, "recipient-country", code=state.iso2), state.name_en) for state in states]
    regions = [
        (_own(root, "recipient-region", group, codes.REGIONAL_GROUPS), str(RegionalGroup(group).label))
        for group in groups
    ]
    regions += [
        (
            _own(root, "recipient-region", body.acronym, codes.MEMBERS_OF),
            _("Member States of %(organization)s") % {"organization": body.name},
        )
        for body in bodies
    ]
    _share([*countries, *regions])


def _subjects(root: etree._Element, offer: Offer) -> None:
    """Areas are sectors; types of assistance, weapon types and languages of help are tags."""
    _share([(_own(root, "sector", area.code, codes.AREAS), area.label) for area in offer.areas.all()])
    for kind in offer.types.all():
        _narrative(_own(root, "tag", kind.code, codes.ASSISTANCE_TYPES), kind.label)
    for code in offer.weapon_types:
        _own(root, "tag", code, codes.WEAPON_TYPES)
    for code in offer.languages:
        _add(root, "tag", **{"code": code, "vocabulary": codes.OWN, "vocabulary-uri": codes.LANGUAGES})


def _share(elements: Sequence[tuple[etree._Element, str]]) -> None:
    """Name elements and give each an equal share, in hundredths of a percent that sum up to 100 %."""
    if not elements:
        return
    each, left = divmod(10_000, len(elements))
    for place, (element, name) in enumerate(elements):
        if len(elements) > 1:
            hundredths = each + (place < left)
            element.set("percentage", f"{hundredths // 100}.{hundredths % 100:02}")
        _narrative(element, name)


def _own(root: etree._Element, tag: str, code: str, path: str) -> etree._Element:
    uri = f"{settings.SITE_URL}{path}"
    return _add(root, tag, **{"code": code, "vocabulary": codes.OWN, "vocabulary-uri": uri})


def _narrative(parent: etree._Element, text: Any) -> None:
    _add(parent, "narrative", str(text))


def _add(parent: etree._Element, tag: str, text: str | None = None, /, **attributes: str) -> etree._Element:
    element = etree.SubElement(
        parent, tag, {name: without_control_characters(value) for name, value in attributes.items()}
    )
    if text is not None:
        element.text = without_control_characters(text)
    return element
