"""Write the OpenAPI document of the partner API, or says whether the committed one is current."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cooperation_portal.api.schema import readable_document


class Command(BaseCommand):
    help = "Write docs/openapi.json from the resources. With --check only compare, and fail if they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="compare, do not write")

    def handle(self, *args: Any, **options: Any) -> None:
        place = committed_document()
        made = readable_document()
        if options["check"]:
            if not place.exists() or place.read_bytes() != made:
                raise CommandError("docs/openapi.json is not current. Run: manage.py write_openapi")
            return
        place.write_bytes(made)
        self.stdout.write(f"Wrote {place.name}, {len(made) // 1000} kB.")


def committed_document() -> Path:
    return Path(settings.BASE_DIR) / "docs" / "openapi.json"
