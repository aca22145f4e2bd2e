"""Requests and offers for the tests of the matching library: sensible until a test says otherwise."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from assistance.matching import (
    DEFAULT_POLICY,
    Directory,
    Matcher,
    NeedProfile,
    OfferProfile,
    RequestProfile,
)
from assistance.matching.bank import read_directory
from assistance.matching.pair import Pair

TODAY = date(2026, 11, 22)


@cache
def directory() -> Directory:
    """The project's own States, organizations, areas, types and words."""
    return read_directory()


@cache
def matcher() -> Matcher:
    return Matcher(directory(), DEFAULT_POLICY, TODAY)


def need(
    area: str = "BOR.CUS", types: tuple[str, ...] = ("TRNG",), priority: str = "high", key: str = "1"
) -> NeedProfile:
    return NeedProfile(key, area, types, priority)


def request(*needs: NeedProfile, **values: Any) -> RequestProfile:
    """Kenya asks for customs training in English, from February to December 2027."""
    values.setdefault("reference", "REQ-1")
    if "organization" not in values:
        values.setdefault("state", "KEN")
    values.setdefault("languages", ("en",))
    values.setdefault("needed_from", date(2027, 2, 1))
    values.setdefault("needed_by", date(2027, 12, 31))
    return RequestProfile(needs=needs or (need(),), **values)


def offer(**values: Any) -> OfferProfile:
    """WCO gives customs training in English everywhere, now and for two more years."""
    values.setdefault("reference", "OFF-1")
    values.setdefault("provider", "WCO")
    values.setdefault("areas", ("BOR.CUS",))
    values.setdefault("types", ("TRNG",))
    values.setdefault("coverage", "global")
    values.setdefault("languages", ("en",))
    values.setdefault("starts_on", date(2026, 1, 1))
    values.setdefault("ends_on", date(2028, 12, 31))
    return OfferProfile(**values)


def pair(asked: RequestProfile, given: OfferProfile) -> Pair:
    return matcher().pair(asked, given)
