"""JSON out: UTF-8, times with a Z."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer

JSON_TYPE = "application/json"
PROBLEM_TYPE = "application/problem+json"
#: Sent for every uploaded file: its record says what it is, and no browser shows it.
FILE_TYPE = "application/octet-stream"


def to_json(value: Any) -> bytes:
    """Serialize plain values. Text that only looks lazy (gettext) must be made `str` before."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


class OrjsonRenderer(BaseRenderer):
    """Names the one format there is; lists and details are written by `to_json` without passing here."""

    media_type = JSON_TYPE
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return to_json(data)
