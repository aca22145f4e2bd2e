"""Short keys of everything that a ranking depends on: as long as they are the same, so is the result.

A key is a hash of values in one order, so the same on any machine and in any process.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from assistance.matching.glossary import Glossary
from assistance.matching.policy import Policy
from assistance.matching.profiles import Directory, OfferProfile, RequestProfile
from assistance.matching.request_reading import RequestReading
from assistance.matching.scoring import is_urgent, wanted_period


def key_of(*values: Any) -> str:
    """32 hexadecimal digits for plain values, profiles and nested collections of them."""
    return blake2b(repr(tuple(_ordered(value) for value in values)).encode(), digest_size=16).hexdigest()


def _ordered(value: Any) -> Any:
    """The value with sets and mappings in order, so that its `repr` is always the same."""
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [_ordered(item) for item in value]
    if isinstance(value, Mapping):
        return [(key, _ordered(value[key])) for key in sorted(value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [_ordered(getattr(value, name)) for name in _names(type(value))]
    return value


@lru_cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def content_key(profile: OfferProfile | RequestProfile) -> str:
    """What a record says. Only its own sets need an order; what it holds of other values has none."""
    kind: Any = type(profile)
    values = [getattr(profile, name) for name in _names(kind)]
    ordered = repr([sorted(value) if type(value) is frozenset else value for value in values])
    return blake2b(ordered.encode(), digest_size=16).hexdigest()


def vocabulary_key(directory: Directory) -> str:
    """What texts and tags mean: States, bodies, areas, types, words, and the rules themselves.

    Who has a point of contact is left out: it changes often and changes no reading.
    """
    bodies = [dataclasses.replace(directory.providers[key], has_contact=False) for key in sorted(directory.providers)]
    return key_of(
        directory.states, bodies, directory.areas, directory.type_families, *_words_and_rules(directory.glossary)
    )


@lru_cache(maxsize=4)
def _words_and_rules(glossary: Glossary) -> tuple[str, str]:
    """Known for a glossary once and for all: it never changes."""
    return key_of(glossary.entries), rules_key()


def policy_key(policy: Policy) -> str:
    return key_of(policy.as_dict())


@lru_cache(maxsize=1)
def rules_key() -> str:
    """The source of this library: a new release reads and explains anew whatever it may do differently."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return key_of(*(file.read_text(encoding="utf-8") for file in files))


def day_key(request: RequestProfile, reading: RequestReading, today: date) -> str:
    """All that the day decides for a pair that passes the gates: the wanted period, and whether it presses."""
    return key_of(*wanted_period(request, today), is_urgent(request, reading, today))
