"""The parts of the benchmark: a new part is a module with `measure` and `show`, and one line here."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Part:
    """One part: its name on the command line, its module beside this file, its key in `results.json`.

    The module has `measure(options) -> dict` (JSON values; `options` are those of the command line) and
    `show(results)`, which prints them. With `database`, Django is set up first over the benchmark's own database.
    """

    name: str
    module: str
    key: str
    database: bool = False

    def measure(self, options: argparse.Namespace) -> dict[str, Any]:
        found: dict[str, Any] = import_module(f"benchmarks.{self.module}").measure(options)
        return found

    def show(self, results: dict[str, Any]) -> None:
        import_module(f"benchmarks.{self.module}").show(results)


PARTS: tuple[Part, ...] = (
    Part("pages", "pages", "pages", database=True),
    Part("runs", "runs", "matching_runs", database=True),
    Part("core", "matching_core", "matching_core"),
    Part("portfolio", "portfolio", "portfolio"),
    Part("api", "api", "api"),
)
"""In the order in which they are measured."""
