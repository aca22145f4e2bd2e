"""Collects what is wrong with a bundle, so that one run tells everything."""

from __future__ import annotations

#: How many are told; of the rest only how many there are.
MOST = 50


class BadBundle(Exception):
    """The bundle cannot be imported; nothing was written. `problems` are whole sentences with their places."""

    def __init__(self, problems: list[str], more: int) -> None:
        self.problems = problems
        self.more = more
        super().__init__("\n".join([*problems, *([f"… and {more} more problems."] if more else [])]))


class Problems:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.count = 0

    def add(self, file: str, sentence: str, *, line: int = 0, field: str = "") -> None:
        """Keep `file:line: field: sentence`; past the first ones only the count."""
        self.count += 1
        if len(self.told) < MOST:
            place = f"{file}:{line}" if line else file
            self.told.append(": ".join(part for part in (place, field, sentence) if part))

    @property
    def is_full(self) -> bool:
        return self.count > MOST

    def stop_if_any(self) -> None:
        if self.count:
            raise BadBundle(self.told, self.count - len(self.told))
