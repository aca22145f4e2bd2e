"""`manage.py reconcile_changes`: note in the change feed what it does not know of."""

from typing import Any

from django.core.management.base import BaseCommand

from cooperation_portal.changes.keeping import changes_reconcile


class Command(BaseCommand):
    help = "Compare all records with the change feed and note what it does not know of, as the nightly task does."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{changes_reconcile()} changes noted.")
