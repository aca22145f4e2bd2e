"""`make bench`: load a database of its own with synthetic volume, measure, print, write `benchmarks/results.json`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")
DATABASE = "portal_bench"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--offers", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=40)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cooperation_portal.settings.local")
    os.environ.setdefault("DATABASE_NAME", DATABASE)

    from cooperation_portal.local.commands import servers_for

    with servers_for(["manage.py", "shell"]):
        import django

        django.setup()
        from . import pages

        pages.prepare(offers=arguments.offers, requests=arguments.requests)
        results = {"pages": pages.measure(rounds=arguments.rounds)}
    pages.show(results["pages"])
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
