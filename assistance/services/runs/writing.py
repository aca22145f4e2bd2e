"""Writes what a batch has found: a fixed number of statements however many pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.utils import timezone

from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.audit.recording import Subject, write_about
from cooperation_portal.changes.recording import write_changes_of
from cooperation_portal.records import bulk

from ...lifecycles.matches import MATCH_LIFE_CYCLE
from ...models import Match
from .batch import Explained, Work

TYPE = Match.record_type


class Writer:
    """Writes for one run; `references` are those of the requests."""

    def __init__(self, references: Mapping[int, str], policy_version: int) -> None:
        self.references = references
        self.policy_version = policy_version

    def write(self, work: Work) -> None:
        """Suggestions first, then the audit, and the change rows last: their lock orders commits."""
        new = list(zip(bulk.next_keys(Match, len(work.new)), work.new, strict=True))
        self._insert(new)
        self._renew([*work.changed, *work.revived])
        self._supersede(work)
        bulk.update(Match, ["rank"], [(item.stored.pk, item.rank) for item in work.moved if item.stored])
        bulk.update(Match, ["inputs"], [(match.pk, inputs) for match, inputs in work.confirmed])
        suggested = [(pk, self._ref(item), 1) for pk, item in new]
        changed = [self._next_version(item) for item in work.changed]
        revived = [self._next_version(item) for item in work.revived]
        superseded = [
            (match.pk, self._reference(request, match.reference), match.version + 1)
            for request, match, _reason in work.superseded
        ]
        write_about(
            [Subject(TYPE, pk, ref) for pk, ref, _version in [*suggested, *revived]],
            action="match.suggested",
            by=SYSTEM,
        )
        reasons = [reason for _request, _match, reason in work.superseded]
        write_about(
            [Subject(TYPE, pk, ref, reason) for (pk, ref, _version), reason in zip(superseded, reasons, strict=True)],
            action="match.superseded",
            by=SYSTEM,
        )
        write_changes_of(TYPE, [*suggested, *changed, *revived, *superseded])

    def _insert(self, new: Iterable[tuple[int, Explained]]) -> None:
        bulk.insert(
            Match,
            ["pk", "request", "offer", "status", *_SAID],
            (
                (pk, item.request, item.placed.found.offer, Match.Status.SUGGESTED, *self._said(item))
                for pk, item in new
            ),
        )

    def _renew(self, items: list[Explained]) -> None:
        now = timezone.now()
        bulk.update(
            Match,
            ["status", "superseded_because", "version", "updated_at", *_SAID],
            [
                (item.placed.stored.pk, _AFTER_REVIVAL, "", item.placed.stored.version + 1, now, *self._said(item))
                for item in items
                if item.placed.stored is not None
            ],
        )

    def _supersede(self, work: Work) -> None:
        now = timezone.now()
        bulk.update(
            Match,
            ["status", "superseded_because", "version", "updated_at"],
            [(match.pk, _AFTER_SUPERSEDING, reason, match.version + 1, now) for _, match, reason in work.superseded],
        )

    def _said(self, item: Explained) -> tuple[object, ...]:
        """The values of `_SAID`."""
        score = Decimal(item.placed.found.hundredths) / 100
        return item.placed.rank, score, item.explanation, item.inputs, self.policy_version

    def _next_version(self, item: Explained) -> tuple[int, str, int]:
        stored = item.placed.stored
        assert stored is not None  # noqa: S101 - only stored pairs are changed or revived
        return stored.pk, self._ref(item), stored.version + 1

    def _ref(self, item: Explained) -> str:
        return self._reference(item.request, item.placed.found.reference)

    def _reference(self, request: int, offer_reference: str) -> str:
        """As `Match.ref`."""
        return f"{self.references[request]}/{offer_reference}"


_SAID = ("rank", "score", "explanation", "inputs", "policy_version")


def _target(action: str, status: Match.Status) -> str:
    row = MATCH_LIFE_CYCLE.find(action, status)
    if row is None:
        raise LookupError(f"The life cycle of a match does not {action} what is {status}.")
    return row.target


_AFTER_SUPERSEDING = _target("supersede", Match.Status.SUGGESTED)
_AFTER_REVIVAL = _target("revive", Match.Status.SUPERSEDED)
