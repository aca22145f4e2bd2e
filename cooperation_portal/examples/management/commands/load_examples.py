"""`manage.py load_examples`: fictional people and records for trying the portal."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from assistance.models import Area
from cooperation_portal.audit.context import Source, running_from
from cooperation_portal.examples.loading import is_loaded, load_examples


class Command(BaseCommand):
    help = "Loads plainly fictional accounts, offers, requests and meetings. Refused under production settings."

    def handle(self, *args: Any, **options: Any) -> None:
        if not getattr(settings, "ALLOW_EXAMPLE_DATA", False):
            raise CommandError("Example data is refused here: these settings are for production.")
        if not Area.objects.exists():
            raise CommandError("The reference data is missing. Run `manage.py load_reference` first.")
        if is_loaded():
            self.stdout.write("The example data is there already; nothing was changed.")
            return
        with running_from(Source.COMMAND):
            counts = load_examples()
        self.stdout.write(
            "Loaded example data: {accounts} accounts, {offers} offers, {requests} requests.".format(**counts)
        )
