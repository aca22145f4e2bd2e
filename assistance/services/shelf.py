"""Profiles and readings of texts, kept by a process from one page to the next.

To compare one request with ten thousand offers takes a fifth of a second; to read those offers from the database and
their texts takes several. So a process keeps what it has read: a profile as long as its row is the one that was read, a
reading as long as its profile, and everything as long as States, organizations and vocabularies say the same. Nothing
is used that the database does not confirm each time.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.utils import timezone

from assistance.matching import Directory, Matcher, OfferProfile, Policy, RequestProfile
from assistance.matching.keeping import from_plain
from assistance.matching.keys import content_key, vocabulary_key
from assistance.matching.offer_reading import OfferReading
from assistance.matching.request_reading import RequestReading
from cooperation_portal.api.etags import RowVersion

from ..models import AssistanceRequest, Offer, OfferReadingKept, RequestReadingKept
from .profiles import offer_profiles, request_profiles

#: A bound for the memory of a process: about 100 MB of each kind.
MOST_KEPT = 40_000

Profile = TypeVar("Profile", OfferProfile, RequestProfile)
Reading = TypeVar("Reading", OfferReading, RequestReading)


class _Kept(Generic[Profile, Reading]):
    """Profiles by primary key, each with the version of the row that it was read from; readings by reference.

    A change of a relation counts through its record: the services write the row with it. Texts that a matching run has
    read are taken from what it kept.
    """

    def __init__(
        self,
        model: type[Model],
        load: Callable[[Any], dict[int, Profile]],
        kept_readings: type[OfferReadingKept] | type[RequestReadingKept],
        kind: type[Reading],
    ) -> None:
        self._model = model
        self._load: Callable[[Any], dict[int, Profile]] = load
        self._kept_readings = kept_readings
        self._kind: type[Reading] = kind
        self._profiles: dict[int, tuple[str, Profile]] = {}
        self._readings: dict[str, tuple[Profile, Reading]] = {}

    def profiles(self, rows: QuerySet[Any], vocabulary: str) -> dict[int, Profile]:
        """The profiles of `rows` by primary key; a query for the versions, more only for what is new or changed."""
        versions = dict(rows.order_by("pk").values_list("pk", RowVersion()))
        kept = self._profiles
        stale = [pk for pk, version in versions.items() if pk not in kept or kept[pk][0] != version]
        if stale:
            if len(kept) + len(stale) > MOST_KEPT:
                self._profiles = kept = {}
                stale = list(versions)
            found = self._load(self._model._default_manager.filter(pk__in=stale))
            kept.update({pk: (versions[pk], profile) for pk, profile in found.items()})
            self._take_readings(found, vocabulary)
        return {pk: kept[pk][1] for pk in versions if pk in kept}

    def _take_readings(self, profiles: dict[int, Profile], vocabulary: str) -> None:
        rows = self._kept_readings.objects.filter(pk__in=list(profiles), vocabulary=vocabulary)
        for pk, content, reading in rows.values_list("pk", "content", "reading"):
            if content == content_key(profiles[pk]):
                self._put(profiles[pk], from_plain(self._kind, json.loads(reading)))

    def reading(self, profile: Profile, read: Callable[[Profile], Reading]) -> Reading:
        known = self._readings.get(profile.reference)
        if known is not None and (known[0] is profile or known[0] == profile):
            return known[1]
        return self._put(profile, read(profile))

    def _put(self, profile: Profile, reading: Reading) -> Reading:
        if len(self._readings) >= MOST_KEPT:
            self._readings.clear()
        self._readings[profile.reference] = profile, reading
        return reading


class Shelf:
    """What was read under one directory."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self._offers: _Kept[OfferProfile, OfferReading] = _Kept(Offer, offer_profiles, OfferReadingKept, OfferReading)
        self._requests: _Kept[RequestProfile, RequestReading] = _Kept(
            AssistanceRequest, request_profiles, RequestReadingKept, RequestReading
        )

    @cached_property
    def _vocabulary(self) -> str:
        return vocabulary_key(self.directory)

    def offers(self, rows: QuerySet[Offer]) -> dict[int, OfferProfile]:
        return self._offers.profiles(rows, self._vocabulary)

    def requests(self, rows: QuerySet[AssistanceRequest]) -> dict[int, RequestProfile]:
        return self._requests.profiles(rows, self._vocabulary)

    def offer_reading(self, offer: OfferProfile, read: Callable[[OfferProfile], OfferReading]) -> OfferReading:
        return self._offers.reading(offer, read)

    def request_reading(
        self, request: RequestProfile, read: Callable[[RequestProfile], RequestReading]
    ) -> RequestReading:
        return self._requests.reading(request, read)


class ShelfMatcher(Matcher):
    """A matcher that finds on the shelf what was read before."""

    def __init__(self, directory: Directory, policy: Policy, shelf: Shelf) -> None:
        super().__init__(directory, policy, timezone.localdate())
        self.shelf = shelf

    def read_offer(self, offer: OfferProfile) -> OfferReading:
        return self.shelf.offer_reading(offer, super().read_offer)

    def read_request(self, request: RequestProfile) -> RequestReading:
        return self.shelf.request_reading(request, super().read_request)


_lock = threading.Lock()
_shelves: list[Shelf] = []


def shelf_for(directory: Directory) -> Shelf:
    """The shelf of this process, a new one where States, bodies or vocabularies have changed."""
    with _lock:
        if not _shelves or not _reads_alike(_shelves[0].directory, directory):
            _shelves[:] = [Shelf(directory)]
        return _shelves[0]


def _reads_alike(kept: Directory, now: Directory) -> bool:
    """Whether texts and tags mean the same under both. Who has a point of contact changes no reading."""
    return (
        kept.glossary is now.glossary
        and kept.states == now.states
        and kept.areas == now.areas
        and kept.type_families == now.type_families
        and list(_bodies(kept)) == list(_bodies(now))
    )


def _bodies(directory: Directory) -> Iterable[tuple[Any, ...]]:
    for key in sorted(directory.providers):
        body = directory.providers[key]
        yield body.key, body.category, body.name, body.parent, body.members, body.region
