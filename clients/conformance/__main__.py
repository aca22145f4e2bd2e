"""The command: one line a point, and 1 as exit code if any point fails."""

from __future__ import annotations

import argparse
import http.client
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ..portal_client import PortalClient, PortalError
from . import __doc__ as what_it_does
from . import answers, basics, lists, sync, writes
from .portal import Broken, CannotTell, Portal

#: Each point of the contract, by its number. Points 21 and 23 look at all answers so far, so they come last.
POINTS: dict[int, Callable[[Portal], str]] = {
    1: basics.resources,
    2: basics.names,
    3: basics.strictness,
    4: basics.document,
    5: basics.keys,
    6: basics.rights,
    7: lists.pages,
    8: lists.filters,
    9: lists.picking,
    10: lists.queries,
    11: sync.feed,
    12: sync.removals,
    13: sync.cursors,
    14: sync.snapshots,
    15: answers.conditional,
    16: writes.preconditions,
    17: writes.idempotency,
    18: writes.batches,
    19: answers.errors,
    20: answers.limits,
    22: answers.webhooks,
    24: sync.client,
    25: answers.speed,
    21: answers.numbers,
    23: answers.deprecations,
}


def check(portal: Portal, number: int) -> tuple[str, str]:
    """One point: `passed`, `FAILED` or `skipped`, and what was seen."""
    try:
        return "passed", POINTS[number](portal)
    except CannotTell as reason:
        return "skipped", str(reason)
    except (Broken, PortalError) as seen:
        return "FAILED", str(seen)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as odd:
        return "FAILED", f"an answer does not have the form that it should ({type(odd).__name__}: {odd})"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a portal; 0 if no point fails, 1 if one does, 2 if the portal cannot be asked at all."""
    parser = argparse.ArgumentParser(
        prog="python -m clients.conformance", description=(what_it_does or "").split("\n\n")[0]
    )
    parser.add_argument("url", help="the portal, such as https://portal.example")
    parser.add_argument("--key", help="the key; better give it in PORTAL_KEY or a file: others see arguments")
    parser.add_argument("--key-file", type=Path, help="file that holds the key")
    parser.add_argument("--write", action="store_true", help="also make offers as drafts and discard them")
    parser.add_argument("--snapshot", action="store_true", help="also have a snapshot made")
    parser.add_argument("--only", type=int, action="append", choices=sorted(POINTS), metavar="POINT", help="this point")
    options = parser.parse_args(arguments)
    try:
        key = options.key or (options.key_file and options.key_file.read_text()) or os.environ.get("PORTAL_KEY") or ""
        caller = PortalClient(options.url, key.strip() or None, attempts=2)
        portal = Portal(caller, PortalClient(options.url, attempts=2), options.write, options.snapshot)
        return _report(portal, options.only or list(POINTS))
    except (ValueError, OSError, http.client.HTTPException) as failed:
        print(f"The portal cannot be asked: {failed}", file=sys.stderr)
        return 2


def _report(portal: Portal, numbers: Sequence[int]) -> int:
    outcomes: dict[int, str] = {}
    for number in numbers:
        outcome, seen = check(portal, number)
        outcomes[number] = outcome
        title = (POINTS[number].__doc__ or "").strip().rstrip(".")
        print(f"{outcome:<8}{number:>3}  {title}: {seen}", flush=True)
    words = list(outcomes.values())
    counted = ", ".join(f"{words.count(word)} {word}" for word in ("passed", "FAILED", "skipped"))
    print(f"{counted}; {len(portal.answers)} requests")
    return 1 if "FAILED" in words else 0


if __name__ == "__main__":
    sys.exit(main())
