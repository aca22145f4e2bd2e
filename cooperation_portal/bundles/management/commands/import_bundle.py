"""Brings a bundle into an empty portal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cooperation_portal.audit.context import Source, running_from
from cooperation_portal.bundles.importing import Outcome, import_bundle
from cooperation_portal.bundles.manifest import Unusable
from cooperation_portal.bundles.problems import BadBundle


class Command(BaseCommand):
    help = "Bring a bundle that export_bundle wrote into an empty portal: all of it, or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dir", type=Path, metavar="DIR", help="the folder that export_bundle wrote")
        parser.add_argument("--dry-run", action="store_true", help="check everything and say what would be added")
        parser.add_argument(
            "--edited",
            action="store_true",
            help="the files were changed by hand: do not compare sizes, checksums and counts",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with running_from(Source.COMMAND):
                outcome = import_bundle(options["dir"], dry_run=options["dry_run"], edited=options["edited"])
        except BadBundle as problem:
            raise CommandError(f"Nothing was imported.\n{problem}") from problem
        except Unusable as problem:
            raise CommandError(str(problem)) from problem
        except OSError as problem:
            raise CommandError(f"{problem.filename}: {problem.strerror}. Nothing was imported.") from problem
        if options["verbosity"] > 0:
            self._report(outcome, dry_run=options["dry_run"])

    def _report(self, outcome: Outcome, *, dry_run: bool) -> None:
        if outcome.is_same:
            self.stdout.write("The portal holds exactly these records already; nothing was changed.")
            return
        for remark in outcome.remarks:
            self.stdout.write(remark)
        for record_type, count in outcome.counts.items():
            if count:
                self.stdout.write(f"{record_type}: {count}")
        total = sum(outcome.counts.values())
        if dry_run:
            self.stdout.write(f"{total} records would be added. Nothing was changed.")
        else:
            self.stdout.write(f"{total} records added. Restart the web server and the worker.")
