"""What runs build on: keys, kept readings and the coarse sieve, tried on generated records."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistance.matching import DEFAULT_POLICY, Matcher
from assistance.matching.gates import passes
from assistance.matching.keeping import from_plain, to_plain
from assistance.matching.keys import content_key, day_key, key_of, vocabulary_key
from assistance.matching.offer_reading import OfferReading
from assistance.matching.reach import (
    areas_needed,
    areas_offered,
    helps_to_define,
    needed_in_reach,
    offered_in_reach,
    vague_in_reach,
)
from assistance.matching.request_reading import RequestReading

from .builders import TODAY, directory, pair
from .test_properties import offers, requests

many = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
#: Offers of which many pass the gates.
open_offers = offers().map(lambda offer: replace(offer, status="ongoing", capacity=None, starts_on=None, ends_on=None))


@many
@given(requests(), offers())
def test_a_kept_reading_is_the_reading(request, offer):
    both = pair(request, offer)
    for kind, reading in ((RequestReading, both.reading), (OfferReading, both.offered)):
        kept = from_plain(kind, json.loads(json.dumps(to_plain(reading))))
        assert kept == reading
    assert list(from_plain(OfferReading, to_plain(both.offered)).areas) == list(both.offered.areas)


def test_a_reading_of_an_unknown_kind_is_refused():
    @dataclass(frozen=True)
    class Odd:
        values: complex

    with pytest.raises(TypeError, match="cannot be kept"):
        from_plain(Odd, [1])


@many
@given(requests(), offers() | open_offers)
def test_the_sieve_lets_through_whatever_passes_the_gates(request, offer):
    both = pair(request, offer)
    if not passes(both):
        return
    tree, reach = both.directory.areas, both.policy.reach
    define = both.reading.is_vague and helps_to_define(offer, both.offered) and vague_in_reach(reach)
    assert define or areas_needed(both.reading) & needed_in_reach(both.offered, tree, reach)
    assert define or areas_offered(both.offered) & offered_in_reach(both.reading, tree, reach)
    if both.offered.covered is not None:
        named = request.organization in offer.members_of
        assert named or both.states & both.offered.covered


def test_without_a_reach_everything_is_let_through():
    assert offered_in_reach(RequestReading(needs=()), directory().areas, 0) is None
    assert needed_in_reach(OfferReading({}, frozenset(), frozenset(), frozenset(), None), directory().areas, 0) is None


@many
@given(requests(), offers() | open_offers, st.integers(0, 400))
def test_while_the_day_s_key_is_the_same_so_is_the_explanation(request, offer, later):
    """A pair that passes the gates on both days."""
    day = TODAY + timedelta(days=later)
    here, there = (Matcher(directory(), DEFAULT_POLICY, when) for when in (TODAY, day))
    reading = here.read_request(request)
    if day_key(request, reading, TODAY) != day_key(request, reading, day):
        return
    if not all(passes(each.pair(request, offer)) for each in (here, there)):
        return
    assert here.explain(request, offer) | {"today": ""} == there.explain(request, offer) | {"today": ""}


@many
@given(requests(), offers())
def test_a_content_key_tells_records_apart_and_nothing_else(request, offer):
    assert content_key(request) == content_key(replace(request))
    assert content_key(offer) != content_key(replace(offer, summary=offer.summary + " More."))
    assert content_key(request) != content_key(replace(request, title=request.title + " more"))


def test_keys_do_not_depend_on_the_order_of_sets_and_mappings():
    letters = [chr(ord("a") + number) for number in range(20)]
    there, back = dict.fromkeys(letters, 1), dict.fromkeys(reversed(letters), 1)
    assert key_of(frozenset(letters), there) == key_of(frozenset(reversed(letters)), back)


def test_the_vocabulary_s_key_changes_with_bodies_but_not_with_their_contacts():
    known = directory()
    key = next(iter(sorted(known.providers)))
    body = known.providers[key]
    with_contact = {**known.providers, key: replace(body, has_contact=not body.has_contact)}
    renamed = {**known.providers, key: replace(body, name=body.name + " of old")}
    assert vocabulary_key(replace(known, providers=with_contact)) == vocabulary_key(known)
    assert vocabulary_key(replace(known, providers=renamed)) != vocabulary_key(known)
