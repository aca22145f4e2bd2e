"""How far a run is and where its time goes: reading, scoring, writing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from ...models import MatchingRun

PHASES = ("reading", "scoring", "writing")
#: What a run tells of itself while it is at work.
TOLD = (
    "policy_version",
    "requests_total",
    "requests_done",
    "offers_total",
    "suggested",
    "changed",
    "superseded",
    *(f"{phase}_ms" for phase in PHASES),
)


class Clock:
    """Adds up seconds by phase; what passes in an inner phase counts for that one alone."""

    def __init__(self, run: MatchingRun) -> None:
        self.run = run
        self.seconds = dict.fromkeys(PHASES, 0.0)
        self._inner = 0.0

    def reading(self) -> AbstractContextManager[None]:
        """Records and texts."""
        return self._phase("reading")

    def scoring(self) -> AbstractContextManager[None]:
        """Ranking and explaining."""
        return self._phase("scoring")

    def writing(self) -> AbstractContextManager[None]:
        """Comparing with what is stored, and storing."""
        return self._phase("writing")

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        began, inner_before = time.perf_counter(), self._inner
        self._inner = 0.0
        try:
            yield
        finally:
            passed = time.perf_counter() - began
            self.seconds[name] += passed - self._inner
            self._inner = inner_before + passed

    def save(self) -> None:
        """Write how far the run is, in the present transaction if there is one."""
        for name in PHASES:
            setattr(self.run, f"{name}_ms", round(1000 * self.seconds[name]))
        self.run.save(update_fields=TOLD)
