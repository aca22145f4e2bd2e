"""A mirror never misses a change: after writes of every kind each replica is what its reader may see."""

import os

import pytest
from celery import Task
from django.utils import timezone

from cooperation_portal.changes import recording
from cooperation_portal.changes.keeping import changes_reconcile
from cooperation_portal.records.models import ReferenceCounter
from organizations.models import Organization
from tests.factories import (
    ApiKeyFactory,
    ContactFactory,
    DocumentFactory,
    InformationSheetFactory,
    MatchFactory,
    MeetingFactory,
    NoteFactory,
    OfferFactory,
    OrganizationFactory,
    ParticipationFactory,
    PolicyFactory,
    ProjectFactory,
    RequestFactory,
    StateFactory,
    UserFactory,
)

from .replica import Drill, identities

pytestmark = pytest.mark.django_db(transaction=True)

#: How long the writers write. `REPLICA_SECONDS=600` makes a long drill of it.
SECONDS = float(os.environ.get("REPLICA_SECONDS", "60"))


@pytest.fixture
def four_organizations():
    """Four organizations in the midst of records of every kind."""
    # What the services number must not meet what the factories numbered.
    ReferenceCounter.objects.bulk_create(
        ReferenceCounter(prefix=prefix, year=timezone.localdate().year, last=5000) for prefix in ("OFF", "REQ", "PRJ")
    )
    PolicyFactory()
    several = [OrganizationFactory() for _ in range(4)]
    for one in several:
        offer = OfferFactory(organization=one, areas=["BIO.LAB"])
        request = RequestFactory(state=StateFactory(), status="circulated")
        for status in ("suggested", "suggested"):
            MatchFactory(request=RequestFactory(state=StateFactory(), status="circulated"), offer=offer, status=status)
        project = ProjectFactory(organization=one)
        project.matches.add(MatchFactory(request=request, offer=offer, status="suggested"))
        meeting = MeetingFactory(organization=one)
        ParticipationFactory(meeting=meeting, organization=several[0])
        NoteFactory(meeting=meeting)
        DocumentFactory(meeting=meeting, organization=one)
        ContactFactory(organization=one)
        InformationSheetFactory(organization=one)
        OfferFactory(organization=one, areas=["BIO.LAB"])
        ApiKeyFactory(organization=one, scopes=["read", "write"])
    UserFactory()
    changes_reconcile()
    return several


@pytest.fixture(autouse=True)
def nobody_works_the_queue(monkeypatch):
    """Matching and mail would only slow the writers down."""
    monkeypatch.setattr(Task, "apply_async", lambda *args, **kwargs: None)


def test_every_replica_ends_up_as_what_its_reader_may_see(four_organizations):
    replicas = identities(four_organizations)
    drill = Drill(replicas, seconds=SECONDS)
    drill.run()
    assert drill.failures == []
    assert not drill.missing(), f"never got through: {drill.missing()}; refused: {drill.reasons}"
    assert [replica.differences() for replica in replicas] == [[]] * 5
    from_the_beginning = identities(four_organizations, checks_parents=True)
    for replica in from_the_beginning:
        while replica.pull():
            pass
    assert [replica.differences() for replica in from_the_beginning] == [[]] * 5
    assert [replica.orphans for replica in from_the_beginning] == [[]] * 5
    assert all(replica.records for replica in from_the_beginning)


def test_without_the_lock_replicas_miss_changes(four_organizations, monkeypatch):
    monkeypatch.setattr(recording, "take_commit_order_lock", lambda: None)
    for attempt in range(6):
        replicas = identities(Organization.objects.order_by("pk")[:4])
        Drill(replicas, seconds=5, seed=attempt, longest=5).run()
        if any(replica.differences() for replica in replicas):
            return
    pytest.fail("no replica missed anything although commits did not follow the numbers")
