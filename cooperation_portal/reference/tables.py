"""Reads reference files. Every problem is told with file, row, column and what to do; all of a file's are told at once.

Rows are counted as a spreadsheet shows them: the header is row 1.
"""

from __future__ import annotations

import calendar
import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import MaxLengthValidator

T = TypeVar("T")

_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
_TRUTH = {"1": True, "0": False}


class BadReference(CommandError):
    """A reference file cannot be loaded; nothing was written. `problems` are whole sentences."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("Nothing was loaded.\n" + "\n".join(problems))


class Problems:
    """Collects what is wrong, so that one run tells everything."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, place: str, sentence: str) -> None:
        self.found.append(f"{place}: {sentence}")

    def stop_if_any(self) -> None:
        if self.found:
            raise BadReference(self.found)


@dataclass(frozen=True)
class Folders:
    """Where files are: the apps' own folders, and one that the caller put in front of them."""

    own: Mapping[str, Path]
    instead: Path | None = None

    def path(self, name: str) -> Path:
        if self.instead is not None and (self.instead / name).exists():
            return self.instead / name
        return self.own[name]

    def check(self) -> None:
        """Refuse a folder with nothing to load or with files nobody reads, which a misspelt name would be."""
        if self.instead is None:
            return
        if not self.instead.is_dir():
            raise BadReference([f"{self.instead} is not a folder. Give one that holds reference files."])
        names = {path.name for path in self.instead.iterdir() if path.suffix in (".csv", ".json")}
        unknown = sorted(names - set(self.own))
        if unknown or not names:
            known = ", ".join(sorted(self.own))
            what = f"has files that are not known: {', '.join(unknown)}" if unknown else "holds no reference file"
            raise BadReference([f"{self.instead} {what}. Known files: {known}."])


@dataclass
class Row:
    """One row. Its readers give typed values, or note a problem and give a value that is never written."""

    file: str
    number: int
    cells: Mapping[str, str]
    problems: Problems

    @property
    def place(self) -> str:
        return f"{self.file}, row {self.number}"

    def problem(self, column: str, sentence: str) -> None:
        self.problems.add(f"{self.place}, column {column}", sentence)

    def text(self, column: str, *, longest: int | None = None, required: bool = False) -> str:
        value = self.cells[column]
        if required and not value:
            self.problem(column, "is empty. Fill it in or take the row out.")
        if longest is not None:
            try:
                MaxLengthValidator(longest)(value)
            except ValidationError:
                self.problem(column, f"has {len(value)} characters; at most {longest} fit. Shorten it.")
        return value

    def whole_number(self, column: str) -> int:
        value = self.cells[column]
        if not re.fullmatch(r"\d{1,5}", value):
            self.problem(column, f"“{value}” is not a whole number. Correct it.")
            return 0
        return int(value)

    def flag(self, column: str) -> bool:
        value = self.cells[column]
        if value not in _TRUTH:
            self.problem(column, f"“{value}” is neither 1 nor 0. Write 1 for yes, 0 for no.")
        return _TRUTH.get(value, False)

    def choice(self, column: str, known: Mapping[str, T], *, default: T) -> T:
        value = self.cells[column]
        if value not in known:
            self.problem(column, f"“{value}” is not known. Use one of: {_listed(known)}.")
        return known.get(value, default)

    def looked_up(self, column: str, known: Mapping[str, T], *, what: str, required: bool = False) -> T | None:
        """The record behind a code; None for an empty cell."""
        value = self.text(column, required=required)
        if value and value not in known:
            self._unknown(column, value, what)
        return known.get(value)

    def looked_up_all(self, column: str, known: Mapping[str, T], *, what: str, separator: str = "|") -> list[T]:
        """The records behind a list of codes."""
        found = []
        for value in self.listed(column, separator=separator):
            if value in known:
                found.append(known[value])
            else:
                self._unknown(column, value, what)
        return found

    def _unknown(self, column: str, value: str, what: str) -> None:
        self.problem(column, f"“{value}” is no known {what}. Correct the code or add it to its file first.")

    def listed(self, column: str, *, separator: str = "|") -> list[str]:
        """The parts of a cell, without empty ones; the same part twice is a problem."""
        parts = [part.strip() for part in self.cells[column].split(separator)]
        parts = [part for part in parts if part]
        for part in sorted({part for part in parts if parts.count(part) > 1}):
            self.problem(column, f"names “{part}” twice. Name it once.")
        return parts

    def day(self, column: str, *, is_end: bool = False) -> tuple[date | None, str]:
        """A date and its precision ("day", "month", "year").

        `2015-09` is known to a month: its first day, or with `is_end` its last.
        """
        value = self.cells[column]
        if not value:
            return None, "day"
        parts = _PARTIAL_DATE.fullmatch(value)
        if parts is not None:
            year, month, day = parts.groups()
            try:
                found = date(int(year), int(month or 1), int(day or 1))
                if is_end and not day:
                    found = _last_day(found.year, int(month or 12))
            except ValueError:
                pass
            else:
                return found, "day" if day else "month" if month else "year"
        self.problem(column, f"“{value}” is not a date. Write it as 2015-09-21, or 2015-09 or 2015 if that is known.")
        return None, "day"

    def in_order(self, first: date | None, last: date | None, column: str) -> None:
        if first is not None and last is not None and last < first:
            self.problem(column, f"{last} is before the start, {first}. Check both dates.")


