"""A policy that cannot rank is refused in clear words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistance.matching import DEFAULT_POLICY, Policy
from assistance.matching.policy import PARTS, InvalidPolicy


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weights": {"needs": -1}}, "weight of needs is negative"),
        ({"weights": {"needs": 0, "types": 0}}, "All weights are 0"),
        ({"weights": {}}, "All weights are 0"),
        ({"weights": {"luck": 1}}, "Unknown part in the weights: luck"),
        ({"weights": {"needs": "much"}}, "weight of needs is 'much'; it must be a number"),
        ({"weights": {"needs": float("nan")}}, "must be a number"),
        ({"weights": {"needs": float("inf")}}, "must be a number"),
        ({"lowering": {"overlap": 101}}, "overlap is 101; it must be from 0 to 100"),
        ({"lowering": {"luck": 1}}, "Unknown lowering part: luck"),
        ({"threshold": -1}, "threshold is -1"),
        ({"reach": 2}, "reach is 2"),
        ({"breadth": True}, "breadth is True; it must be a number"),
        ({"priorities": {"high": 1}}, "exactly high, medium and low"),
        ({"priorities": {"high": 1, "medium": 0, "low": 0.1}}, "priority medium is 0"),
    ],
)
def test_a_wrong_value_is_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidPolicy, match=message):
        Policy(version="x", **values)


def test_a_policy_survives_storing() -> None:
    assert Policy(**DEFAULT_POLICY.as_dict()) == DEFAULT_POLICY


@given(st.dictionaries(st.sampled_from(PARTS), st.integers(0, 1000) | st.floats(0, 50), min_size=1))
def test_shares_add_up_to_a_hundred_points(weights: dict[str, float]) -> None:
    if not any(weight > 1e-6 for weight in weights.values()):
        return
    shares = Policy(version="x", weights=weights).shares
    assert sum(shares.values()) == 10_000
    assert all(share >= 0 for share in shares.values())
