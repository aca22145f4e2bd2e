"""What people named as not fitting, against what the policy said of it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistance.matching.feedback import LOWERS, RAISES, SCORED, Verdict, count_feedback, said
from assistance.matching.policy import LOWERING, PARTS

NAMES = (*SCORED, "capacity", "other")
VALUES = {
    "timing": 0.8,
    "region": 0.85,
    "outside_region": 0.0,
    "coverage_gap": 0.0,
    "overlap": 0.25,
    "language": 1.0,
    "language_barrier": 0.0,
}


def test_what_may_be_named_is_made_of_parts_of_the_score() -> None:
    assert set(RAISES.values()) <= set(PARTS)
    assert {code for codes in LOWERS.values() for code in codes} == set(LOWERING)


@pytest.mark.parametrize(
    ("named", "values", "figure"),
    [
        ("timing", VALUES, 0.8),
        ("overlap", VALUES, 0.75),
        ("region", VALUES, 0.85),
        ("region", VALUES | {"outside_region": 1.0}, 0.0),
        ("region", VALUES | {"coverage_gap": 0.6, "outside_region": 0.5}, 0.85 * 0.4 * 0.5),
        ("language", {"language": 0.5}, 0.5),
        ("language", {"language_barrier": 1.0}, None),
        ("needs", VALUES, None),
        ("capacity", VALUES, None),
        ("other", {}, None),
    ],
)
def test_what_the_policy_said_is_one_figure(named: str, values: dict[str, float], figure: float | None) -> None:
    assert said(named, values) == pytest.approx(figure)


def test_refusals_are_counted_by_who_refused_and_against_what_the_policy_said() -> None:
    together, _by_version = count_feedback(
        [
            Verdict(1, VALUES, "expert", "timing"),
            Verdict(1, VALUES | {"timing": 0.2}, "provider", "timing"),
            Verdict(1, VALUES, "requester", "overlap"),
            Verdict(1, VALUES, "expert", "capacity"),
            Verdict(1, VALUES, "expert"),
            Verdict(1, VALUES | {"timing": 0.9}),
            Verdict(1, VALUES | {"timing": 0.7}),
        ],
        NAMES,
    )
    timing = together.counts["timing"]
    assert timing.by == {"expert": 1, "requester": 0, "provider": 1}
    assert (timing.total, timing.disagreements, timing.is_few) == (2, 1, True)
    assert (timing.mean_refused, timing.mean_accepted) == (pytest.approx(0.5), pytest.approx(0.8))
    assert together.counts["overlap"].disagreements == 1
    capacity = together.counts["capacity"]
    assert (capacity.total, capacity.disagreements, capacity.mean_refused, capacity.mean_accepted) == (1, 0, None, None)
    assert (together.accepted, together.refused, together.unnamed, together.disagreements) == (2, 5, 1, 2)


def test_versions_are_counted_apart_newest_first() -> None:
    verdicts = [Verdict(1, VALUES, "expert", "timing"), Verdict(3, VALUES, "expert", "timing"), Verdict(3, VALUES)]
    together, by_version = count_feedback(verdicts, NAMES)
    assert list(by_version) == [3, 1]
    assert [feedback.counts["timing"].total for feedback in by_version.values()] == [1, 1]
    assert together.counts["timing"].total == 2
    assert by_version[1].counts["timing"].mean_accepted is None


def test_five_decisions_are_no_longer_few() -> None:
    together, _ = count_feedback([Verdict(1, VALUES, "expert", "timing")] * 5, NAMES)
    assert not together.counts["timing"].is_few


def test_a_name_that_is_not_known_is_an_error() -> None:
    with pytest.raises(KeyError):
        count_feedback([Verdict(1, VALUES, "expert", "colour")], NAMES)


verdicts_drawn = st.builds(
    Verdict,
    policy=st.integers(1, 3),
    values=st.dictionaries(st.sampled_from(("timing", "overlap", "region", "outside_region")), st.floats(0, 1)),
    by=st.sampled_from(("expert", "requester", "provider", None)),
    named=st.sampled_from(("", *NAMES)),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(verdicts_drawn, max_size=10))
def test_nothing_is_lost_or_counted_twice(verdicts: list[Verdict]) -> None:
    together, by_version = count_feedback(verdicts, NAMES)
    assert together.accepted + together.refused == len(verdicts)
    assert together.unnamed + sum(count.total for count in together.counts.values()) == together.refused
    assert sum(feedback.refused for feedback in by_version.values()) == together.refused
    for count in together.counts.values():
        assert 0 <= count.disagreements <= count.total
        assert count.mean_refused is None or 0 <= count.mean_refused <= 1
