"""How much is offered and asked for in each area, as far as a reader may see it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Count, F, QuerySet
from django.db.models.functions import Coalesce

from .models import Area, AssistanceRequest, Need, Offer


def live_offers(who: Any) -> QuerySet:
    """Offers that count: live, and readable by `who`."""
    return Offer.objects.visible_to(who).live()


def open_requests(who: Any) -> QuerySet:
    """Requests that count: open, and of which `who` reads the full text. A public summary does not show the needs."""
    asked: Any = AssistanceRequest.objects.visible_to(who).open().with_full_text_for(who)
    return asked.filter(is_full_text=True)


def offers_by_area(who: Any) -> Counter[int]:
    """Live offers by area (primary key). A top area counts each offer in it or below it once."""
    links = Offer.areas.through.objects.filter(offer__in=live_offers(who).order_by())
    return _counted(links, "area", "offer")


def offers_by_type(who: Any) -> Counter[int]:
    """Live offers by type of assistance (primary key)."""
    links = Offer.types.through.objects.filter(offer__in=live_offers(who).order_by()).order_by()
    return Counter(dict(links.values_list("assistancetype").annotate(n=Count("offer"))))


def requests_by_area(who: Any) -> Counter[int]:
    """Open requests with a need in each area, counted in the same way."""
    return _counted(
        Need.objects.filter(request__in=open_requests(who).order_by().values("pk")).order_by(), "area", "request"
    )


def _counted(rows: QuerySet, area: str, counted: str) -> Counter[int]:
    """Distinct records an area and, in a second query, a top area: one record may be in several areas below it."""
    by_area: Counter[int] = Counter()
    for key, number in (
        rows.filter(**{f"{area}__parent__isnull": False}).values_list(area).annotate(n=Count(counted, distinct=True))
    ):
        by_area[key] = number
    top = Coalesce(F(f"{area}__parent"), F(area))
    for key, number in rows.annotate(top=top).values_list("top").annotate(n=Count(counted, distinct=True)):
        by_area[key] = number
    return by_area


def in_area(area: Area) -> list[int]:
    """Primary keys of an area and of those below it."""
    return [area.pk, *area.children.values_list("pk", flat=True)]
