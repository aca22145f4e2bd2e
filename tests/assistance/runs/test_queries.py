"""How much a run asks of the database: the same for few and for many records that do not concern it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistance.models import Match, MatchingRun, OfferReadingKept, RequestReadingKept
from assistance.services.matching import carry_out
from assistance.services.runs import limits
from assistance.services.runs.records import Records
from tests.factories import OfferFactory, RequestFactory

from .worlds import carried_out, store_policy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def policy(db):
    return store_policy()


@pytest.fixture
def pair(cicte, peru):
    return OfferFactory(organization=cicte), RequestFactory(state=peru)


def statements(**about):
    """The statements of one run, COPY among them."""
    run = MatchingRun.objects.create(cause=MatchingRun.Cause.DEMAND, **about)
    with CaptureQueriesContext(connection) as captured:
        carry_out(run.pk)
    return [query["sql"] for query in captured]


def test_a_run_over_one_offer_asks_the_same_however_many_requests_it_does_not_fit(pair, peru):
    offer, _request = pair
    RequestFactory(state=peru, needs=[("EXP.LIC", ["SOFT"], "high")])
    carried_out()
    few = statements(offer=offer)
    RequestFactory.create_batch(30, state=peru, needs=[("EXP.LIC", ["SOFT"], "high")])
    carried_out()
    assert len(statements(offer=offer)) == len(few)
    assert MatchingRun.objects.latest("pk").requests_total == 1


def test_a_run_over_one_request_asks_the_same_however_many_offers_do_not_fit_it(pair, cicte):
    _offer, request = pair
    OfferFactory(organization=cicte, areas=["EXP.LIC"], types=["SOFT"], title="Licences", summary="Licences.")
    carried_out()
    few = statements(request=request)
    OfferFactory.create_batch(
        30, organization=cicte, areas=["EXP.LIC"], types=["SOFT"], title="Licences", summary="Licences."
    )
    carried_out()
    assert len(statements(request=request)) == len(few)
    assert MatchingRun.objects.latest("pk").offers_total == 1


def test_a_batch_writes_in_the_same_statements_however_many_requests_it_has(pair, cicte, peru, monkeypatch):
    carried_out()
    Match.objects.all().delete()
    few = statements()
    RequestFactory.create_batch(12, state=peru)
    OfferFactory.create_batch(4, organization=cicte)
    statements()
    Match.objects.all().delete()
    assert len(statements()) == len(few)
    assert Match.objects.count() == 13 * 5
    monkeypatch.setattr(limits, "BATCH", 7)
    Match.objects.all().delete()
    batches = [query for query in statements() if query.startswith('COPY "assistance_match"')]
    assert len(batches) == 2


def test_a_second_run_writes_no_match_no_audit_entry_and_no_change(pair):
    carried_out()
    again = statements()
    told = ("assistance_match_inputs", "audit_auditentry", "changes_change")
    assert not [query for query in again if any(name in query for name in told)]
    assert not [query for query in again if query.startswith(('COPY "', 'UPDATE "assistance_match" '))]


def test_a_text_is_read_once(pair, monkeypatch):
    offer, _request = pair
    carried_out()
    assert (OfferReadingKept.objects.count(), RequestReadingKept.objects.count()) == (1, 1)
    read = []
    for name in ("_read_offer", "_read_request"):
        own = getattr(Records, name)
        monkeypatch.setattr(
            Records, name, lambda self, profile, own=own: read.append(profile.reference) or own(self, profile)
        )
    carried_out()
    assert read == []
    offer.summary = "Courses for customs officers."
    offer.version += 1
    offer.save()
    carried_out()
    assert read == [offer.reference]


def test_a_change_that_no_version_tells_is_seen_by_a_full_run(pair):
    offer, _request = pair
    carried_out()
    type(offer).objects.filter(pk=offer.pk).update(summary="Registration is closed.")
    carried_out()
    assert Match.objects.get().superseded_because == "open_by_text"
