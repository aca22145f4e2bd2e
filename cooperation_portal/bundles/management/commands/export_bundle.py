"""Writes everything that describes the network into a folder of files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cooperation_portal.bundles.exporting import export_bundle
from cooperation_portal.bundles.manifest import Unusable


class Command(BaseCommand):
    help = (
        "Write everything that describes the network into DIR: one NDJSON file a record type, the files of documents, "
        "and manifest.json. The files hold confidential text; only you can read them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dir", type=Path, metavar="DIR", help="a new or empty folder")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = export_bundle(options["dir"])
        except Unusable as problem:
            raise CommandError(str(problem)) from problem
        if options["verbosity"] > 0:
            total = sum(one.records for one in manifest.records.values())
            self.stdout.write(
                f"Exported {total} records and {len(manifest.documents)} files of documents to {options['dir']}."
            )
        self.stderr.write(
            "It holds confidential text and personal data: drafts, full texts of requests, names and addresses. "
            "Keep it where only the portal's operators can read it."
        )
