"""The desk of an organization's editors and focal points."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from assistance.models import Offer
from cooperation_portal.access.actors import Actor
from cooperation_portal.access.policy import allows
from cooperation_portal.access.roles import Role
from cooperation_portal.api.models import ApiKey
from cooperation_portal.interface.dates import in_words
from organizations.models import InformationSheet, Organization, PointOfContact

from .parts import IN_PART, Part, apart, stale_since

#: What the figures count; ended offers are in the list.
COUNTED = (Offer.Status.DRAFT, Offer.Status.PLANNED, Offer.Status.ONGOING, Offer.Status.SUSPENDED)


def offers(user: Any, actor: Actor) -> Part:
    """Own offers by status, and the drafts that wait to be finished."""
    own = Offer.objects.visible_to(user).current().filter(organization_id__in=actor.organization_ids)
    numbers = dict(own.order_by().values_list("status").annotate(number=Count("pk")))
    provider = _only_acronym(actor)
    figures = [
        (status.label, numbers.get(status, 0), _list(provider=provider, status=status.value) if provider else "")
        for status in COUNTED
    ]
    drafts = own.filter(status=Offer.Status.DRAFT).order_by("-updated_at", "-pk")[:IN_PART]
    tasks = [
        {
            "label": _("Finish and publish the draft: %(title)s") % {"title": apart(offer.title)},
            "url": offer.get_absolute_url(),
            "about": _("%(reference)s, last changed on %(date)s")
            % {"reference": offer.reference, "date": in_words(offer.updated_at)},
        }
        for offer in drafts
    ]
    return Part(
        "offers",
        _("Your offers"),
        figures=figures,
        tasks=tasks,
        more=(_("Post a programme"), reverse("assistance:offer_new")) if allows(user, "create", Offer) else None,
    )


def keys(user: Any, actor: Actor) -> Part:
    """The way to the API keys and webhooks of one's organizations, and keys that end soon."""
    expiring = ApiKey.objects.visible_to(user).expiring().filter(organization__suspended_on=None)
    tasks = [
        {
            "label": _("Rotate the API key “%(name)s” of %(organization)s")
            % {"name": apart(key.name), "organization": key.organization.acronym},
            "url": reverse("organizations:key_rotate", args=[key.organization.slug, key.pk]),
            "about": _("%(key)s ends on %(date)s; the system that uses it stops then.")
            % {"key": key, "date": in_words(key.expires_at)},
        }
        for key in expiring.select_related("organization").order_by("expires_at", "pk")[:IN_PART]
    ]
    managed = Organization.objects.filter(pk__in=actor.organizations.get(Role.FOCAL_POINT, ()))
    return Part(
        "keys",
        _("Systems that use the portal"),
        tasks=tasks,
        links=[
            link for organization in managed.order_by("sort_key", "pk")[:IN_PART] for link in _systems_of(organization)
        ],
    )


def _systems_of(organization: Organization) -> list[tuple[str, str, str]]:
    return [
        (
            _("API keys of %(organization)s") % {"organization": organization.acronym},
            reverse("organizations:key_list", args=[organization.slug]),
            _("For systems that keep a copy of what you may read, or your offers up to date."),
        ),
        (
            _("Webhooks of %(organization)s") % {"organization": organization.acronym},
            reverse("webhooks:list", args=[organization.slug]),
            _("For systems that are to be told at once when something changes."),
        ),
    ]


def to_keep_true(user: Any, actor: Actor) -> Part:
    """What was not confirmed for six months, and what the organization has not said yet."""
    tasks = [*_organization_tasks(user, actor), *_contact_tasks(user, actor), *_offer_tasks(user, actor)]
    return Part(
        "true",
        _("To keep true"),
        tasks=tasks,
        empty=_("Everything your organization shows was confirmed within six months."),
    )


def _organization_tasks(user: Any, actor: Actor) -> list[dict[str, Any]]:
    contacts = PointOfContact.objects.visible_to(user).current().filter(organization=OuterRef("pk"), role="coordinator")
    sheets = InformationSheet.objects.visible_to(user).filter(organization=OuterRef("pk"))
    rows = Organization.objects.filter(pk__in=actor.organization_ids).annotate(
        has_coordinator=Exists(contacts), has_sheet=Exists(sheets)
    )
    tasks: list[dict[str, Any]] = []
    for organization in rows[:IN_PART]:
        names = {"organization": organization.acronym}
        url = organization.get_absolute_url()
        if organization.confirmed_on is None or organization.confirmed_on < stale_since():
            tasks.append({"label": _("Confirm what the portal says of %(organization)s") % names, "url": url})
        is_focal_point = organization.pk in actor.organizations.get(Role.FOCAL_POINT, ())
        if not organization.has_coordinator and is_focal_point:
            tasks.append(
                {
                    "label": _("Name the 1540 point of contact of %(organization)s") % names,
                    "url": f"{reverse('organizations:contact_add')}?{urlencode({'organization': organization.slug})}",
                    "about": _("Resolution 2325 (2016), OP 24, asks for one."),
                }
            )
        if not organization.has_sheet:
            tasks.append(
                {
                    "label": _("Write the information sheet of %(organization)s") % names,
                    "url": reverse("organizations:sheet_edit", args=[organization.slug]),
                    "about": _("One page on what information you can share."),
                }
            )
    return tasks


def _contact_tasks(user: Any, actor: Actor) -> list[dict[str, Any]]:
    stale = (
        PointOfContact.objects.visible_to(user)
        .current()
        .filter(organization_id__in=actor.organizations.get(Role.FOCAL_POINT, ()))
        .not_verified_since(stale_since())
        .select_related("organization")
        .order_by("verified_on", "pk")[:IN_PART]
    )
    return contact_tasks(stale)


def contact_tasks(contacts: Any) -> list[dict[str, Any]]:
    """Contacts (with their body loaded) that somebody should verify."""
    return [
        {
            "label": _("Verify the contact %(name)s") % {"name": contact.name},
            "url": contact.get_absolute_url(),
            "about": _("%(role)s of %(body)s, last verified on %(date)s")
            % {
                "role": contact.get_role_display(),
                "body": contact.body,
                "date": in_words(contact.last_verified_on),
            },
        }
        for contact in contacts
    ]


def _offer_tasks(user: Any, actor: Actor) -> list[dict[str, Any]]:
    day = stale_since()
    stale = (
        Offer.objects.visible_to(user)
        .live()
        .filter(organization_id__in=actor.organization_ids)
        .filter(Q(confirmed_on__lt=day) | Q(confirmed_on=None, published_at__date__lt=day))
        .order_by("confirmed_on", "pk")[:IN_PART]
    )
    return [
        {
            "label": _("Confirm that this offer is still true: %(title)s") % {"title": apart(offer.title)},
            "url": offer.get_absolute_url(),
            "about": _("%(reference)s, last confirmed on %(date)s")
            % {"reference": offer.reference, "date": in_words(offer.confirmed_on or offer.published_at)},
        }
        for offer in stale
    ]


def _only_acronym(actor: Actor) -> str:
    """The acronym of the only organization for which the person acts; the list filters by one provider."""
    if len(actor.organization_ids) != 1:
        return ""
    return Organization.objects.filter(pk__in=actor.organization_ids).values_list("acronym", flat=True).first() or ""


def _list(**query: str) -> str:
    return f"{reverse('assistance:offer_list')}?{urlencode(query)}"
