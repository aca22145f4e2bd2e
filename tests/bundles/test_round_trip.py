"""Export, import into an empty portal, export again: the same bytes."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command

from assistance.models import MatchingRun, Offer, PolicyPreview, PortfolioPlan
from assistance.models.readings import OfferReadingKept, RequestReadingKept
from cooperation_portal.bundles.catalogue import record_files
from cooperation_portal.bundles.recordfiles import RecordFile
from cooperation_portal.bundles.shapes import Column, Foreign, Group, PartRows, Shape, shape_of
from cooperation_portal.records.models import next_reference
from meetings.models import CalendarAddress, Document
from organizations.models import Affiliation, PointOfContact, State, User
from tests import factories as make

from .conftest import bring_in, contents, empty_portal, export, held

#: Tables of the three apps that no bundle holds: people and what they may do, and what the portal computes anew.
NOT_HELD = {
    User,
    Affiliation,
    CalendarAddress,
    MatchingRun,
    PortfolioPlan,
    PolicyPreview,
    OfferReadingKept,
    RequestReadingKept,
}
#: Columns that follow from others, or name accounts, which do not move.
NOT_CARRIED = {
    "organizations.State.sort_key",
    "organizations.Organization.sort_key",
    "assistance.Match.assignee",
    "assistance.Match.decided_by_id_kept",
    "meetings.Document.file",
}


def test_everything_comes_back_byte_for_byte(everything, tmp_path):
    export(tmp_path / "first")
    empty_portal()
    bring_in(tmp_path / "first")
    export(tmp_path / "second")
    first = contents(tmp_path / "first")
    assert contents(tmp_path / "second") == first
    assert [name for name, content in first.items() if not content] == []
    assert f"files/document-{Document.objects.get().pk}.pdf" in first


def test_reference_and_example_data_come_back_byte_for_byte(db, tmp_path):
    call_command("load_reference", verbosity=0)
    call_command("load_examples", stdout=StringIO())
    export(tmp_path / "first")
    empty_portal()
    assert held() == 0
    bring_in(tmp_path / "first")
    export(tmp_path / "second")
    assert contents(tmp_path / "second") == contents(tmp_path / "first")


def test_two_exports_of_the_same_records_are_equal(everything, tmp_path):
    export(tmp_path / "first")
    export(tmp_path / "second")
    assert contents(tmp_path / "second") == contents(tmp_path / "first")


def test_every_table_of_the_network_is_in_a_bundle():
    carried = {model for one in record_files() for model in one.models}
    ours = {
        model
        for label in ("organizations", "assistance", "meetings")
        for model in apps.get_app_config(label).get_models()
    }
    assert ours - carried == NOT_HELD


@pytest.mark.parametrize("one", record_files(), ids=lambda one: one.record_type)
def test_every_column_is_in_a_bundle(one: RecordFile):
    shape = shape_of(one)
    _assert_all_carried(one.model, shape, {"id"})
    for place in shape.values():
        if isinstance(place, PartRows):
            _assert_all_carried(place.model, place.shape, {"id", place.parent})


def _assert_all_carried(model, shape: Shape, known: set[str]) -> None:
    carried = set(known)
    for place in shape.values():
        if isinstance(place, Column):
            carried.add(place.attribute)
        elif isinstance(place, Foreign):
            carried.add(place.name)
        elif isinstance(place, Group):
            carried |= {column.attribute for column in place.members.values()}
    columns = {column.name for column in model._meta.concrete_fields}
    assert {f"{model._meta.label}.{name}" for name in columns - carried} <= NOT_CARRIED


def test_relations_of_offers_and_needs_are_carried():
    offers, requests, projects, notes = (
        shape_of(one) for one in record_files() if one.record_type in ("offer", "request", "project", "note")
    )
    assert {"areas", "types", "members_of", "states"} <= offers.keys()
    assert {"preferred_providers", "declined_providers"} <= requests.keys()
    assert "types" in requests["needs"].shape
    assert {"states", "areas", "matches"} <= projects.keys()
    assert "paragraphs" in notes
    assert "areas" in notes["future_issues"].shape


def test_field_names_are_those_of_the_api(everything, tmp_path):
    export(tmp_path / "bundle")
    offer = json.loads((tmp_path / "bundle" / "offers.ndjson").read_text().splitlines()[1])
    assert (offer["type"], offer["ref"], offer["organization"]) == ("offer", "OFF-2026-9002", "CICTE")
    assert (offer["areas"], offer["members_of"], offer["states"]) == (["BIO.LAB", "LEG.BIO"], ["OAS"], ["PER"])
    assert [partner["role"] for partner in offer["partners"]] == ["funder", "funder", "funder", "implementer"]


def test_drafts_and_confidential_text_are_in_it(everything, tmp_path):
    export(tmp_path / "bundle")
    told = {
        name: [json.loads(line) for line in content.decode().splitlines()]
        for name, content in contents(tmp_path / "bundle").items()
        if name.endswith(".ndjson")
    }
    assert {"draft", "ongoing"} == {offer["status"] for offer in told["offers.ndjson"]}
    (request, draft) = told["requests.ndjson"]
    assert "back\\slash" in request["description"]
    assert request["declined_providers"] == ["OAS"]
    assert [request["status"], draft["status"]] == ["referred", "draft"]
    assert all(contact["name"] and contact["email"] for contact in told["contacts.ndjson"])
    assert told["notes.ndjson"][0]["status"] == "draft"


def test_ids_versions_and_times_stay_and_new_ids_go_on(bundle):
    lines = (bundle / "offers.ndjson").read_text().splitlines()
    told = json.loads(lines[1])
    contacts = json.loads((bundle / "manifest.json").read_text())["records"]["contacts.ndjson"]
    bring_in(bundle)
    offer = Offer.objects.get(reference="OFF-2026-9002")
    assert (offer.pk, offer.version) == (told["id"], told["version"])
    assert offer.updated_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") == told["updated_at"]
    # The last contact was deleted before the export; its id is not given again.
    assert contacts["last_id"] == PointOfContact.objects.latest("pk").pk + 1
    assert make.ContactFactory().pk == contacts["last_id"] + 1


def test_references_go_on_after_the_last_that_was_given(bundle):
    bring_in(bundle)
    assert next_reference("OFF", 2026) == "OFF-2026-0003"


def test_the_file_of_a_document_comes_with_it(bundle):
    bring_in(bundle)
    document = Document.objects.get()
    with document.file.open() as content:
        assert content.read() == b"%PDF-1.7 example"
    assert document.file_name == "Papier, é.PDF"


def test_states_are_sorted_again_after_an_import(bundle):
    bring_in(bundle)
    assert State.objects.get(iso3="PER").sort_key == "peru"


def test_what_follows_from_an_older_portal_gets_what_new_records_have(bundle):
    from .conftest import change_line

    change_line(bundle, "offers.ndjson", 2, lambda told: told.pop("capacity") and None)
    assert "offers.ndjson: 1 of 2 records lack capacity" in bring_in(bundle, "--edited")
    assert Offer.objects.get(reference="OFF-2026-9002").capacity is None


def test_a_day_is_carried_as_a_day(bundle):
    bring_in(bundle)
    assert Offer.objects.get(reference="OFF-2026-9002").confirmed_on == date(2026, 3, 1)
