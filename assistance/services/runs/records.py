"""Profiles and readings for a run. A text that has not changed since it was read is not read again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic

from django.db import connection
from django.db.models import QuerySet

from assistance.matching import Directory, Matcher, OfferProfile, Policy, RequestProfile
from assistance.matching.keeping import from_plain, to_plain
from assistance.matching.keys import content_key, vocabulary_key
from assistance.matching.offer_reading import OfferReading
from assistance.matching.reach import areas_needed, areas_offered, helps_to_define
from assistance.matching.request_reading import RequestReading
from cooperation_portal.records import bulk

from ...models import AssistanceRequest, Offer, OfferReadingKept, RequestReadingKept
from ..profiles import Profile, Read, offers_read, requests_read

OFFER_COLUMNS = ("reading", "areas", "covered", "helps_to_define")
REQUEST_COLUMNS = ("reading", "areas", "is_vague")


@dataclass(frozen=True, slots=True)
class Known(Generic[Profile]):
    """A record as the run read it: from which version, what it says, and the key of what it says."""

    version: int
    profile: Profile
    content: str


class KeepingMatcher(Matcher):
    """A matcher that can be told what a text says."""

    def __init__(self, directory: Directory, policy: Policy, today: date) -> None:
        super().__init__(directory, policy, today)
        self.offers_known: dict[OfferProfile, OfferReading] = {}
        self.requests_known: dict[RequestProfile, RequestReading] = {}

    def read_offer(self, offer: OfferProfile) -> OfferReading:
        known = self.offers_known.get(offer)
        return super().read_offer(offer) if known is None else known

    def read_request(self, request: RequestProfile) -> RequestReading:
        known = self.requests_known.get(request)
        return super().read_request(request) if known is None else known


class Records:
    """Reads records and their texts; keeps what it reads anew for the next run."""

    def __init__(self, matcher: KeepingMatcher) -> None:
        self.matcher = matcher
        self.vocabulary = vocabulary_key(matcher.directory)

    def offers(self, offers: QuerySet[Offer]) -> dict[int, Known[OfferProfile]]:
        """By primary key; six queries however many, and one statement to keep all that is read anew."""
        rows, known = offers_read(offers), self.matcher.offers_known
        return self._with_readings(rows, OfferReadingKept, OfferReading, known, self._read_offer, OFFER_COLUMNS)

    def requests(self, requests: QuerySet[AssistanceRequest]) -> dict[int, Known[RequestProfile]]:
        """By primary key; seven queries however many, and one statement to keep all that is read anew."""
        rows, known = requests_read(requests), self.matcher.requests_known
        return self._with_readings(rows, RequestReadingKept, RequestReading, known, self._read_request, REQUEST_COLUMNS)

    def _with_readings(
        self,
        rows: Mapping[int, Read[Any]],
        model: type[OfferReadingKept] | type[RequestReadingKept],
        kind: type[Any],
        known: dict[Any, Any],
        read: Callable[[Any], tuple[Any, ...]],
        columns: tuple[str, ...],
    ) -> dict[int, Known[Any]]:
        kept = self._kept(model, list(rows))
        records: dict[int, Known[Any]] = {}
        write: list[tuple[Any, ...]] = []
        for pk, row in rows.items():
            content = content_key(row.profile)
            records[pk] = Known(row.version, row.profile, content)
            kept_version, kept_content, reading = kept.get(pk, (0, "", ""))
            if kept_content == content:
                known[row.profile] = from_plain(kind, json.loads(reading))
            if (kept_version, kept_content) != (row.version, content):
                write.append((pk, row.version, content, self.vocabulary, *read(row.profile)))
        bulk.upsert(model, ["pk", "record_version", "content", "vocabulary", *columns], write)
        return records

    def _kept(self, model: type[Any], keys: list[int]) -> dict[int, tuple[int, str, str]]:
        """Version, content and reading of what is kept under the present vocabulary."""
        table, key = model._meta.db_table, model._meta.pk.column
        with connection.cursor() as cursor:
            cursor.execute(
                f'SELECT "{key}", record_version, content, reading FROM "{table}" '  # noqa: S608 - names of our own
                f'WHERE "{key}" = ANY(%s) AND vocabulary = %s',
                [keys, self.vocabulary],
            )
            return {pk: (version, content, reading) for pk, version, content, reading in cursor.fetchall()}

    def _read_offer(self, offer: OfferProfile) -> tuple[Any, ...]:
        """The values of `OFFER_COLUMNS`."""
        reading = self.matcher.read_offer(offer)
        covered = None if reading.covered is None else sorted(reading.covered)
        return _text(reading), sorted(areas_offered(reading)), covered, helps_to_define(offer, reading)

    def _read_request(self, request: RequestProfile) -> tuple[Any, ...]:
        """The values of `REQUEST_COLUMNS`."""
        reading = self.matcher.read_request(request)
        return _text(reading), sorted(areas_needed(reading)), reading.is_vague


def _text(reading: OfferReading | RequestReading) -> str:
    return json.dumps(to_plain(reading), ensure_ascii=False)
