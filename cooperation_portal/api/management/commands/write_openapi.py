"""Writes the OpenAPI document of the partner API, or says whether the committed one is current."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cooperation_portal.api.compatibility import breaking_changes
from cooperation_portal.api.schema import document, readable_document


class Command(BaseCommand):
    help = (
        "Write docs/openapi.json from the resources. With --check only compare, and fail if they differ; with "
        "--release keep it as the released one too, unless it breaks callers of the last."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        modes = parser.add_mutually_exclusive_group()
        modes.add_argument("--check", action="store_true", help="compare, do not write")
        modes.add_argument("--release", action="store_true", help="keep it as the released document too")

    def handle(self, *args: Any, **options: Any) -> None:
        place = committed_document()
        made = readable_document()
        if options["check"]:
            if not place.exists() or place.read_bytes() != made:
                raise CommandError("docs/openapi.json is not current. Run: manage.py write_openapi")
            return
        if options["release"]:
            broken = changes_since_release()
            if broken:
                raise CommandError("\n".join(["This breaks callers of the released document:", *broken]))
            released_document().write_bytes(document())
        place.write_bytes(made)
        self.stdout.write(f"Wrote {place.name}, {len(made) // 1000} kB.")


def changes_since_release() -> list[str]:
    """What breaks callers of the released document, one sentence each; nothing before the first release."""
    released = released_document()
    if not released.exists():
        return []
    return breaking_changes(json.loads(released.read_bytes()), json.loads(document()))


def committed_document() -> Path:
    return Path(settings.BASE_DIR) / "docs" / "openapi.json"


def released_document() -> Path:
    """What callers were last promised, in one line: nobody edits it."""
    return Path(settings.BASE_DIR) / "docs" / "openapi-released.json"
