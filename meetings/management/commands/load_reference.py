"""`manage.py load_reference [--dir DIR]`: bring the reference data of all three apps into the database.

It lives in the topmost app, since it calls the loaders of all three in the order in which they depend on each other.
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

import assistance.services.reference as vocabulary
import meetings.services.reference as meetings
import organizations.services.reference as organizations
from assistance.services.reference_history import history_load
from cooperation_portal import changes
from cooperation_portal.reference.loading import take_loading_lock
from cooperation_portal.reference.sync import Outcome
from cooperation_portal.reference.tables import Folders


class Command(BaseCommand):
    help = (
        "Load States, organizations, vocabularies, meetings and sourced history from the apps' reference folders. "
        "Safe to run again: what is as the files say is not touched. Wrong files stop it and nothing is written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dir",
            type=Path,
            metavar="DIR",
            help="Read files from DIR; those that are not there come from the apps.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folders = Folders({**organizations.FILES, **vocabulary.FILES, **meetings.FILES}, options["dir"])
        folders.check()
        with transaction.atomic(), changes.together():
            take_loading_lock()
            outcomes = load(folders)
        if options["verbosity"] > 0:
            self._report(outcomes)

    def _report(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self.stdout.write(
                f"{outcome.what}: {outcome.total} "
                f"({outcome.added} added, {outcome.changed} changed, {outcome.kept} kept as changed in the portal)"
            )
        for outcome in outcomes:
            for remark in outcome.remarks:
                self.stdout.write(remark)


def load(folders: Folders) -> list[Outcome]:
    """Load everything in the present transaction, each app after those it depends on."""
    outcomes = organizations.reference_load(folders=folders)
    parties = organizations.parties_read(folders=folders)
    outcomes += vocabulary.vocabulary_load(folders=folders)
    outcomes += history_load(folders=folders, parties=parties)
    outcomes += meetings.meetings_load(folders=folders, parties=parties)
    return outcomes
