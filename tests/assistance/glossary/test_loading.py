"""The glossary in the database: loaded without loss, left alone where people edited it, read by the next run."""

from __future__ import annotations

import csv
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

import assistance.services.reference as vocabulary
from assistance.matching import DEFAULT_POLICY
from assistance.matching.text import words_of
from assistance.models import AssistanceRequest, GlossaryConcept, Match, MatchingPolicy, MatchingRun
from assistance.services.glossary import COLUMNS, GLOSSARY_FILE, glossary_changed, glossary_in_use, glossary_rows
from assistance.services.matching import carry_out, carry_out_waiting
from assistance.services.queueing import queue_matching
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from cooperation_portal.records.write import recorded
from tests.factories import GlossaryConceptFactory, OfferFactory, RequestFactory

pytestmark = pytest.mark.django_db


def load(*arguments: str) -> str:
    out = StringIO()
    call_command("load_reference", *arguments, stdout=out)
    return out.getvalue()


def with_changed_file(folder: Path, old: str, new: str) -> str:
    text = vocabulary.FILES["glossary.csv"].read_text(encoding="utf-8")
    assert old in text
    (folder / "glossary.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    return load("--dir", str(folder))


def subjects_in(text: str) -> set[str]:
    return {concept.name for concept, _hit in glossary_in_use().content(words_of(text))}


def test_the_file_comes_back_from_the_database_without_loss():
    load()
    out = StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(glossary_rows(with_retired=True))
    assert out.getvalue().encode() == GLOSSARY_FILE.read_bytes()


def test_every_loaded_concept_has_an_audit_entry_and_a_change_row():
    load()
    keys = set(GlossaryConcept.objects.values_list("pk", flat=True))
    for log in (AuditEntry, Change):
        assert set(log.objects.filter(object_type="glossary_concept").values_list("object_id", flat=True)) == keys


def test_a_changed_row_is_brought_in_and_told(tmp_path):
    load()
    with_changed_file(
        tmp_path, "\nbrokering,subject,BOR.BRK,,,broker*|", "\nbrokering,subject,BOR.BRK,,,go-between|broker*|"
    )
    concept = GlossaryConcept.objects.get(concept="brokering")
    assert concept.en[0] == "go-between"
    assert AuditEntry.objects.about(concept).first().action == "vocabulary.updated"


def test_a_concept_that_somebody_edited_stays_as_it_is_and_is_named(tmp_path, secretariat):
    load()
    concept = GlossaryConcept.objects.get(concept="brokering")
    with recorded(concept, by=secretariat, action="vocabulary.updated") as edited:
        edited.en = ["middleman"]
    report = with_changed_file(tmp_path, ",,,broker*|", ",,,go-between|broker*|")
    concept.refresh_from_db()
    assert concept.en == ["middleman"]
    assert "subject/brokering was changed in the portal and stays as it is there" in report


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("\nbrokering,subject,", "\nbrokering,topic,", "column kind: “topic” is not known"),
        (",BOR.BRK,", ",BOR.BRX,", "column areas: “BOR.BRX” is not in the list"),
        ("advice,form,,ADVI,", "advice,form,,,", "column types: Choose the types of assistance"),
        ("\nbrokering,", "\ncustoms,", "column concept: repeats row"),
        (",,,broker*|", ",,,broker*|broker*|", "column en: “broker*” stands there twice"),
        (",,,broker*|", ",,,b*|", "column en: “b*” would be found in almost every text"),
        (",,,broker*|", ",,,e.g. broker*|", "column en: “e.g. broker*” would never be found"),
        (",,,broker*|", ",,player,broker*|", "column code: “player” is not known here"),
        ("places,cue,,,places,", "places,cue,,,place,", "column code: “place” is not known here. Write one of: asks,"),
    ],
)
def test_a_wrong_row_is_told_with_its_place_and_nothing_is_written(tmp_path, old, new, expected):
    with pytest.raises(CommandError, match="Nothing was loaded") as caught:
        with_changed_file(tmp_path, old, new)
    assert "glossary.csv, row " in str(caught.value)
    assert expected in str(caught.value)
    assert not GlossaryConcept.objects.exists()


def test_words_that_change_while_requests_are_open_queue_a_run(tmp_path):
    load()
    assert not MatchingRun.objects.filter(cause="words").exists()
    RequestFactory()
    load()
    assert not MatchingRun.objects.filter(cause="words").exists()
    with_changed_file(tmp_path, ",,,broker*|", ",,,go-between|broker*|")
    assert MatchingRun.objects.filter(cause="words", status="queued").count() == 1
    assert AssistanceRequest.objects.open().count() == 1


def test_before_anything_is_loaded_the_words_of_the_file_are_used():
    assert "customs" in subjects_in("Training of customs officers")


def test_an_edit_is_seen_at_once_and_unchanged_words_are_read_once(secretariat):
    concept = GlossaryConceptFactory(concept="beekeeping", areas=["BIO.LAB"], en=["beekeep*"])
    assert subjects_in("Training of beekeepers and apiarists") == {"beekeeping"}
    with CaptureQueriesContext(connection) as captured:
        assert glossary_in_use() is glossary_in_use()
    assert len(captured) == 2
    with recorded(concept, by=secretariat, action="vocabulary.updated") as edited:
        edited.en = ["apiar*"]
    assert subjects_in("Training of apiarists") == {"beekeeping"}
    assert subjects_in("Training of beekeepers") == set()


def test_a_retired_concept_is_not_looked_for():
    GlossaryConceptFactory(concept="beekeeping", areas=["BIO.LAB"], en=["beekeep*"], is_retired=True)
    assert subjects_in("Training of beekeepers") == set()
    assert list(glossary_rows()) == []


def test_a_run_after_an_edit_reads_the_texts_with_the_new_words(cicte, peru, secretariat):
    MatchingPolicy.objects.create(**DEFAULT_POLICY.as_dict() | {"version": 1})
    concept = GlossaryConceptFactory(kind="cue", concept="closed", areas=[], code="ended", en=["door is locked"])
    RequestFactory(state=peru)
    OfferFactory(organization=cicte, summary="Courses for laboratory staff. The hive is shut.")
    carry_out(queue_matching(cause=MatchingRun.Cause.DEMAND).pk)
    assert Match.objects.get().status == "suggested"
    with recorded(concept, by=secretariat, action="vocabulary.updated") as edited:
        edited.en = ["hive is shut"]
    glossary_changed()
    assert carry_out_waiting() == 1
    match = Match.objects.get()
    assert (match.status, match.superseded_because) == ("superseded", "open_by_text")


def test_the_folder_of_the_caller_may_bring_a_glossary_of_its_own(tmp_path):
    shutil.copy(GLOSSARY_FILE, tmp_path)
    load("--dir", str(tmp_path))
    assert GlossaryConcept.objects.exists()