@dataclass
class Table:
    """A CSV file with its header checked. Columns beyond `columns` are a curator's own and are not read."""

    path: Path
    columns: tuple[str, ...]
    problems: Problems = field(default_factory=Problems)

    def rows(self) -> Iterator[Row]:
        records = self._records()
        header = records[0] if records else []
        missing = [name for name in self.columns if name not in header]
        repeated = sorted({name for name in header if header.count(name) > 1})
        if missing or repeated:
            what = f"lacks the columns {', '.join(missing)}" if missing else f"repeats {', '.join(repeated)}"
            raise BadReference([f"{self.path.name}, row 1: the header {what}. Correct the header."])
        for number, cells in enumerate(records[1:], start=2):
            if not any(cells):
                continue
            if len(cells) != len(header):
                self.problems.add(
                    f"{self.path.name}, row {number}",
                    f"has {len(cells)} cells where the header has {len(header)}. Look for a missing comma or quote.",
                )
                continue
            values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
            yield Row(self.path.name, number, values, self.problems)

    def _records(self) -> list[list[str]]:
        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except OSError as problem:
            raise BadReference(
                [f"{self.path.name}: cannot be read ({problem.strerror}). Put the file there."]
            ) from None
        except UnicodeDecodeError as problem:
            row = problem.object[: problem.start].count(b"\n") + 1
            raise BadReference([f"{self.path.name}, row {row}: is not UTF-8. Save the file as UTF-8."]) from None
        if "\0" in text:
            row = text[: text.index("\0")].count("\n") + 1
            raise BadReference([f"{self.path.name}, row {row}: holds a null character. Remove it."])
        try:
            return list(csv.reader(text.splitlines(keepends=True), strict=True))
        except csv.Error as problem:
            raise BadReference([f"{self.path.name}: is not well-formed CSV ({problem}). Check its quotes."]) from None

    def read(self, make: Callable[[Row], T | None], *, key: Callable[[T], Any], key_column: str) -> list[T]:
        """Make a typed row of each row; stop with every problem found, a key that comes twice among them."""
        made: list[T] = []
        seen: dict[Any, int] = {}
        for row in self.rows():
            item = make(row)
            if item is None:
                continue
            if (first := seen.setdefault(key(item), row.number)) != row.number:
                row.problem(key_column, f"repeats row {first}. Keep one of the two.")
            made.append(item)
        self.problems.stop_if_any()
        return made


def read_json(path: Path) -> Any:
    """The content of a JSON file; raises `BadReference` with the line."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise _unreadable(path, problem) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as problem:
        raise BadReference([f"{path.name}: is not valid JSON ({problem}). Correct it there."]) from None


def _last_day(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _unreadable(path: Path, problem: OSError) -> BadReference:
    return BadReference([f"{path.name}: cannot be read ({problem.strerror}). Put the file there."])


def _listed(values: Iterable[str]) -> str:
    return ", ".join(value or "(empty)" for value in values)
