"""Reads the lines of a record file: JSON, the fields of its type, ids and natural keys that stand once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from cooperation_portal.api.fields import MAX_ID

from .problems import Problems
from .recordfiles import RecordFile
from .values import shown


@dataclass(frozen=True, slots=True)
class Line:
    """A record as the file tells it."""

    number: int
    told: dict[str, Any]

    @property
    def pk(self) -> int:
        pk: int = self.told["id"]
        return pk


@dataclass
class Read:
    """The lines of a file that have an id and a key of their own, and which fields no line of it has."""

    lines: list[Line] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    lacking: dict[str, int] = field(default_factory=dict)


def read_lines(path: Path, one: RecordFile, problems: Problems, *, strictly: bool) -> Read:
    """Read a file. `strictly`: also find names that stand twice in an object, which only hands write."""
    found = Read()
    seen: dict[int, int] = {}
    places: dict[str, int] = {}
    names = frozenset(one.names)
    for number, told in _objects(path, one.name, problems, strictly=strictly):
        sentences = _of_its_type(told, one, names)
        for name in names - told.keys():
            found.lacking[name] = found.lacking.get(name, 0) + 1
        if not sentences:
            sentences = _alone(told, seen, places)
        for name, sentence in sentences:
            problems.add(one.name, sentence, line=number, field=name)
        if sentences:
            continue
        seen[told["id"]] = places[told["ref"]] = number
        found.ids[told["ref"]] = told["id"]
        found.lines.append(Line(number, told))
    return found


def _objects(path: Path, name: str, problems: Problems, *, strictly: bool) -> Iterator[tuple[int, dict[str, Any]]]:
    parse = _parsed_strictly if strictly else orjson.loads
    with path.open("rb") as source:
        for number, raw in enumerate(source, start=1):
            if not raw.strip():
                continue
            try:
                told = parse(raw)
            except ValueError as problem:
                problems.add(name, _why_unreadable(raw, number, problem), line=number)
                if _is_wrongly_encoded(raw):
                    return
                continue
            if isinstance(told, dict):
                yield number, told
            else:
                problems.add(name, f"is {shown(told)}. Each line is one object in curly brackets.", line=number)


def _parsed_strictly(raw: bytes) -> Any:
    return json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_no_constant)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {twice} stands twice in one object")
    return told


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _is_wrongly_encoded(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return True
    return raw.startswith(b"\xef\xbb\xbf")


def _why_unreadable(raw: bytes, number: int, problem: ValueError) -> str:
    if raw.startswith(b"\xef\xbb\xbf"):
        return "begins with a byte order mark. Save the file as UTF-8 without one."
    if _is_wrongly_encoded(raw):
        return "is not UTF-8; the rest of the file was not read. Save it as UTF-8, or copy the bundle again."
    if not raw.endswith(b"\n"):
        return "is broken off: the file ends in the middle of a record. Copy the bundle again."
    return f"is no JSON ({str(problem).split(': line')[0]}). Correct the line."


def _of_its_type(told: dict[str, Any], one: RecordFile, names: frozenset[str]) -> list[tuple[str, str]]:
    """What is wrong with the fields that every line has, and names that no line has."""
    found = [
        (name, f"is no field of this file. Its fields are {', '.join(one.names)}.") for name in told.keys() - names
    ]
    if told.get("type", one.record_type) != one.record_type:
        found.append(("type", f"is {shown(told['type'])}. This file holds records of type {one.record_type}."))
    pk, ref = told.get("id"), told.get("ref")
    if type(pk) is not int or not 0 < pk <= MAX_ID:
        found.append(("id", f"is {shown(pk)}. Every record needs its number, a whole one from 1."))
    if not isinstance(ref, str) or not ref:
        found.append(("ref", f"is {shown(ref)}. Every record needs its natural key."))
    if type(told.get("is_edited", False)) is not bool:
        found.append(("is_edited", f"is {shown(told['is_edited'])}. Write true or false."))
    if isinstance(ref, str) and one.key and all(name in told for name in one.key_parts):
        right = one.key.format(**told)
        if ref != right:
            found.append(("ref", f"is {shown(ref)}, but {', '.join(one.key_parts)} make it {shown(right)}."))
    return found


def _alone(told: dict[str, Any], seen: dict[int, int], places: dict[str, int]) -> list[tuple[str, str]]:
    found = []
    for name, before in (("id", seen.get(told["id"])), ("ref", places.get(told["ref"]))):
        if before is not None:
            found.append((name, f"{shown(told[name])} stands on line {before} already. Take one of the two out."))
    return found
