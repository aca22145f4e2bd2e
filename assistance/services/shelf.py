"""Profiles and readings of texts, kept by a process from one page to the next.

To compare one request with ten thousand offers takes a fifth of a second; to read those offers from the database and
their texts takes ten. So a process keeps what it has read: a profile as long as its row is the one that was read, a
reading as long as its profile, and everything as long as States, organizations and vocabularies say the same. Nothing
is kept that the database does not confirm at each use.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.utils import timezone

from assistance.matching import Directory, Matcher, OfferProfile, Policy, RequestProfile
from assistance.matching.offer_reading import OfferReading
from assistance.matching.request_reading import RequestReading
from cooperation_portal.api.etags import RowVersion

from ..models import AssistanceRequest, Offer
from .profiles import offer_profiles, request_profiles

#: A bound for the memory of a process: about 100 MB of each kind.
MOST_KEPT = 40_000

Profile = TypeVar("Profile", OfferProfile, RequestProfile)
Reading = TypeVar("Reading", OfferReading, RequestReading)


class _Profiles(Generic[Profile]):
    """Profiles by primary key, each with the version of the row that it was read from.

    A change of a relation counts through its record: the services write the row with it.
    """

    def __init__(self, model: type[Model], load: Callable[[Any], dict[int, Profile]]) -> None:
        self._model = model
        self._load: Callable[[Any], dict[int, Profile]] = load
        self._kept: dict[int, tuple[str, Profile]] = {}

    def of(self, rows: QuerySet[Any]) -> dict[int, Profile]:
        """The profiles of `rows` by primary key; a query for the versions, more only for what is new or changed."""
        versions = dict(rows.order_by("pk").values_list("pk", RowVersion()))
        kept = self._kept
        stale = [pk for pk, version in versions.items() if pk not in kept or kept[pk][0] != version]
        if stale:
            if len(kept) + len(stale) > MOST_KEPT:
                self._kept = kept = {}
                stale = list(versions)
            found = self._load(self._model._default_manager.filter(pk__in=stale))
            kept.update({pk: (versions[pk], profile) for pk, profile in found.items()})
        return {pk: kept[pk][1] for pk in versions if pk in kept}


class _Readings(Generic[Profile, Reading]):
    """Readings by the reference of the record."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Profile, Reading]] = {}

    def of(self, profile: Profile, read: Callable[[Profile], Reading]) -> Reading:
        known = self._kept.get(profile.reference)
        if known is not None and (known[0] is profile or known[0] == profile):
            return known[1]
        reading = read(profile)
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[profile.reference] = profile, reading
        return reading


class Shelf:
    """What was read under one directory."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.offers: _Profiles[OfferProfile] = _Profiles(Offer, offer_profiles)
        self.requests: _Profiles[RequestProfile] = _Profiles(AssistanceRequest, request_profiles)
        self.offer_readings: _Readings[OfferProfile, OfferReading] = _Readings()
        self.request_readings: _Readings[RequestProfile, RequestReading] = _Readings()


class ShelfMatcher(Matcher):
    """A matcher that finds on the shelf what was read before."""

    def __init__(self, directory: Directory, policy: Policy, shelf: Shelf) -> None:
        super().__init__(directory, policy, timezone.localdate())
        self.shelf = shelf

    def read_offer(self, offer: OfferProfile) -> OfferReading:
        return self.shelf.offer_readings.of(offer, super().read_offer)

    def read_request(self, request: RequestProfile) -> RequestReading:
        return self.shelf.request_readings.of(request, super().read_request)


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
