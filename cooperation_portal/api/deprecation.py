"""What is going away: marked where it is defined, told by the document and by every answer to who still uses it.

`Deprecation` is RFC 9745, `Sunset` RFC 8594; the links' relations are those of the same two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils.http import http_date
from rest_framework.request import Request

if TYPE_CHECKING:
    from .fields import Schema
    from .resources import Resource

#: What is deprecated works at least this long.
NOTICE = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecation:
    """`since` is the day of its announcement, `sunset` the one from which it may stop working; `link` explains."""

    since: date
    link: str
    sunset: date | None = None

    def __post_init__(self) -> None:
        if self.sunset is not None and self.sunset - self.since < NOTICE:
            raise ValueError(f"What is deprecated works for {NOTICE.days} days more at least.")


def tell(response: HttpResponse, met: Collection[Deprecation]) -> None:
    """Write the headers. Of several the earliest dates count, and each has its link."""
    if not met:
        return
    response.headers["Deprecation"] = f"@{_midnight(min(one.since for one in met))}"
    links = [f'<{one.link}>; rel="deprecation"; type="text/html"' for one in met]
    ends = [one for one in met if one.sunset is not None]
    if ends:
        first = min(one.sunset for one in ends if one.sunset is not None)
        response.headers["Sunset"] = http_date(_midnight(first))
        links += [f'<{one.link}>; rel="sunset"; type="text/html"' for one in ends]
    present = response.headers.get("Link")
    response.headers["Link"] = ", ".join(dict.fromkeys([present, *links] if present else links))


def met_in(one: Resource, request: Request, response: HttpResponse) -> Iterator[Deprecation]:
    """Deprecations of the fields that a request names: as filter, in `fields=` or `expand=`, or in what it sends."""
    if not one.deprecations:
        return
    sent = request._request.GET
    names = {name.partition("__")[0] for name in sent}
    for parameter in ("fields", "expand"):
        names.update(str(sent.get(parameter, "")).split(","))
    if response.status_code < 400 and request.method in ("POST", "PATCH") and isinstance(request.data, Mapping):
        names.update(request.data)
    yield from (deprecation for name, deprecation in one.deprecations.items() if name in names)


def mark_operation(operation: dict[str, Any], view: Any) -> None:
    """Say in an operation of the document that it is going away."""
    if getattr(view, "deprecated", None) is not None:
        operation["deprecated"] = True


def mark_parameter(parameter: dict[str, Any], one: Resource) -> dict[str, Any]:
    """The same of a filter, by any lookup, of a field that is."""
    is_flagged = parameter["name"].partition("__")[0] in one.deprecations
    return {**parameter, "deprecated": True} if is_flagged else parameter


def mark_field(schema: Schema, deprecation: Deprecation | None) -> Schema:
    return schema if deprecation is None else {**schema, "deprecated": True}


def _midnight(day: date) -> int:
    """Seconds since 1970 at which a day begins in UTC."""
    return int(datetime.combine(day, time(), UTC).timestamp())
