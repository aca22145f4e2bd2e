"""Reference data: what is loaded, that a second run writes nothing, and that a wrong file writes nothing at all."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

import assistance.services.reference as vocabulary
import meetings.services.reference as meetings_reference
import organizations.services.reference as bodies
from assistance.models import (
    Area,
    AssistanceRequest,
    AssistanceType,
    MatchingPolicy,
    MatrixField,
    Offer,
    ResolutionParagraph,
)
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from meetings.models import ActionItem, Meeting, Note
from meetings.services.meetings import meeting_update
from organizations.models import Membership, Organization, State

FILES = {**bodies.FILES, **vocabulary.FILES, **meetings_reference.FILES}

pytestmark = pytest.mark.django_db


def load(*arguments: str) -> str:
    out = StringIO()
    call_command("load_reference", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of its own with a copy of every file, to be spoilt."""
    for path in FILES.values():
        shutil.copy(path, tmp_path)
    return tmp_path


def spoil(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


def refused(folder: Path) -> str:
    """Load and give back the message; nothing may have been written."""
    with pytest.raises(CommandError) as caught:
        load("--dir", str(folder))
    assert not State.objects.exists()
    assert not AuditEntry.objects.exists()
    assert not Change.objects.exists()
    return str(caught.value)


def test_everything_is_loaded():
    report = load()
    counts = {
        model.__name__: model.objects.count()
        for model in (
            State,
            Organization,
            Membership,
            Area,
            AssistanceType,
            MatrixField,
            ResolutionParagraph,
            Meeting,
            Note,
            ActionItem,
            Offer,
            AssistanceRequest,
            MatchingPolicy,
        )
    }
    assert counts == {
        "State": 193,
        "Organization": 83,
        "Membership": 438,
        "Area": 61,
        "AssistanceType": 22,
        "MatrixField": 119,
        "ResolutionParagraph": 17,
        "Meeting": 36,
        "Note": 2,
        "ActionItem": 2,
        "Offer": 29,
        "AssistanceRequest": 20,
        "MatchingPolicy": 1,
    }
    assert "RQ002 is left out, because its State is unknown" in report
    assert "RQ006 is left out, because its State is unknown" in report


def test_second_run_writes_nothing(django_assert_max_num_queries):
    load()
    written = (AuditEntry.objects.count(), Change.objects.count())
    versions = list(Organization.objects.values_list("pk", "version", "updated_at"))
    with django_assert_max_num_queries(120) as captured:
        load()
    changing = [
        query["sql"] for query in captured.captured_queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
    ]
    assert changing == []
    assert (AuditEntry.objects.count(), Change.objects.count()) == written
    assert list(Organization.objects.values_list("pk", "version", "updated_at")) == versions


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("states.csv", "\nAO,AGO,", "\nAO,AFG,", "states.csv, row 3, column iso3: repeats row 2"),
        ("states.csv", ",African,Africa,", ",Afrika,Africa,", "states.csv, row 3, column un_regional_group: “Afrika”"),
        (
            "organizations.csv",
            ",UN entity,UNSC,",
            ",club,UNSC,",
            "organizations.csv, row 2, column category: “club” is not known",
        ),
        (
            "organizations.csv",
            "UNREC,United Nations Regional Centre for Peace and Disarmament in Africa,UN entity,UNODA",
            "UNREC,United Nations Regional Centre for Peace and Disarmament in Africa,UN entity,UNREC",
            "column parent_acronym: UNREC is, by way of UNREC, its own parent",
        ),
        ("organizations.csv", "\nUNODA,", "\n1540-goe,", "gives the same address, “1540-goe”, as 1540 GoE"),
        ("organization_members.csv", "\nEU,AUT,", "\nEX,AUT,", "row 2, column acronym: “EX” is no known organization"),
        ("organization_members.csv", "\nEU,BEL,", "\nEU,AUT,", "row 3, column iso3: repeats row 2"),
        ("organization_members.csv", "\nEU,AUT,1", "\nEU,QQQ,1", "row 2, column iso3: “QQQ” is no known State"),
        ("names_in_sources.csv", ",,USA,", ",UNODA,USA,", "names_in_sources.csv, row 2, column iso3"),
        ("assistance_areas.csv", "\nLEG.PRO,LEG,", "\nLEG.PRO,LXG,", "row 3, column parent: “LXG” is no known area"),
        (
            "assistance_areas.csv",
            "\nLEG.PRO,",
            "\nLEGPRO,",
            "assistance_areas.csv, row 3: An area code is three letters",
        ),
        ("assistance_types.csv", ",expertise,", ",expertice,", "assistance_types.csv, row 2, column family"),
        ("matrix_fields.csv", "OP10,2,", "OP10,1,", "matrix_fields.csv, row 3, column row_no: repeats row 2"),
        ("resolution_paragraphs.csv", "2325,2016,19", "2325,2016,x", "column paragraph: “x” is not a whole number"),
        ("real_offers.csv", "2019-12-09", "2019-13-09", "real_offers.csv, row 6, column start: “2019-13-09”"),
        ("real_offers.csv", "LEG|EXP|", "LEG|LEG|EXP|", "row 2, column area_codes: names “LEG” twice"),
        ("real_offers.csv", "2019-11-06,2019-11-07", "2019-11-06,2019-11-05", "column end: 2019-11-05 is before"),
        ("real_requests.csv", "LEGD|ADVI|EQPT", "LEGD|ADVI|XXXX", "row 2, column type_codes: “XXXX” is no known type"),
        ("real_requests.csv", "RQ003,", "RQ001,", "real_requests.csv, row 4, column id: repeats row 2"),
        ("meetings.csv", "2010-12-15,", "15.12.2010,", "meetings.csv, row 2, column start_date: “15.12.2010”"),
        ("meetings.csv", "Vienna,AUT,", "Vienna,OST,", "meetings.csv, row 2, column country_iso3: “OST”"),
        ("meetings.csv", ",IRO meeting,", ",party,", "meetings.csv, row 2, column kind: “party”"),
        ("notes.json", "MTG-2010-001", "MTG-1910-001", "notes.json, MTG-1910-001: is no meeting of meetings.csv"),
        ("notes.json", '"CAP"', '"CAB"', "notes.json, MTG-2010-001, note: “CAB” is no known area"),
        ("notes.json", "2325/19", "2325/99", "“2325/99” is no known operative paragraph"),
        ("notes.json", '"kind"', '"sort"', "has unknown keys: sort"),
        ("notes.json", "{", "", "notes.json: is not valid JSON"),
    ],
)
def test_wrong_entry_is_told_with_its_place_and_nothing_is_written(folder, name, old, new, expected):
    spoil(folder, name, old, new)
    assert expected in refused(folder)


