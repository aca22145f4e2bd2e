"""The example of a conference in `docs/matching.md` is what the library computes."""

from __future__ import annotations

from datetime import date, time

from assistance.matching.conference import Limits, Pair, build_slots, schedule

from .test_conference import one_after_the_other
from .test_planning_examples import section, table

TEXT = section("Regional assistance conference")


def test_the_conference_of_the_example():
    pairs = [
        Pair(row["Requester"], row["Provider"], round(100 * float(row["Worth"]))) for row in table(TEXT, "Requester")
    ]
    shown = table(TEXT, "Time")
    tables = len(shown[0]) - 1
    day = date(2027, 3, 1)
    slots = build_slots(first=day, last=day, begins=time(9), ends=time(10, 30), minutes=30)
    limits = Limits(tables, absent={"CICTE": frozenset({0})})
    found = schedule(pairs, slots, limits)
    met = {(row.slot, row.table): f"{row.pair.requester} – {row.pair.provider}" for row in found.appointments}
    assert [row["Time"] for row in shown] == [f"{slot.start:%H:%M}" for slot in slots]
    assert met == {
        (slot, number): row[f"Table {number}"] for slot, row in enumerate(shown) for number in range(1, tables + 1)
    }
    assert f"worth {found.value / 100:.1f} together" in TEXT
    assert f"would give {one_after_the_other(pairs, slots, limits) / 100:.1f}" in TEXT
    assert found.is_best
