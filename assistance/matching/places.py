"""From the names of places in a text to States."""

from __future__ import annotations

from collections.abc import Iterable

from assistance.matching.profiles import Directory

SPEAKS = "speaks:"


def states_named(codes: Iterable[str], directory: Directory) -> frozenset[str]:
    """The States that place codes stand for: union of the regions and names, within the classes named.

    "Island States of the Caribbean" are the Caribbean States that are small island States. Codes, joined by
    "|": `group:` and a regional group or M49 region; `states:` and iso3 codes; `members:` and an acronym;
    `class:` ldc, lldc or sids. `speaks:` narrows nothing here: which languages a State works in, its request
    says.
    """
    named: set[str] = set()
    within: set[str] = set()
    has_class = False
    for code in (piece for joined in codes for piece in joined.split("|")):
        kind, _, value = code.partition(":")
        if kind == "group":
            named |= directory.in_group(value)
        elif kind == "states":
            named |= set(value.split())
        elif kind == "members":
            named |= directory.provider(value).members
        elif kind == "class":
            has_class = True
            within |= _class_members(value, directory)
    if has_class:
        return frozenset(named & within if named else within)
    return frozenset(named) if named else frozenset(directory.states)


def _class_members(value: str, directory: Directory) -> set[str]:
    flag = f"is_{value}"
    return {state.iso3 for state in directory.states.values() if getattr(state, flag, False)}
