"""What the partner API's list is compared with: the same 200 offers, behind the same middleware and key.

`/bare/` sends the rows of one SQL statement, relations included, through orjson and does nothing else: no key, filter,
visibility, page or ETag. `/stock/` is what Django REST framework gives who writes the usual code: a ModelSerializer,
`prefetch_related` for every relation, the standard renderer.
"""

from __future__ import annotations

from typing import Any

import orjson
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework import generics, serializers
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.renderers import JSONRenderer

from assistance.models import Offer, OfferPartner

ROWS = 200

_KEYS = (
    "ARRAY(SELECT {key} FROM {through} JOIN {other} ON {other}.id = {through}.{column} WHERE {through}.offer_id = o.id)"
)
_PARTNERS = (
    "ARRAY(SELECT coalesce(body.acronym, land.iso3, partner.other_name) FROM assistance_offerpartner AS partner "
    "LEFT JOIN organizations_organization AS body ON body.id = partner.organization_id "
    "LEFT JOIN organizations_state AS land ON land.id = partner.state_id "
    "WHERE partner.offer_id = o.id AND partner.role = '{role}')"
)


def _keys(name: str, other: str, column: str, key: str) -> str:
    return _KEYS.format(through=f"assistance_offer_{name}", other=other, column=column, key=f"{other}.{key}")


_PLAIN = (
    *("kind", "title", "summary", "status", "weapon_types", "coverage", "regional_groups", "languages", "starts_on"),
    *("starts_precision", "ends_on", "ends_precision", "capacity", "visibility", "version", "source", "confidence"),
    *("provenance", "confirmed_on"),
)
_TIME = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
#: Name in the answer → SQL.
COLUMNS = {
    "id": "o.id",
    "ref": "o.reference",
    "organization": "body.acronym",
    "state": "land.iso3",
    **{name: f"o.{name}" for name in _PLAIN},
    **{name: _TIME.format(f"o.{name}") for name in ("published_at", "created_at", "updated_at")},
    "areas": _keys("areas", "assistance_area", "area_id", "code"),
    "types": _keys("types", "assistance_assistancetype", "assistancetype_id", "code"),
    "members_of": _keys("members_of", "organizations_organization", "organization_id", "acronym"),
    "states": _keys("states", "organizations_state", "state_id", "iso3"),
    "funders": _PARTNERS.format(role="funder"),
    "implementers": _PARTNERS.format(role="implementer"),
}
SQL = (
    "SELECT "  # noqa: S608 - names of our own
    + ", ".join(COLUMNS.values())
    + " FROM assistance_offer AS o LEFT JOIN organizations_organization AS body ON body.id = o.organization_id "
    "LEFT JOIN organizations_state AS land ON land.id = o.state_id "
    f"WHERE o.status <> 'draft' AND o.visibility IN ('public', 'network') ORDER BY o.id LIMIT {ROWS}"
)


def bare(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(SQL)
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]
    return HttpResponse(orjson.dumps({"data": rows}), content_type="application/json")


class PartnerSerializer(serializers.ModelSerializer):
    organization = serializers.SlugRelatedField("acronym", read_only=True)
    state = serializers.SlugRelatedField("iso3", read_only=True)

    class Meta:
        model = OfferPartner
        fields = ["role", "organization", "state", "other_name"]


class OfferSerializer(serializers.ModelSerializer):
    ref = serializers.CharField(source="reference")
    organization = serializers.SlugRelatedField("acronym", read_only=True)
    state = serializers.SlugRelatedField("iso3", read_only=True)
    areas = serializers.SlugRelatedField("code", many=True, read_only=True)
    types = serializers.SlugRelatedField("code", many=True, read_only=True)
    members_of = serializers.SlugRelatedField("acronym", many=True, read_only=True)
    states = serializers.SlugRelatedField("iso3", many=True, read_only=True)
    partners = PartnerSerializer(many=True, read_only=True)

    class Meta:
        model = Offer
        fields = [*(name for name in COLUMNS if name not in ("funders", "implementers")), "partners"]


class Pages(LimitOffsetPagination):
    default_limit = ROWS

    def get_count(self, queryset: Any) -> int:
        """Counting 100,000 rows a page would not be a comparison."""
        return ROWS


class StockView(generics.ListAPIView):
    authentication_classes = ()
    permission_classes = ()
    serializer_class = OfferSerializer
    renderer_classes = (JSONRenderer,)
    pagination_class = Pages
    queryset = (
        Offer.objects.exclude(status="draft")
        .filter(visibility__in=("public", "network"))
        .order_by("pk")
        .select_related("organization", "state")
        .prefetch_related("areas", "types", "members_of", "states", "partners__organization", "partners__state")
    )


urlpatterns = [
    path("bare/", bare),
    path("stock/", StockView.as_view()),
    path("", include("cooperation_portal.urls")),
]
