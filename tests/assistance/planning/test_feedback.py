"""What did not fit: asked of whoever dismisses or declines, kept, and counted against what the policy said."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistance.models import Match, MatchingPolicy
from assistance.services.feedback import decisions, disagreeing, feedback_of
from assistance.services.matches import match_answer, match_dismiss, match_propose, match_reopen, match_shortlist
from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.audit.models import AuditEntry
from tests.factories import MatchFactory, OfferFactory, RequestFactory

pytestmark = pytest.mark.django_db

PAGE = "assistance:feedback"
MATCHES = "assistance:feedback_matches"
CSV = "assistance:feedback_csv"


def explanation(**values: float) -> dict:
    parts = [{"code": code, "value": value, "weight": 10, "points": 0, "params": {}} for code, value in values.items()]
    return {
        "score": 50.0,
        "policy": "1",
        "parts": parts,
        **{name: [] for name in ("needs", "missing", "gates", "paragraphs", "readings")},
    }


@pytest.fixture
def make(cicte, peru):
    """A suggested match of Peru and CICTE with values for the parts of its score."""

    def match(**values: float) -> Match:
        return MatchFactory(
            request=RequestFactory(state=peru, status="circulated"),
            offer=OfferFactory(organization=cicte),
            explanation=explanation(**values),
        )

    return match


@pytest.fixture
def decided(make, expert, focal_point, state_focal_point):
    """Timing dismissed once where the policy said high and once low, declined once; one accepted."""
    found = {
        "high": match_dismiss(by=expert, match=make(timing=0.9), reason="It starts too late.", misfit="timing"),
        "low": match_dismiss(by=expert, match=make(timing=0.2), reason="Too late too.", misfit="timing"),
        "unnamed": match_dismiss(by=expert, match=make(timing=1.0), reason="No particular reason."),
    }
    proposed = match_propose(by=expert, match=make(timing=0.7))
    found["declined"] = match_answer(
        by=focal_point, match=proposed, accept=False, reason="No trainers in spring.", misfit="timing"
    )
    found["accepted"] = match_shortlist(by=expert, match=make(timing=0.6))
    return found


# What is kept


def test_a_dismissal_keeps_what_did_not_fit_and_the_audit_tells_it(make, expert):
    match = match_dismiss(by=expert, match=make(), reason="Too late.", misfit="timing")
    assert match.misfit == "timing"
    assert AuditEntry.objects.about(match).filter(action="match.dismissed").get().after["misfit"] == "timing"
    assert match_reopen(by=expert, match=match, reason="Dates moved.").misfit == ""


def test_a_decline_keeps_it_with_the_answer_and_an_acceptance_has_none(make, expert, focal_point, state_focal_point):
    proposed = match_propose(by=expert, match=make())
    match = match_answer(by=focal_point, match=proposed, accept=True, misfit="timing")
    match = match_answer(by=state_focal_point, match=match, accept=False, reason="We have it.", misfit="overlap")
    assert dict(match.answers.values_list("side", "misfit")) == {"provider": "", "requester": "overlap"}
    assert match.misfit == ""


def test_nothing_need_be_named_and_nothing_unknown_can_be(make, expert, focal_point, state_focal_point):
    assert match_dismiss(by=expert, match=make(), reason="No.").misfit == ""
    with pytest.raises(ValidationError, match="This is not in the list"):
        match_dismiss(by=expert, match=make(), reason="No.", misfit="colour")
    with pytest.raises(ValidationError, match="This is not in the list"):
        match_answer(by=focal_point, match=match_propose(by=expert, match=make()), accept=False, reason="-", misfit="x")


# Where it is asked


def test_the_workbench_asks_for_it_with_a_dismissal(make, expert, signed_in):
    match, client = make(), signed_in(expert)
    url = reverse("admin:assistance_match_change", args=[match.pk])
    assert "What did not fit" in client.get(url).content.decode()
    form = {"reason": "Too late.", "misfit": "timing", "decision": "dismiss", "expected_version": match.version}
    assert client.post(url, form).status_code == 302
    match.refresh_from_db()
    assert (match.status, match.misfit) == ("dismissed", "timing")
    assert "What did not fit: Timing." in client.get(url).content.decode()


def test_the_workbench_does_not_keep_it_with_another_decision(make, expert, signed_in):
    match = make()
    form = {"reason": "", "misfit": "timing", "decision": "shortlist", "expected_version": match.version}
    signed_in(expert).post(reverse("admin:assistance_match_change", args=[match.pk]), form)
    match.refresh_from_db()
    assert (match.status, match.misfit) == ("shortlisted", "")


def test_several_dismissed_at_once_keep_the_same(make, expert, signed_in):
    matches = [make(), make()]
    client, url = signed_in(expert), reverse("admin:assistance_match_changelist")
    chosen = {"action": "dismiss_selected", "_selected_action": [match.pk for match in matches]}
    assert "What did not fit" in client.post(url, chosen).content.decode()
    client.post(url, chosen | {"confirmed": "1", "reason": "All overlap.", "misfit": "overlap"})
    assert set(Match.objects.values_list("status", "misfit")) == {("dismissed", "overlap")}


def test_a_party_is_asked_for_it_with_a_decline(make, expert, focal_point, state_focal_point, signed_in):
    match = match_propose(by=expert, match=make())
    client = signed_in(focal_point)
    assert "What did not fit" in client.get(match.get_absolute_url()).content.decode()
    form = {"reason": "No trainers.", "misfit": "capacity", "decision": "decline", "expected_version": match.version}
    assert client.post(reverse("assistance:match_answer", args=[match.pk]), form).status_code == 302
    assert match.answers.get().misfit == "capacity"
    assert "No room or capacity" in client.get(match.get_absolute_url()).content.decode()


def test_a_wrong_choice_of_a_party_is_said_beside_the_field(make, expert, focal_point, state_focal_point, signed_in):
    match = match_propose(by=expert, match=make())
    form = {"reason": "No.", "misfit": "colour", "decision": "decline", "expected_version": match.version}
    response = signed_in(focal_point).post(reverse("assistance:match_answer", args=[match.pk]), form)
    assert response.status_code == 422
    assert response.context["form"].errors["misfit"] == ["This is not in the list. Choose one of those shown."]
    assert not match.answers.exists()


# What is counted


def test_refusals_are_counted_by_who_made_them_and_against_what_the_policy_said(decided):
    together, by_version = feedback_of(decisions(SYSTEM))
    timing = together.counts["timing"]
    assert timing.by == {"expert": 2, "requester": 0, "provider": 1}
    assert timing.disagreements == 2
    assert timing.mean_refused == pytest.approx((0.9 + 0.2 + 0.7) / 3)
    assert timing.mean_accepted == pytest.approx(0.6)
    assert (together.accepted, together.refused, together.unnamed) == (1, 4, 1)
    assert list(by_version) == [1]


def test_a_decision_that_was_taken_back_is_not_counted(decided, expert):
    match_reopen(by=expert, match=decided["high"], reason="Dates moved.")
    match_reopen(by=expert, match=decided["declined"], reason="Trainers came.")
    together, _ = feedback_of(decisions(SYSTEM))
    assert (together.counts["timing"].total, together.refused) == (1, 2)


def test_an_explanation_without_parts_counts_and_says_nothing(make, expert):
    match = make()
    Match.objects.filter(pk=match.pk).update(explanation={})
    match_dismiss(by=expert, match=match, reason="No.", misfit="timing")
    timing = feedback_of(decisions(SYSTEM))[0].counts["timing"]
    assert (timing.total, timing.mean_refused, timing.disagreements) == (1, None, 0)


def test_the_refusals_in_which_the_policy_said_high_are_those_that_are_counted(decided):
    assert set(disagreeing(decisions(SYSTEM))) == {decided["high"].pk, decided["declined"].pk}


# The page


def test_the_page_shows_counts_bars_versions_and_a_note_on_small_numbers(decided, expert, signed_in):
    MatchingPolicy.objects.create(version=1, weights={"needs": 1}, threshold=20)
    response = signed_in(expert).get(reverse(PAGE))
    (row,) = [row for row in response.context["rows"] if row["label"] == "Timing"]
    assert (row["refused"], row["accepted"], row["count"].total) == ("60 %", "60 %", 3)
    assert response.context["bars"][0][:2] == ("Timing", 2)
    content = response.content.decode()
    assert "fewer than 5 decisions: read with care" in content
    assert "Version 1" in content


def test_every_number_leads_to_the_matches_behind_it(decided, expert, signed_in):
    client = signed_in(expert)
    page = client.get(reverse(PAGE))
    (row,) = [row for row in page.context["rows"] if row["label"] == "Timing"]
    by_part = client.get(row["url"])
    assert {item["match"].pk for item in by_part.context["rows"]} == {
        decided[name].pk for name in ("high", "low", "declined")
    }
    for words in ("It starts too late.", "No trainers in spring.", "The provider", "An expert", "90 %"):
        assert words in by_part.content.decode()
    high = client.get(page.context["bars"][0][2])
    assert {item["match"].pk for item in high.context["rows"]} == {decided["high"].pk, decided["declined"].pk}
    unnamed = client.get(page.context["figures"][2][2])
    assert [item["match"].pk for item in unnamed.context["rows"]] == [decided["unnamed"].pk]


def test_a_period_counts_a_decline_by_the_day_of_the_answer(decided, expert, signed_in):
    Match.objects.update(decided_at=datetime(2026, 3, 1, tzinfo=UTC))
    decided["declined"].answers.update(answered_at=datetime(2026, 5, 1, tzinfo=UTC))
    client = signed_in(expert)

    def refused(**query: str) -> int:
        return client.get(reverse(PAGE), query).context["together"].refused

    assert refused(since="2026-04-01") == 1
    assert refused(until="2026-03-31") == 3
    assert refused(since="2026-03-01", until="2026-05-01") == 4


def test_a_version_is_counted_by_itself(decided, expert, signed_in):
    MatchingPolicy.objects.create(version=1, weights={"needs": 1}, threshold=20)
    MatchingPolicy.objects.create(version=2, weights={"needs": 1}, threshold=20)
    Match.objects.filter(pk=decided["high"].pk).update(policy_version=2)
    client = signed_in(expert)
    assert client.get(reverse(PAGE), {"version": "2"}).context["together"].refused == 1
    versions = client.get(reverse(PAGE)).context["versions"]
    assert [(row["version"], row["counted"].refused) for row in versions] == [(2, 1), (1, 3)]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"since": "soon"}, "Write the date as year, month and day"),
        ({"since": "2026-05-01", "until": "2026-04-01"}, "The end is before the start."),
        ({"version": "99"}, "This is not in the list."),
        ({"colour": "red"}, "no filter “colour”"),
    ],
)
@pytest.mark.parametrize("route", [PAGE, CSV, MATCHES])
def test_a_filter_that_cannot_be_understood_is_said_and_nothing_is_counted(
    decided, expert, signed_in, route, query, sentence
):
    response = signed_in(expert).get(reverse(route), query)
    content = response.content.decode()
    assert sentence in content
    assert "It starts too late." not in content


def test_without_decisions_the_page_says_what_is_counted_here(expert, signed_in):
    client = signed_in(expert)
    assert "No decision in this choice" in client.get(reverse(PAGE)).content.decode()
    assert "No refused match in this choice" in client.get(reverse(MATCHES)).content.decode()


def test_where_nothing_was_refused_that_is_said(make, expert, signed_in):
    match_shortlist(by=expert, match=make(timing=1.0))
    assert "Nothing was dismissed or declined" in signed_in(expert).get(reverse(PAGE)).content.decode()


def test_the_download_has_a_row_for_each_version_and_part(decided, expert, signed_in):
    Match.objects.filter(pk=decided["high"].pk).update(policy_version=2)
    response = signed_in(expert).get(reverse(CSV))
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    timing = {row["Policy version"]: row for row in rows if row["What did not fit"] == "Timing"}
    assert (timing["2"]["Dismissed by experts"], timing["2"]["Policy where refused (0–1)"]) == ("1", "0.9")
    assert (timing["1"]["Declined by providers"], timing["1"]["Policy said high"]) == ("1", "1")
    assert len(rows) == 20


def test_counts_and_list_take_the_same_number_of_queries_however_many_decisions(make, expert, signed_in):
    client = signed_in(expert)

    def queries(route: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(route))
        return len(captured)

    match_dismiss(by=expert, match=make(timing=0.9), reason="No.", misfit="timing")
    queries(PAGE)
    few = [queries(route) for route in (PAGE, MATCHES, CSV)]
    for _number in range(12):
        match_dismiss(by=expert, match=make(timing=0.9), reason="No.", misfit="timing")
    assert [queries(route) for route in (PAGE, MATCHES, CSV)] == few


@pytest.mark.parametrize("role", ["focal_point", "state_focal_point", "outsider", "newcomer"])
def test_nobody_outside_the_committee_reads_it(people, signed_in, decided, role):
    for route in (PAGE, MATCHES, CSV):
        assert signed_in(people[role]).get(reverse(route)).status_code == 403
