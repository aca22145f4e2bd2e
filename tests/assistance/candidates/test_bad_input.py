"""Input with which no ranking could be trusted is refused where it is typed, with a sentence that says what to do."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse

from assistance.models import Area, AssistanceRequest, MatchingPolicy
from assistance.services.policies import policy_create
from assistance.services.reference import FILES
from assistance.services.request_values import MAX_NEEDS
from tests.factories import AreaFactory, AssistanceTypeFactory

pytestmark = pytest.mark.django_db

NEW = "/requests/new/"


def typed(number_of_needs: int, **changes):
    data = {
        "title": "Laboratory training",
        "description": "Twenty people need training.",
        "public_summary": "",
        "origin": "note_verbale",
        "document_reference": "",
        "needed_from": "",
        "needed_by": "",
        "needs-TOTAL_FORMS": number_of_needs,
        "needs-INITIAL_FORMS": 0,
        "existing-TOTAL_FORMS": 0,
        "existing-INITIAL_FORMS": 0,
    }
    for number in range(number_of_needs):
        data |= {f"needs-{number}-area": "BIO.LAB", f"needs-{number}-priority": "high"}
    return data | changes


@pytest.fixture
def client_of_state(signed_in, state_focal_point):
    AreaFactory(code="BIO.LAB")
    AssistanceTypeFactory(code="TRNG")
    return signed_in(state_focal_point)


def test_more_needs_than_a_request_holds_are_refused(client_of_state):
    response = client_of_state.post(NEW, typed(MAX_NEEDS + 1))
    assert response.status_code == 422
    assert f"at most {MAX_NEEDS}" in response.content.decode()
    assert not AssistanceRequest.objects.exists()


def test_ten_thousand_needs_are_refused_and_nothing_breaks(client_of_state):
    response = client_of_state.post(NEW, typed(10_000))
    assert response.status_code == 400
    assert "Traceback" not in response.content.decode()
    few_fields = typed(1, **{"needs-TOTAL_FORMS": 10_000})
    assert client_of_state.post(NEW, few_fields).status_code == 422
    assert not AssistanceRequest.objects.exists()


def test_a_provider_preferred_and_declined_is_refused(client_of_state, cicte):
    both = {"preferred_providers": cicte.acronym, "declined_providers": cicte.acronym}
    response = client_of_state.post(NEW, typed(1, **both))
    assert response.status_code == 422
    assert "Preferred and declined at once: CICTE. Choose one." in response.content.decode()


def test_dates_in_the_wrong_order_are_refused(client_of_state):
    response = client_of_state.post(NEW, typed(1, needed_from="2027-06-01", needed_by="2027-01-01"))
    assert response.status_code == 422
    assert "The end is before the start. Check both dates." in response.content.decode()


@pytest.mark.parametrize(
    ("parent", "words"),
    [
        ("LEG", "An area cannot lie inside itself."),
        ("BIO.LAB", "lies inside another area itself"),
        ("CHE", "Other areas lie inside this one"),
    ],
)
def test_the_tree_of_areas_stays_at_two_levels(parent, words, signed_in, secretariat):
    for code in ("LEG.BIO", "BIO.LAB", "CHE"):
        AreaFactory(code=code)
    area = Area.objects.get(code="LEG")
    area.parent = Area.objects.get(code=parent)
    with pytest.raises(ValidationError, match=words):
        area.full_clean()
    values = {
        "parent": area.parent.pk,
        "label": area.label,
        "description": "",
        "op_reference": "",
        "matrix_section": "",
        "source": "",
        "expected_version": area.version,
    }
    response = signed_in(secretariat).post(reverse("admin:assistance_area_change", args=[area.pk]), values)
    assert words in response.content.decode()
    assert Area.objects.get(code="LEG").parent is None


def test_reference_data_with_areas_in_a_circle_is_refused(tmp_path: Path):
    for name, path in FILES.items():
        (tmp_path / name).write_bytes(path.read_bytes())
    with FILES["assistance_areas.csv"].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, parent in ((rows[0], rows[1]["code"]), (rows[1], rows[0]["code"])):
        row["parent"] = parent
    with (tmp_path / "assistance_areas.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    before = Area.objects.count()
    with pytest.raises(CommandError, match="area of the top level"):
        call_command("load_reference", "--dir", str(tmp_path), stdout=StringIO())
    assert Area.objects.count() == before


@pytest.mark.parametrize(("weights", "words"), [({"needs": 0}, "All weights are 0"), ({"needs": -1}, "negative")])
def test_a_policy_that_cannot_rank_is_never_stored(weights, words, secretariat):
    policy = MatchingPolicy(weights=weights, threshold=20, reach=0.25, breadth=0.25)
    with pytest.raises(ValidationError, match=words):
        policy_create(by=secretariat, policy=policy)
    assert MatchingPolicy.objects.count() == 1
