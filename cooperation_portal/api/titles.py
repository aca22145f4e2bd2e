"""Titles for what stands inside a schema, so that generated clients call a request's need `RequestNeed`.

Without them generators number such types by their place (`RequestNeedsType0Item`), and the next one shifts the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .fields import Schema


def with_titles(schema: Schema) -> Schema:
    """A copy in which every enumeration and object inside is titled by the field that it stands in."""
    return _below(schema)


def _below(schema: Schema) -> Schema:
    if "properties" not in schema:
        return schema
    return {**schema, "properties": {name: _titled(one, name) for name, one in schema["properties"].items()}}


def _titled(schema: Mapping[str, Any], name: str) -> Schema:
    made = _below(dict(schema))
    if "items" in made and isinstance(made["items"], Mapping):
        made["items"] = _titled(made["items"], _singular(name))
    if "anyOf" in made:
        made["anyOf"] = [_titled(one, name) for one in made["anyOf"]]
    if "enum" in made or "object" in made.get("type", ()):
        made.setdefault("title", "".join(part.capitalize() for part in name.split("_")))
    return made


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return f"{name.removesuffix('ies')}y"
    return name.removesuffix("s")
