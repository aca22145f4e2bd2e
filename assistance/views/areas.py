"""Pages of the vocabulary: areas, types of assistance, fields of the matrix, paragraphs of resolutions."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cooperation_portal.access.actors import actor_for

from ..models import Area, AssistanceType, MatrixField, Need, Offer, ResolutionParagraph, WeaponType
from ..vocabulary_counts import (
    in_area,
    live_offers,
    offers_by_area,
    offers_by_type,
    open_requests,
    requests_by_area,
)

#: How many offers and needs an area's page lists before it refers to the full lists.
SHOWN = 10


def vocabulary_links() -> list[tuple[str, str]]:
    """The four pages of the vocabulary side by side."""
    return [
        (_("Areas"), reverse("assistance:area_list")),
        (_("Types of assistance"), reverse("assistance:type_list")),
        (_("Operative paragraphs"), reverse("assistance:paragraph_list")),
        (_("Fields of the matrix"), reverse("assistance:matrix_list")),
    ]


@require_safe
def area_list(request: HttpRequest) -> HttpResponse:
    """The tree of areas with what is offered and asked for in each."""
    areas = list(Area.objects.visible_to(request.user).in_use().order_by("code"))
    offers, requests = offers_by_area(request.user), requests_by_area(request.user)
    below: dict[int, list[dict[str, Any]]] = {}
    for area in areas:
        row = {"area": area, "offers": offers[area.pk], "requests": requests[area.pk]}
        below.setdefault(area.parent_id or 0, []).append(row)
    tree = [row | {"below": below.get(row["area"].pk, [])} for row in below.get(0, [])]
    context = {
        "obligations": [row for row in tree if not row["area"].is_cross_cutting],
        "cross_cutting": [row for row in tree if row["area"].is_cross_cutting],
        "shows_requests": actor_for(request.user).is_member,
        "links": vocabulary_links(),
    }
    return render(request, "assistance/area_list.html", context)


@require_safe
def area_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One area: what it means, what is offered, and which open needs the reader may know of."""
    area = get_object_or_404(Area.objects.visible_to(request.user).select_related("parent"), code=code)
    keys = in_area(area)
    in_these = Offer.areas.through.objects.filter(area__in=keys).values("offer_id")
    offers = live_offers(request.user).filter(pk__in=in_these).select_related("organization", "state")
    asked = open_requests(request.user)
    needs = (
        Need.objects.filter(area__in=keys, request__in=asked.values("pk"))
        .select_related("area", "request__state", "request__organization")
        .prefetch_related("types")
        .order_by("-request__received_on", "-request__pk", "position")
    )
    context = {
        "area": area,
        "children": area.children.in_use().order_by("code"),
        "weapon_types": [str(WeaponType(kind).label) for kind in area.weapon_types],
        "offers": offers.order_by("-published_at", "-pk")[:SHOWN],
        "offer_count": offers.count(),
        "needs": needs[:SHOWN],
        "request_count": asked.filter(pk__in=Need.objects.filter(area__in=keys).values("request_id")).count(),
        "shows_requests": actor_for(request.user).is_member,
    }
    return render(request, "assistance/area_detail.html", context)


@require_safe
def type_list(request: HttpRequest) -> HttpResponse:
    """Forms of help by family."""
    offers = offers_by_type(request.user)
    types = AssistanceType.objects.visible_to(request.user).in_use().order_by("family", "label")
    families = [
        (AssistanceType.Family(family).label, [{"type": kind, "offers": offers[kind.pk]} for kind in rows])
        for family, rows in groupby(types, key=lambda kind: kind.family)
    ]
    return render(request, "assistance/area_types.html", {"families": families, "links": vocabulary_links()})


@require_safe
def paragraph_list(request: HttpRequest) -> HttpResponse:
    """Operative paragraphs. The public sees those checked against the text; the Committee also what is still unsure."""
    paragraphs = ResolutionParagraph.objects.visible_to(request.user).in_use().order_by("resolution", "paragraph")
    is_committee = actor_for(request.user).is_committee
    if not is_committee:
        paragraphs = paragraphs.filter(is_confirmed=True)
    resolutions = [
        ({"number": number, "year": year}, list(rows))
        for (number, year), rows in groupby(paragraphs, key=lambda row: (row.resolution, row.year))
    ]
    context = {"resolutions": resolutions, "is_committee": is_committee, "links": vocabulary_links()}
    return render(request, "assistance/area_paragraphs.html", context)


@require_safe
def matrix_list(request: HttpRequest) -> HttpResponse:
    """The rows of the matrix by section."""
    fields = MatrixField.objects.order_by("section", "row_number")
    sections = [
        (section, [(row, [str(WeaponType(kind).label) for kind in row.weapon_types]) for row in rows])
        for section, rows in groupby(fields, key=lambda field: field.section)
    ]
    return render(request, "assistance/area_matrix.html", {"sections": sections, "links": vocabulary_links()})
