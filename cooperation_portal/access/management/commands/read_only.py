"""`manage.py read_only on|off`: stop all changes, or take them again."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.access.services import read_only_switch


class Command(BaseCommand):
    help = "Stop all changes by people and partners' systems from their next request on, or take them again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("state", choices=["on", "off"])
        parser.add_argument("--message", default="", metavar="TEXT", help="why and until when, for everybody signed in")

    def handle(self, *args: Any, **options: Any) -> None:
        is_on = options["state"] == "on"
        if options["message"] and not is_on:
            raise CommandError("--message goes with on: nothing is shown while changes are taken.")
        try:
            mode = read_only_switch(by=SYSTEM, is_on=is_on, message=options["message"])
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        self.stdout.write(f"{mode}.")
