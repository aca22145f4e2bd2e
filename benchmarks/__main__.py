"""`make bench`: measure every part, print tables, and write `benchmarks/results.json`.

`--only NAME` measures one part (may be repeated); the results of the parts not measured are kept. Parts over the
database use one of their own, filled with synthetic volume.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .parts import PARTS

RESULTS = Path(__file__).with_name("results.json")
DATABASE = "portal_bench"


def main() -> int:
    options = _options()
    chosen = [part for part in PARTS if not options.only or part.name in options.only]
    with _django(needed=any(part.database for part in chosen)):
        for part in chosen:
            found = part.measure(options)
            part.show(found)
            _keep(part.key, found)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=[part.name for part in PARTS], metavar="PART")
    parser.add_argument("--offers", type=int, default=10_000, help="offers in the database")
    parser.add_argument("--requests", type=int, default=1_000, help="requests in the database")
    parser.add_argument("--rounds", type=int, default=40, help="how often each page is asked")
    return parser.parse_args()


@contextmanager
def _django(*, needed: bool) -> Iterator[None]:
    """The portal over the benchmark's database; nothing where no part needs it."""
    if not needed:
        yield
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cooperation_portal.settings.local")
    os.environ.setdefault("DATABASE_NAME", DATABASE)

    from cooperation_portal.local.commands import servers_for

    with servers_for(["manage.py", "shell"]):
        import django

        django.setup()
        yield


def _keep(key: str, found: dict[str, Any]) -> None:
    """Write one part's results beside those of the others, at once: a later part may fail."""
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(known | {key: found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
