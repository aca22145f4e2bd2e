"""The transition table as such; each record's own table is tested beside its services."""

from types import SimpleNamespace

import pytest

from cooperation_portal.records.lifecycle import IllegalTransition, LifeCycle, Transition

CYCLE = LifeCycle(
    ["open", "shut"],
    [
        Transition(
            "shut",
            frozenset({"open"}),
            "shut",
            "Shut",
            condition=lambda door: None if door.key else "The key is missing.",
        ),
        Transition("open", frozenset({"shut"}), "open", "Open"),
    ],
)


def door(status, *, key=True):
    return SimpleNamespace(status=status, key=key, get_status_display=lambda: status)


def test_a_listed_transition_moves():
    thing = door("open")
    CYCLE.move(thing, "shut")
    assert thing.status == "shut"


def test_an_unlisted_transition_is_refused_and_moves_nothing():
    thing = door("shut")
    with pytest.raises(IllegalTransition, match="shut"):
        CYCLE.move(thing, "shut")
    assert thing.status == "shut"


def test_an_unmet_condition_says_what_is_missing():
    thing = door("open", key=False)
    with pytest.raises(IllegalTransition, match="The key is missing"):
        CYCLE.move(thing, "shut")
    assert thing.status == "open"


def test_a_table_that_names_an_unknown_state_is_refused():
    with pytest.raises(ValueError, match="ajar"):
        LifeCycle(["open"], [Transition("move", frozenset({"open"}), "ajar", "Move")])


def test_open_transitions_are_those_of_the_present_status():
    assert [row.action for row in CYCLE.open_from(door("shut"))] == ["open"]
