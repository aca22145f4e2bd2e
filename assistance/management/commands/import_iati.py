"""`manage.py import_iati FILE --organization X [--dry-run]`: IATI activities as drafts of an organization's offers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assistance.iati.reading import MAX_BYTES, Activity, Problem, UnreadableFile, read_activities
from assistance.services.iati_import import (
    ADDED,
    CHANGED,
    SKIPPED,
    UNCHANGED,
    ImportRefused,
    Outcome,
    iati_import,
)
from cooperation_portal.access.actors import SYSTEM
from organizations.models import Organization


class Command(BaseCommand):
    help = (
        "Read IATI activities (2.01 to 2.03) into drafts of an organization's offers. Safe to run again: an activity "
        "is known by its iati-identifier. What another organization of the portal reports or has already is skipped. "
        "Nothing is published. If anything is wrong, nothing is written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="an IATI activity file")
        parser.add_argument("--organization", required=True, metavar="X", help="acronym, such as CICTE")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        organization = Organization.objects.filter(acronym=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organization {options['organization']}. Give its acronym, such as CICTE.")
        try:
            activities = read_activities(self._bytes(path))
        except UnreadableFile as refused:
            raise CommandError(f"{path.name}:{refused.line}: {refused.sentence}") from refused
        try:
            outcomes = iati_import(
                by=SYSTEM, organization=organization, activities=activities, dry_run=options["dry_run"]
            )
        except ImportRefused as refused:
            lines = [_place(path, activity, problem) for activity, problem in refused.problems]
            raise CommandError("\n".join([*lines, "Nothing was written."])) from refused
        self._report(path, organization, outcomes, dry_run=options["dry_run"])

    @staticmethod
    def _bytes(path: Path) -> bytes:
        try:
            with path.open("rb") as file:
                return file.read(MAX_BYTES + 1)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error

    def _report(self, path: Path, organization: Organization, outcomes: list[Outcome], *, dry_run: bool) -> None:
        for outcome in outcomes:
            activity = outcome.activity
            if outcome.what == SKIPPED:
                self.stdout.write(f"{path.name}:{activity.line}: activity {activity.name} {outcome.reason}: skipped")
                continue
            known_as = "" if dry_run and outcome.what == ADDED else f" {outcome.reference}"
            self.stdout.write(f"{path.name}:{activity.line}: activity {activity.name}: {outcome.what}{known_as}")
            for left in outcome.left:
                self.stdout.write(f"    not taken over: {left}")
        counts = Counter(outcome.what for outcome in outcomes)
        numbers = ", ".join(f"{counts[what]} {what}" for what in (ADDED, CHANGED, UNCHANGED, SKIPPED))
        would = "Would be, and nothing was written: " if dry_run else ""
        self.stdout.write(f"{organization.acronym}: {would}{numbers}.")


def _place(path: Path, activity: Activity, problem: Problem) -> str:
    return f"{path.name}:{problem.line}: activity {activity.name}: {problem.sentence}"
