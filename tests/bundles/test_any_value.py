"""Whatever stands in a field: it is taken, or told as a problem; the command never breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cooperation_portal.bundles import problems
from cooperation_portal.bundles.catalogue import record_files

from .conftest import held, refusal

VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**31,
    2**63,
    10**30,
    1e308,
    0.1,
    "",
    " ",
    "x",
    "x" * 9000,
    "\0",
    "2026-13-01",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "24:00:00",
    "{0.__class__}",
    [],
    [[]],
    [None],
    ["\0"],
    [{}],
    {},
    {"a": 1},
    {"\0": "\0"},
)


def _changed(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, value in told.items():
        yield from ({**told, name: other} for other in VALUES)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for inner in _changed(value[0]):
                yield {**told, name: [inner, *value[1:]]}


@pytest.mark.parametrize("one", record_files(), ids=lambda one: one.record_type)
def test_no_value_breaks_the_reading_of_a_file(one, bundle, monkeypatch):
    monkeypatch.setattr(problems, "MOST", 10**9)
    count = _add_changed_lines(bundle / one.name)
    told = refusal(bundle, "--edited")
    assert told.count(f"\n{one.name}:") > count / 3
    assert held() == 0


def _add_changed_lines(path: Path) -> int:
    """Add, for each field and value, a copy of the first line with an id of its own; the number of lines added."""
    first = json.loads(path.read_text().splitlines()[0])
    made = list(_changed(first))
    with path.open("a") as target:
        for number, told in enumerate(made):
            own = {"id": 100_000 + number} if told["id"] == first["id"] else {}
            target.write(json.dumps({**told, **own}, ensure_ascii=False) + "\n")
    return len(made)


def test_values_that_only_the_database_refuses_are_told(bundle):
    path = bundle / "offers.ndjson"
    first = json.loads(path.read_text().splitlines()[1])
    wrong = [{"version": -1}, {"visibility": "participants"}, {"starts_on": "2030-01-01", "ends_on": "2029-01-01"}]
    with path.open("a") as target:
        for number, change in enumerate(wrong):
            target.write(json.dumps({**first, "id": 900 + number, "ref": f"OFF-X-{number}", **change}) + "\n")
    lines = [sentence.split(": ")[0] for sentence in refusal(bundle, "--edited").splitlines()[1:]]
    assert lines == ["offers.ndjson:3", "offers.ndjson:4", "offers.ndjson:5"]
