"""How tables are described in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from ..operations import Operation, file_of, filter_parameters
from ..resources import Resource


def download_table(view: Any) -> Operation:
    one: Resource = view.of
    names = {"type": "array", "items": {"type": "string", "enum": ["type", "url", *one.table]}}
    picking = {
        "name": "fields",
        "in": "query",
        "description": "Only these columns, in this order, after type and id.",
        "schema": names | {"minItems": 1, "uniqueItems": True},
        "style": "form",
        "explode": False,
    }
    return (
        file_of(
            one.name,
            f"download_{one.type}_{view.kind.ending}",
            f"All {one.name.replace('-', ' ')} that fit, as {view.kind.ending.upper()}",
            [view.kind.media_type],
            [picking, *filter_parameters(one)],
        ),
        {},
    )
