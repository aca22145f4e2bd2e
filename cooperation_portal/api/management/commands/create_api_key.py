"""Makes a key for a partner's system and prints it once."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.api.scopes import Scope
from cooperation_portal.api.services import DEFAULT_DAYS, api_key_create
from organizations.models import Organization


class Command(BaseCommand):
    help = "Make a key for an organization's system and print it. It is shown this once; only its hash is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", required=True, help="acronym, such as CICTE")
        parser.add_argument(
            "--scopes",
            default="read",
            help=f"one or more with commas between: {', '.join(Scope.values)} (default: read)",
        )
        parser.add_argument("--name", default="Made on the command line", help="which system uses it")
        parser.add_argument(
            "--days", type=int, default=DEFAULT_DAYS, help=f"how long it lives, at most 365 (default: {DEFAULT_DAYS})"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        acronym = options["organization"]
        organization = Organization.objects.filter(acronym=acronym).first()
        if organization is None:
            raise CommandError(f"There is no organization {acronym}.")
        scopes = [scope.strip() for scope in options["scopes"].split(",") if scope.strip()]
        if unknown := [scope for scope in scopes if scope not in Scope.values]:
            raise CommandError(f"There is no scope {', '.join(unknown)}. Scopes are: {', '.join(Scope.values)}.")
        try:
            key, plain = api_key_create(
                by=SYSTEM, organization=organization, name=options["name"], scopes=scopes, days=options["days"]
            )
        except ValidationError as refused:
            raise CommandError(" ".join(refused.messages)) from refused
        self.stderr.write(
            f"Key {key} of {organization.acronym}, scopes {', '.join(key.scopes)}, "
            f"valid until {key.expires_at:%d %B %Y}. Keep it safe: it is not shown again."
        )
        self.stdout.write(plain)
