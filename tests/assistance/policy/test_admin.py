"""The policy in the admin: a field a number, errors beside it, a preview before saving, and a history of versions."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistance.matching import DEFAULT_POLICY
from assistance.models import Match, MatchingPolicy, MatchingRun, PolicyPreview
from assistance.policy_words import VALUES, number
from assistance.services import previews
from assistance.services.matches import match_dismiss, match_shortlist
from assistance.services.matching import carry_out
from assistance.services.queueing import queue_matching
from tests.factories import OfferFactory, RequestFactory

pytestmark = pytest.mark.django_db

ADD = "admin:assistance_matchingpolicy_add"
PREVIEW = "admin:assistance_matchingpolicy_preview"
RESULT = "admin:assistance_matchingpolicy_preview_result"
VERSIONS = "admin:assistance_matchingpolicy_changelist"


def values(**changes) -> dict:
    stored = DEFAULT_POLICY.as_dict()
    del stored["version"]
    return stored | changes


@pytest.fixture(autouse=True)
def policy(db):
    return MatchingPolicy.objects.create(version=1, created_by_label="system", **values())


def draft(**changes) -> dict[str, str]:
    """What the form posts: the version in force, with changes."""
    form = {value.name: number(value.of(values())) for value in VALUES}
    return form | {"note": "Regions count more.", "based_on": "1"} | changes


@pytest.fixture
def client(signed_in, secretariat):
    return signed_in(secretariat)


def test_the_form_begins_from_the_version_in_force_and_shows_each_share(client, policy):
    MatchingPolicy.objects.create(version=2, **values(weights={"needs": 3, "types": 1}, threshold=35.5))
    response = client.get(reverse(ADD))
    form = response.context["form"]
    assert (form["weights_needs"].value(), form["weights_region"].value(), form["threshold"].value()) == (
        "3",
        "0",
        "35.5",
    )
    content = response.content.decode()
    assert "Now 75.0 % of the points." in content
    assert "Now 0.0 % of the points." in content


def test_the_secretariat_saves_a_version_with_its_reason(client, secretariat):
    response = client.post(reverse(ADD), draft(weights_region="12.5"), follow=True)
    stored = MatchingPolicy.objects.get(version=2)
    assert (stored.weights["region"], stored.note, stored.created_by_label) == (
        12.5,
        "Regions count more.",
        str(secretariat),
    )
    assert "Version 2 is in force." in response.content.decode()
    assert MatchingRun.objects.get().cause == "policy"


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({value.name: "0" for value in VALUES if value.group == "weights"}, "weights_needs", "All weights are 0."),
        ({"weights_region": "-1"}, "weights_region", "Give a number of at least 0."),
        ({"weights_region": "much"}, "weights_region", "Give a number, such as 12 or 0.5."),
        ({"weights_region": "nan"}, "weights_region", "Give a number, such as 12 or 0.5."),
        ({"weights_region": "1e9"}, "weights_region", "Give a number of at most 1000."),
        ({"weights_region": ""}, "weights_region", "Fill this in"),
        ({"lowering_overlap": "101"}, "lowering_overlap", "Give a number of at most 100."),
        ({"priorities_low": "0"}, "priorities_low", "Give a number above 0"),
        ({"priorities_low": "2"}, "priorities_low", "Give a number of at most 1."),
        ({"threshold": "101"}, "threshold", "Give a number of at most 100."),
        ({"threshold": "-5"}, "threshold", "Give a number of at least 0."),
        ({"reach": "1.5"}, "reach", "Give a number of at most 1."),
        ({"note": " "}, "note", "Fill this in"),
    ],
)
def test_what_cannot_rank_is_said_beside_its_field_and_what_was_typed_stays(client, changes, field, sentence):
    response = client.post(reverse(ADD), draft(**{"weights_words": "77"} | changes))
    form = response.context["form"]
    assert sentence in form.errors[field][0]
    assert sentence in response.content.decode()
    assert form[field].value() == changes[field]
    if "weights_words" not in changes:
        assert form["weights_words"].value() == "77"
    assert MatchingPolicy.objects.count() == 1


def test_a_version_saved_meanwhile_is_told_and_saving_again_replaces_it(client):
    MatchingPolicy.objects.create(version=2, created_by_label="Example Colleague", **values(threshold=30.0))
    response = client.post(reverse(ADD), draft(weights_region="12"))
    content = response.content.decode()
    assert "Version 2 was saved meanwhile, by Example Colleague" in content
    assert "Threshold: 20 → 30" in content
    assert response.context["form"]["weights_region"].value() == "12"
    again = draft(weights_region="12", based_on=response.context["form"]["based_on"].value())
    assert client.post(reverse(ADD), again).status_code == 302
    assert MatchingPolicy.objects.get(version=3).weights["region"] == 12


@pytest.mark.parametrize("role", ["expert", "observer"])
def test_experts_and_members_try_a_draft_and_cannot_save_it(people, signed_in, role):
    client = signed_in(people[role])
    assert client.get(reverse(ADD)).status_code == 403
    assert client.post(reverse(ADD), draft()).status_code == 403
    assert reverse(PREVIEW) in client.get(reverse(VERSIONS)).content.decode()
    page = client.get(reverse(PREVIEW)).content.decode()
    assert "Save as a new version" not in page
    response = client.post(reverse(PREVIEW), draft(note="", threshold="30"), follow=True)
    assert "What the draft would change" in response.content.decode()
    assert "Go on to save it" not in response.content.decode()
    assert MatchingPolicy.objects.count() == 1


def test_a_preview_shows_moves_titles_and_whether_the_draft_agrees_better(client, expert, cicte, peru):
    request = RequestFactory(state=peru, languages=["es"], title="Trained laboratory staff")
    regional = OfferFactory(organization=cicte, coverage="selected", states=[peru], languages=["en"], title="Here")
    speaking = OfferFactory(organization=cicte, languages=["es"], title="Anywhere")
    carry_out(queue_matching(cause=MatchingRun.Cause.DEMAND).pk)
    match_dismiss(by=expert, match=Match.objects.get(offer=speaking), reason="Too far.")
    match_shortlist(by=expert, match=Match.objects.get(offer=regional))
    typed = draft(weights_region="60", weights_language="0", lowering_language_barrier="0")
    response = client.post(reverse(PREVIEW), typed, follow=True)
    content = response.content.decode()
    for words in ("Peru: Trained laboratory staff", "Regional approach: 9 → 60", "Falls", "Rises", "1 of 1"):
        assert words in content
    assert "The draft agrees better with what people decided." in content
    assert reverse("assistance:pair", args=[request.reference, speaking.reference]) in content
    (side, _refused) = response.context["shown"]["sides"]
    assert (side["ranks"], side["higher"]) == (("2.0", "1.0"), 1)


def test_a_preview_leads_on_to_saving_what_was_typed(client):
    response = client.post(reverse(PREVIEW), draft(weights_region="44", note="Because."), follow=True)
    preview = response.context["preview"]
    form = client.get(reverse(ADD), {"from": preview.pk}).context["form"]
    assert (form["weights_region"].value(), form["note"].value(), form["based_on"].value()) == ("44", "Because.", 1)


def test_errors_of_a_draft_are_shown_before_anything_is_computed(client):
    response = client.post(reverse(PREVIEW), draft(threshold="101"))
    assert "Give a number of at most 100." in response.content.decode()
    assert not PolicyPreview.objects.exists()


def test_a_long_preview_says_how_far_it_is(client, monkeypatch):
    monkeypatch.setattr(previews, "AT_ONCE", -1)
    response = client.post(reverse(PREVIEW), draft(), follow=True)
    preview = response.context["preview"]
    assert "The preview waits for the worker." in response.content.decode()
    PolicyPreview.objects.filter(pk=preview.pk).update(status="running", requests_done=25, requests_total=900)
    content = client.get(reverse(RESULT, args=[preview.pk])).content.decode()
    assert "25 of 900 open requests are compared." in content
    assert 'hx-trigger="every 3s"' in content


def test_an_empty_preview_says_why_and_what_next(client):
    content = client.post(reverse(PREVIEW), draft(), follow=True).content.decode()
    assert "There is nothing to rank at the moment." in content
    assert "Once experts have decided on matches" in content


def test_without_any_policy_the_preview_says_what_to_do(client, policy):
    policy.delete()
    response = client.post(reverse(PREVIEW), draft(based_on="0"))
    assert "There is no matching policy yet." in response.content.decode()
    assert "No policy yet" in client.get(reverse(VERSIONS)).content.decode()


def test_a_preview_against_a_version_that_was_replaced_says_so(client):
    response = client.post(reverse(PREVIEW), draft(), follow=True)
    MatchingPolicy.objects.create(version=2, **values(threshold=30.0))
    content = client.get(reverse(RESULT, args=[response.context["preview"].pk])).content.decode()
    assert "since then version 2 was saved" in content


def test_the_versions_say_who_when_why_and_what_changed(client):
    MatchingPolicy.objects.create(
        version=2, created_by_label="Example Person", note="Fewer weak pairs.", **values(threshold=30.0, reach=0.3)
    )
    rows = client.get(reverse(VERSIONS)).context["rows"]
    assert [(row["policy"].version, row["changes"], row["is_in_force"]) for row in rows] == [
        (2, ["Threshold: 20 → 30", "Reach: 0.25 → 0.3"], True),
        (1, ["The first version."], False),
    ]
    content = client.get(reverse(VERSIONS)).content.decode()
    assert "Example Person" in content
    assert "Fewer weak pairs." in content
    assert reverse(ADD) in content


def test_a_version_is_compared_with_the_one_before_or_the_one_chosen(client, policy):
    weights = dict(DEFAULT_POLICY.weights) | {"region": 59}
    MatchingPolicy.objects.create(version=2, **values(threshold=30.0))
    third = MatchingPolicy.objects.create(version=3, **values(threshold=30.0, weights=weights))
    url = reverse("admin:assistance_matchingpolicy_change", args=[third.pk])

    def changed(**query) -> set[str]:
        groups = client.get(url, query).context["groups"]
        return {str(row["label"]) for group in groups for row in group["rows"] if row["differs"]}

    assert changed() == {"Regional approach"}
    assert changed(**{"with": "1"}) == {"Regional approach", "Threshold"}
    content = client.get(url).content.decode()
    assert "39.3 %" in content
    assert client.get(reverse("admin:assistance_matchingpolicy_change", args=[policy.pk])).context["other"] is None


def test_a_version_stays_as_it_is(client, policy):
    url = reverse("admin:assistance_matchingpolicy_change", args=[policy.pk])
    assert client.post(url, draft(threshold="99")).status_code == 403
    policy.refresh_from_db()
    assert policy.threshold == 20


def test_the_list_of_versions_takes_the_same_number_of_queries_however_many(client):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(VERSIONS))
        return len(captured)

    queries()
    few = queries()
    for version in range(2, 40):
        MatchingPolicy.objects.create(version=version, **values())
    assert queries() == few
