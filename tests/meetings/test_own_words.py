"""The notes that come with the portal carry facts of two real reports, and none of their sentences."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistance.services.reference import FOLDER as VOCABULARY
from meetings.services.reference import FOLDER

#: As many words in a row are a sentence taken over, not chance.
TELLING = 8
REPORTS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "seeds"


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def runs(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[start : start + TELLING]) for start in range(len(found) - TELLING + 1)}


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def test_no_run_of_words_is_shared_with_the_reports():
    if not REPORTS.is_dir():
        pytest.skip("The two reports are not part of the portal and are not beside it here.")
    theirs = set().union(*(runs(path.read_text()) for path in REPORTS.glob("*.txt")))
    assert len(theirs) > 1000
    texts = list(strings(json.loads((FOLDER / "notes.json").read_text())))
    texts += (VOCABULARY / "resolution_paragraphs.csv").read_text().splitlines()
    shared = {run for text in texts for run in runs(text) & theirs}
    assert shared == set()


def test_notes_name_no_persons():
    told = " ".join(strings(json.loads((FOLDER / "notes.json").read_text())))
    assert not re.search(r"\b(Mr|Mrs|Ms|Dr|Ambassador)\b", told)
