"""`manage.py evaluate_matching DIR`: rank a judged bank and measure the rankings. No database is touched."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assistance.matching.bank import InvalidBank, read_bank, read_directory
from assistance.matching.engine import Matcher
from assistance.matching.evaluation import MEASURES, evaluate, rank_bank, rankings_as_dict
from assistance.matching.policy import DEFAULT_POLICY

BANK_DAY = date(2026, 11, 22)
"""The day on which the judges graded; the banks' dates are made for it."""


class Command(BaseCommand):
    help = (
        "Ranks the bank in DIR (requests.json, offers.json, judgments.csv) with the default policy and measures "
        "the rankings against the judges' grades. Reads files only."
    )
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", help="directory with requests.json, offers.json, judgments.csv")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
        parser.add_argument(
            "--rankings",
            action="store_true",
            help="print the rankings as JSON, best first; judgments.csv is not needed",
        )
        parser.add_argument(
            "--today", default=BANK_DAY.isoformat(), metavar="DATE", help="day to rank on (default: %(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            today = date.fromisoformat(options["today"])
        except ValueError as error:
            raise CommandError(f"--today: {options['today']} is not a date like 2026-11-22.") from error
        try:
            bank = read_bank(Path(options["folder"]), judged=not options["rankings"])
        except InvalidBank as error:
            raise CommandError(str(error)) from error
        matcher = Matcher(read_directory(), DEFAULT_POLICY, today)
        rankings = rank_bank(bank, matcher)
        if options["rankings"]:
            self._print_json(rankings_as_dict(rankings))
            return
        measures = evaluate(bank, rankings, matcher.directory).as_dict()
        if options["json"]:
            self._print_json(measures)
        else:
            self._print_table(measures)

    def _print_json(self, value: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(value, ensure_ascii=False, indent=1))

    def _print_table(self, measures: dict[str, Any]) -> None:
        self.stdout.write("".join([f"{'':24}", *(f"{name:>18}" for name in MEASURES)]))
        for name, row in [*measures["requests"].items(), ("all", measures)]:
            self.stdout.write("".join([f"{name:24}", *(f"{_cell(row[measure]):>18}" for measure in MEASURES)]))


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.4f}"
