"""`manage.py load_volume`: many synthetic offers and requests, for measuring speed."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from assistance.models import Area, Offer
from cooperation_portal.examples.volume import Volume


class Command(BaseCommand):
    help = "Loads synthetic offers and requests for measuring. Refused under production settings."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--offers", type=int, default=10_000)
        parser.add_argument("--requests", type=int, default=1_000)
        parser.add_argument("--seed", type=int, default=1540)

    def handle(self, *args: Any, **options: Any) -> None:
        if not getattr(settings, "ALLOW_EXAMPLE_DATA", False):
            raise CommandError("Synthetic data is refused here: these settings are for production.")
        if not Area.objects.exists():
            raise CommandError("The reference data is missing. Run `manage.py load_reference` first.")
        if Offer.objects.filter(reference__startswith="OFF-V").exists():
            raise CommandError("Synthetic data is there already. Use another database (DATABASE_NAME=…).")
        Volume(options["seed"]).load(offers=options["offers"], requests=options["requests"])
        self.stdout.write("Loaded {offers} synthetic offers and {requests} requests.".format(**options))