def test_all_problems_of_a_file_are_told_at_once(folder):
    spoil(folder, "states.csv", "\nAO,AGO,", "\nAO,AFG,")
    spoil(folder, "states.csv", "\nAL,ALB,", "\nA1,ALB,")
    told = refused(folder)
    assert "row 3, column iso3" in told
    assert "row 4, column iso2" in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("iso2,iso3\n", "the header lacks the columns m49"),
        ("code,code\n", "the header lacks the columns"),
    ],
)
def test_wrong_header_is_told(folder, text, expected):
    (folder / "states.csv").write_text(text)
    assert expected in refused(folder)


def test_row_with_a_missing_cell_is_told(folder):
    spoil(folder, "assistance_types.csv", "ADVI,", "")
    assert "assistance_types.csv, row 3: has 4 cells where the header has 5" in refused(folder)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"iso2,\xff\n", "is not UTF-8"), (b"iso2\0\n", "null character"), (b'iso2,"open\n', "not well-formed CSV")],
)
def test_broken_file_is_told(folder, content, expected):
    (folder / "states.csv").write_bytes(content)
    assert expected in refused(folder)


def test_folder_with_a_misspelt_file_is_refused(tmp_path):
    (tmp_path / "state.csv").write_text("")
    assert "files that are not known: state.csv" in refused(tmp_path)


def test_folder_that_is_not_there_is_refused(tmp_path):
    assert "is not a folder" in refused(tmp_path / "nowhere")


def test_file_missing_in_the_folder_comes_from_the_app(tmp_path):
    shutil.copy(FILES["states.csv"], tmp_path)
    load("--dir", str(tmp_path))
    assert Organization.objects.count() == 83


def test_corrected_row_is_updated_once(folder):
    load()
    spoil(folder, "organizations.csv", "International Atomic Energy Agency", "Agency of Atomic Energy")
    spoil(folder, "organization_members.csv", "\nEU,AUT,1,member", "\nEU,AUT,1,former")
    before = AuditEntry.objects.count()
    load("--dir", str(folder))
    iaea = Organization.objects.get(acronym="IAEA")
    assert (iaea.name, iaea.version) == ("Agency of Atomic Energy", 2)
    assert Membership.objects.get(organization__acronym="EU", iso3="AUT").status == Membership.Status.FORMER
    entries = list(AuditEntry.objects.order_by("pk")[before:])
    assert {(entry.action, entry.object_ref) for entry in entries} == {
        ("organization.updated", "IAEA"),
        ("organization.updated", "EU"),
    }
    assert entries[-1].before != entries[-1].after


def test_record_changed_in_the_portal_is_left_to_whoever_changed_it(expert):
    load()
    meeting = Meeting.objects.get(reference="MTG-2014-001")
    meeting_update(by=expert, meeting=meeting, values={"place": "Vienna, Hofburg"})
    report = load()
    meeting.refresh_from_db()
    assert meeting.place == "Vienna, Hofburg"
    assert "MTG-2014-001 was changed in the portal and stays as it is there" in report
