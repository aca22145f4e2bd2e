"""Every stored match names the version that ranked it, and reads as it did then whatever the policy says now."""

from __future__ import annotations

import pytest
from django.urls import reverse

from assistance.matching import DEFAULT_POLICY
from assistance.models import Match, MatchingPolicy, MatchingRun
from assistance.services.matches import match_shortlist
from assistance.services.matching import carry_out
from assistance.services.policies import policy_create
from assistance.services.queueing import queue_matching
from tests.factories import OfferFactory, RequestFactory

pytestmark = pytest.mark.django_db


def draft(**changes) -> MatchingPolicy:
    return MatchingPolicy(**{**DEFAULT_POLICY.as_dict(), "version": 0, **changes})


def run_all() -> None:
    carry_out(queue_matching(cause=MatchingRun.Cause.DEMAND).pk)


@pytest.fixture
def two_matches(cicte, peru, expert, secretariat):
    """One decided under version 1, one that a run renewed under version 2, which has quite other weights."""
    policy_create(by=secretariat, policy=draft())
    RequestFactory(state=peru)
    kept = OfferFactory(organization=cicte, title="Decided under version 1")
    OfferFactory(organization=cicte, title="Ranked under version 2")
    run_all()
    match_shortlist(by=expert, match=Match.objects.get(offer=kept))
    weights = dict.fromkeys(DEFAULT_POLICY.weights, 0) | {"needs": 1, "language": 3}
    policy_create(by=secretariat, policy=draft(weights=weights, threshold=10.0))
    run_all()
    return {match.offer.title: match for match in Match.objects.select_related("offer")}


def page(client, match: Match) -> str:
    return client.get(reverse("admin:assistance_match_change", args=[match.pk])).content.decode()


def test_each_match_names_its_version_and_shows_the_weights_of_then(two_matches, signed_in, expert):
    old, new = two_matches["Decided under version 1"], two_matches["Ranked under version 2"]
    assert (old.policy_version, new.policy_version) == (1, 2)
    client = signed_in(expert)
    then, now = page(client, old), page(client, new)
    assert "Computed under policy 1." in then
    assert "Computed under policy 2." in now
    # Needs weighed 38 of 100 under version 1, and 1 of 4 under version 2.
    assert '<span class="score__max">of 38.0</span>' in then
    assert '<span class="score__max">of 25.0</span>' in now
    assert '<span class="score__max">of 75.0</span>' in now


def test_the_points_of_both_still_add_up_to_their_scores(two_matches):
    for match in two_matches.values():
        points = sum(round(part["points"] * 100) for part in match.explanation["parts"])
        assert points == round(match.score * 100)


def test_a_part_that_the_rules_no_longer_have_is_shown_with_its_points(two_matches, signed_in, expert, monkeypatch):
    """As if `language` were dropped from the rules after version 1."""
    from assistance import explanations

    monkeypatch.delitem(explanations.PART_LABELS, "language")
    monkeypatch.delitem(explanations.PART_SENTENCES, "language")
    shown = page(signed_in(expert), two_matches["Decided under version 1"])
    assert "Earlier rule: language" in shown
    assert "Computed by an earlier version of the rules" in shown
    assert '<span class="score__max">of 6.0</span>' in shown
