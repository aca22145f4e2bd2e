"""Versions of the policy: numbered one at a time, refused when they cannot rank, followed by a run."""

from __future__ import annotations

import threading

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection

from assistance.matching import DEFAULT_POLICY
from assistance.models import MatchingPolicy, MatchingRun
from assistance.services.policies import PolicyMovedOn, policy_create
from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


def draft(**changes) -> MatchingPolicy:
    return MatchingPolicy(**{**DEFAULT_POLICY.as_dict(), "version": 0, **changes})


def at_once(*jobs) -> list[object]:
    """Carry out each job on a connection of its own, all beginning together; what each gave back or raised."""
    found: list[object] = [None] * len(jobs)
    barrier = threading.Barrier(len(jobs))

    def work(number: int) -> None:
        try:
            barrier.wait(10)
            found[number] = jobs[number]()
        except Exception as problem:
            found[number] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_a_version_is_numbered_audited_and_followed_by_a_run(secretariat):
    first = policy_create(by=secretariat, policy=draft())
    second = policy_create(by=secretariat, policy=draft(threshold=25.0, note="Too many weak pairs."))
    assert (first.version, second.version, second.created_by_label) == (1, 2, str(secretariat))
    entry = AuditEntry.objects.about(second).get()
    assert (entry.before["threshold"], entry.after["threshold"], entry.reason) == (20.0, 25.0, "Too many weak pairs.")
    assert MatchingRun.objects.get().cause == "policy"


@pytest.mark.parametrize("role", ["expert", "observer", "focal_point", "newcomer"])
def test_only_the_secretariat_stores_a_version(people, role):
    with pytest.raises(NotAllowed):
        policy_create(by=people[role], policy=draft())
    assert not MatchingPolicy.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"weights": dict.fromkeys(DEFAULT_POLICY.weights, 0)}, "All weights are 0"),
        ({"weights": {**DEFAULT_POLICY.weights, "needs": -1}}, "negative"),
        ({"weights": {**DEFAULT_POLICY.weights, "needs": "many"}}, "must be a number"),
        ({"threshold": 101.0}, "from 0 to 100"),
    ],
)
def test_a_version_that_cannot_rank_is_not_stored(secretariat, changes, sentence):
    with pytest.raises(ValidationError, match=sentence):
        policy_create(by=secretariat, policy=draft(**changes))
    assert not MatchingPolicy.objects.exists()


def test_whoever_began_from_an_older_version_is_told_who_saved_meanwhile(secretariat):
    policy_create(by=secretariat, policy=draft(), based_on=0)
    policy_create(by=secretariat, policy=draft(), based_on=1)
    with pytest.raises(PolicyMovedOn, match=rf"Version 2 was saved meanwhile, by {secretariat}"):
        policy_create(by=secretariat, policy=draft(), based_on=1)
    assert MatchingPolicy.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_first_versions_at_once_are_versions_one_and_two():
    stored = at_once(*[lambda: policy_create(by=SYSTEM, policy=draft()).version] * 2)
    assert sorted(stored) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_a_first_version_while_reference_data_is_loaded_ends_in_no_error():
    found = at_once(
        lambda: policy_create(by=SYSTEM, policy=draft()).version, lambda: call_command("load_reference", verbosity=0)
    )
    assert [problem for problem in found if isinstance(problem, Exception)] == []
    versions = list(MatchingPolicy.objects.order_by("version").values_list("version", flat=True))
    assert versions in ([1], [1, 2])
