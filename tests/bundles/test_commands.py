"""What the commands say, and what they leave in the folder, the database and the history."""

from __future__ import annotations

import json
import stat
from io import StringIO

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.bundles import importing
from cooperation_portal.bundles.catalogue import record_files
from cooperation_portal.bundles.exporting import one_moment
from cooperation_portal.changes.models import Change
from cooperation_portal.records.models import Record
from meetings.models import Document
from organizations.models import Organization, State
from tests import factories as make

from .conftest import bring_in, contents, empty_portal, export, held, refusal


def test_only_the_owner_reads_what_was_exported(everything, tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir(mode=0o755)
    export(folder)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


def test_the_export_says_that_it_is_confidential(everything, tmp_path):
    told, warned = StringIO(), StringIO()
    call_command("export_bundle", str(tmp_path / "bundle"), stdout=told, stderr=warned)
    assert "1 files of documents" in told.getvalue()
    assert "confidential" in warned.getvalue()
    assert "confidential" in json.loads((tmp_path / "bundle" / "manifest.json").read_text())["notice"]


def test_a_folder_with_something_in_it_is_left_alone(everything, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CommandError, match="is not empty"):
        export(tmp_path)
    assert contents(tmp_path) == {"mine.txt": b"mine"}


def test_a_document_whose_file_is_lost_stops_the_export(everything, tmp_path):
    document = Document.objects.get()
    document.file.storage.delete(document.file.name)
    with pytest.raises(CommandError, match=f"{document.ref}: its file .* is not in the portal's media folder"):
        export(tmp_path / "bundle")
    assert contents(tmp_path / "bundle") == {}


def test_a_dry_run_tells_everything_and_writes_nothing(bundle):
    before = default_storage.listdir("documents")
    told = bring_in(bundle, "--dry-run")
    assert "offer: 2" in told
    assert "records would be added. Nothing was changed." in told
    assert held() == 0
    assert default_storage.listdir("documents") == before
    assert "records added" in bring_in(bundle)


def test_a_dry_run_draws_no_ids_of_records(bundle):
    bring_in(bundle, "--dry-run")
    assert make.StateFactory().pk == 1


def test_the_same_bundle_a_second_time_changes_nothing(bundle):
    bring_in(bundle)
    count = held()
    assert "holds exactly these records already" in bring_in(bundle)
    assert held() == count
    assert AuditEntry.objects.filter(action="bundle.imported").count() == 1


def test_a_portal_with_other_records_is_refused(bundle):
    make.AreaFactory(code="OTH")
    told = refusal(bundle)
    assert "This portal is not empty: it holds areas." in told
    assert "Nothing was changed." in told
    assert held() == 1


def test_a_portal_that_changed_since_is_refused(bundle):
    bring_in(bundle)
    Organization.objects.filter(acronym="OAS").update(name="Another name")
    assert "This portal is not empty" in refusal(bundle)
    assert Organization.objects.get(acronym="OAS").name == "Another name"


def test_mirrors_learn_of_every_record_parents_first(bundle):
    bring_in(bundle)
    told = set(Change.objects.values_list("object_type", "object_id", "object_ref", "object_version"))
    for one in record_files():
        if issubclass(one.model, Record):
            records = one.model._base_manager.all()
            assert {(one.record_type, record.pk, record.ref, record.version) for record in records} <= told
    first = {kind: Change.objects.filter(object_type=kind).earliest("pk").pk for kind in ("state", "offer", "match")}
    assert first["state"] < first["offer"] < first["match"]


def test_the_history_has_one_entry_for_the_import(bundle):
    bring_in(bundle)
    entry = AuditEntry.objects.get(action="bundle.imported")
    assert (entry.actor_kind, entry.source, entry.object_type) == ("system", "command", "bundle")
    assert entry.after["records"]["offer"] == 2


def test_what_people_changed_is_not_overwritten_by_reference_data_after_a_move(db, tmp_path):
    call_command("load_reference", verbosity=0)
    state, other = State.objects.filter(iso3__in=("PER", "URY")).order_by("iso3")
    State.objects.filter(pk__in=(state.pk, other.pk)).update(note="Changed")
    AuditEntry.objects.create(
        actor_kind="user", actor_label="A person", action="state.updated", object_type="state", object_id=state.pk
    )
    export(tmp_path / "bundle")
    empty_portal()
    bring_in(tmp_path / "bundle")
    call_command("load_reference", verbosity=0)
    state.refresh_from_db()
    other.refresh_from_db()
    assert (state.note, other.note) == ("Changed", "")


def test_files_of_documents_are_taken_back_with_the_records(bundle, monkeypatch):
    before = default_storage.listdir("documents")
    put = importing.Uploads.put

    def put_and_fail(uploads):
        put(uploads)
        raise KeyboardInterrupt

    monkeypatch.setattr(importing.Uploads, "put", put_and_fail)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        bring_in(bundle)
    assert default_storage.listdir("documents") == before
    assert held() == 0


@pytest.mark.django_db(transaction=True)
def test_an_export_sees_one_moment():
    with one_moment(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')")
        assert cursor.fetchone() == ("repeatable read", "on")
