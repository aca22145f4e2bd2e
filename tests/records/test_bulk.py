"""Rows in bulk come out as they went in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistance.models import Match, OfferReadingKept
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.records import bulk
from tests.factories import MatchFactory, OfferFactory

pytestmark = pytest.mark.django_db

#: Everything that COPY could take for something else.
ODD = 'tab\there\nnew line\r \\N \\. "quoted" {braces}, Ñandú 核 \\'


@pytest.mark.parametrize("text", [ODD, "", r"\N", "\\"])
def test_text_is_copied_as_it_is(text):
    bulk.insert(
        AuditEntry,
        ["actor_kind", "actor_label", "action", "object_type", "object_id", "object_ref", "before", "reason", "source"],
        [("system", "The portal", "match.suggested", "match", 7, "REF", {"said": text}, text, "task")],
    )
    entry = AuditEntry.objects.get()
    assert (entry.reason, entry.before, entry.after) == (text, {"said": text}, {})
    assert entry.actor_id is None
    assert abs((datetime.now(UTC) - entry.at).total_seconds()) < 60


def test_arrays_and_nulls_are_copied_and_a_second_time_set():
    one, two = OfferFactory.create_batch(2)
    fields = ["pk", "record_version", "content", "vocabulary", "reading", "areas", "covered", "helps_to_define"]

    def store(version, covered):
        bulk.upsert(
            OfferReadingKept,
            fields,
            [(offer.pk, version, "c", "v", ODD, ['BIO "x"', "a\\b,c"], covered, True) for offer in (one, two)],
        )
        return list(OfferReadingKept.objects.order_by("pk").values_list("pk", "record_version", "covered", "areas"))

    areas = ['BIO "x"', "a\\b,c"]
    assert store(1, None) == [(one.pk, 1, None, areas), (two.pk, 1, None, areas)]
    assert store(2, ["PER"]) == [(one.pk, 2, ["PER"], areas), (two.pk, 2, ["PER"], areas)]
    assert OfferReadingKept.objects.first().reading == ODD


def test_many_rows_are_updated_at_once():
    one, two, three = MatchFactory.create_batch(3)
    when = datetime(2027, 3, 1, 12, tzinfo=UTC)
    bulk.update(
        Match,
        ["explanation", "superseded_because", "updated_at", "score"],
        [(one.pk, {"a": [ODD]}, ODD, when, "12.50"), (two.pk, {}, "", when, "3.00")],
    )
    for match in (one, two, three):
        match.refresh_from_db()
    assert (one.explanation, one.superseded_because, one.updated_at, str(one.score)) == (
        {"a": [ODD]},
        ODD,
        when,
        "12.50",
    )
    assert (two.explanation, str(two.score)) == ({}, "3.00")
    assert three.score == 70


def test_keys_are_drawn_once():
    keys = bulk.next_keys(Match, 3)
    assert len({*keys, *bulk.next_keys(Match, 2)}) == 5
    assert bulk.next_keys(Match, 0) == []


def test_nothing_to_write_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        bulk.insert(Match, ["pk"], [])
        bulk.update(Match, ["rank"], [])
        bulk.upsert(OfferReadingKept, ["pk"], [])
