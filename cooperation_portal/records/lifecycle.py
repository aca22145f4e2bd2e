"""Life cycles: one explicit status field and one transition table each (design, section 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class IllegalTransition(ValidationError):
    """The record's status does not allow this action now."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: the action of the role table that moves `sources` to `target`.

    `label` is the verb on the button. `condition`, if given, takes the record and returns None or the sentence that
    says what is missing. `asks_reason` makes surfaces ask for one. `allowed_by` names the action of the role table that
    gives the right, where it is not `action` itself.
    """

    action: str
    sources: frozenset[str]
    target: str
    label: Any
    condition: Callable[[Any], Any] | None = None
    asks_reason: bool = False
    allowed_by: str = ""


class LifeCycle:
    """The transition table of one record type."""

    def __init__(self, states: Iterable[str], transitions: Iterable[Transition]) -> None:
        self.states = frozenset(str(state) for state in states)
        self.transitions = tuple(transitions)
        for row in self.transitions:
            unknown = (row.sources | {row.target}) - self.states
            if unknown:
                raise ValueError(f"{row.action} names unknown states: {sorted(unknown)}")

    def find(self, action: str, status: str) -> Transition | None:
        return next((row for row in self.transitions if row.action == action and status in row.sources), None)

    def open_from(self, record: Any) -> list[Transition]:
        """Transitions that the record's status allows, conditions aside."""
        return [row for row in self.transitions if record.status in row.sources]

    def move(self, record: Any, action: str) -> Transition:
        """Set the new status or raise `IllegalTransition`. The caller saves, audits and holds the lock."""
        row = self.find(action, record.status)
        if row is None:
            raise IllegalTransition(
                _("This is not possible while the status is “%(status)s”. Reload the page to see where it stands."),
                code="illegal_transition",
                params={"status": record.get_status_display()},
            )
        if row.condition is not None and (problem := row.condition(record)) is not None:
            raise IllegalTransition(problem, code="condition_not_met")
        record.status = row.target
        return row
