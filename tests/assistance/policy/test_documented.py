"""What docs/matching.md says of previews and feedback in numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistance.matching.feedback import FEW, HIGH
from assistance.services.previews import AT_ONCE, KEPT_FOR, MOST_DECIDED
from assistance.services.runs.limits import SUGGESTIONS_PER_REQUEST

DOCS = (Path(__file__).resolve().parents[3] / "docs" / "matching.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "sentence",
    [
        f"at the threshold and at {SUGGESTIONS_PER_REQUEST} a request",
        f"The newest {MOST_DECIDED:,} decisions are looked at",
        f"With up to {AT_ONCE:,} requests and offers together",
        f"Previews are thrown away after {KEPT_FOR.days} days",
    ],
)
def test_the_limits_are_those_of_the_code(sentence):
    assert sentence in " ".join(DOCS.split())


def test_disagreement_begins_at_half_and_few_are_fewer_than_five():
    assert (HIGH, FEW) == (0.5, 5)
    assert "the figure was half or more" in DOCS
    assert "With fewer than five decisions" in DOCS
