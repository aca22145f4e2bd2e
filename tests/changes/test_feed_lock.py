"""What watches every test for transactions that wait while they hold the feed finds them."""

import pytest
from django.db import transaction

from cooperation_portal import changes
from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.changes.models import Change
from cooperation_portal.records.write import lock, recorded
from organizations.models import Organization
from tests import feed_lock
from tests.factories import OrganizationFactory


@pytest.fixture
def told():
    """What was found so far; taken back afterwards, since here it is meant."""
    yield feed_lock.found
    feed_lock.found.clear()


def rename(organization, name):
    with recorded(organization, by=SYSTEM, action="organization.updated", clean=False) as locked:
        locked.name = name


def lock_after_noting(told):
    one, other = OrganizationFactory(), OrganizationFactory()
    with transaction.atomic():
        rename(one, "First")
        rename(one, "Again")
        assert told == []
        rename(other, "Second")
    # Locked, and then saved: from the lock on the row is held.
    assert [sentence.split(":")[0] for sentence in told] == [
        f"locks ['Organization {other.pk}'] while it holds the feed"
    ]


@pytest.mark.django_db
def test_a_row_locked_after_the_feed_is_told(told):
    lock_after_noting(told)


@pytest.mark.django_db(transaction=True)
def test_a_row_locked_after_the_feed_is_told_in_real_transactions_too(told):
    lock_after_noting(told)


@pytest.mark.django_db
def test_a_row_changed_or_deleted_after_the_feed_is_told(told):
    one, other = OrganizationFactory(), OrganizationFactory()
    with transaction.atomic():
        rename(one, "First")
        other.save()
        other.delete()
    assert [sentence.split()[0] for sentence in told] == ["changes", "deletes"]


@pytest.mark.django_db
def test_rows_locked_before_and_transactions_after_one_another_are_no_finding(told):
    one, other = OrganizationFactory(), OrganizationFactory()
    with transaction.atomic():
        lock(other)
        rename(one, "First")
        rename(other, "Second")
    rename(one, "Third")
    with transaction.atomic(), changes.together():
        rename(other, "Fourth")
        rename(one, "Fifth")
    assert told == []


@pytest.mark.django_db
def test_a_lock_against_those_who_only_refer_is_told_unless_the_row_is_deleted(told):
    one, other = OrganizationFactory(), OrganizationFactory()
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=one.pk).delete()
        assert told == []
        Organization.objects.select_for_update().get(pk=other.pk)
    assert [sentence.split(":")[0] for sentence in told] == [
        f"locks Organization {other.pk} against those who only refer to it; say no_key=True"
    ]


def rename_and_fail(organization):
    with transaction.atomic(), changes.together():
        rename(organization, "Never")
        raise KeyError


@pytest.mark.django_db
def test_a_block_in_a_block_notes_with_the_outer_one_and_nothing_of_what_failed():
    one, other, third = (OrganizationFactory() for _ in range(3))
    with transaction.atomic(), changes.together():
        rename(one, "First")
        with changes.together():
            rename(other, "Second")
        with pytest.raises(KeyError):
            rename_and_fail(third)
        assert not Change.objects.exists()
    assert list(Change.objects.order_by("pk").values_list("object_id", flat=True)) == [one.pk, other.pk]
