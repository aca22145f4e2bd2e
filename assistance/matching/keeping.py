"""Readings of texts as plain JSON values and back, so that what was read once can be kept.

The order of mappings is kept: sums over them then come out the same to the last digit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Kept = TypeVar("Kept")
_Maker = Callable[[Any], Any]


def to_plain(value: Any) -> Any:
    """A dataclass as a list of its fields' values in order, sets sorted, tuples as lists; JSON values as they are."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)]
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    return value


def from_plain(kind: type[Kept], plain: Any) -> Kept:
    """The value of the dataclass `kind` that `to_plain` was given. Raises TypeError for a field of an unknown kind."""
    make: _Maker = _maker(kind)  # type: ignore[arg-type]
    made: Kept = make(plain)
    return made


@lru_cache
def _maker(kind: Any) -> _Maker:
    if dataclasses.is_dataclass(kind):
        return _dataclass_maker(kind)
    if kind in (str, int, float, bool, object, Any):
        return _same
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        (inner,) = (argument for argument in arguments if argument is not NoneType)
        return _optional(_maker(inner))
    if origin is frozenset:
        return frozenset
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _tuple_of(_maker(arguments[0]))
    if origin is not None and issubclass(origin, Mapping):
        return _same
    raise TypeError(f"A reading that holds {kind} cannot be kept.")


def _same(plain: Any) -> Any:
    return plain


def _optional(make: _Maker) -> _Maker:
    return lambda plain: None if plain is None else make(plain)


def _tuple_of(make: _Maker) -> _Maker:
    return tuple if make is _same else lambda plain: tuple(map(make, plain))


def _dataclass_maker(kind: Any) -> _Maker:
    hints = get_type_hints(kind)
    makers = tuple(_maker(hints[field.name]) for field in dataclasses.fields(kind))

    def make(plain: Any) -> Any:
        return kind(*(make_one(item) for make_one, item in zip(makers, plain, strict=True)))

    return make
