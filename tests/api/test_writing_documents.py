"""An IRO's key posts documents for meetings in which it takes part, describes them anew, removes and fetches them."""

from __future__ import annotations

import hashlib

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from meetings.models import Document
from tests.factories import DocumentFactory, MeetingFactory, OfferFactory, ParticipationFactory
from tests.meetings.samples import HTML, PDF, PROGRAM

pytestmark = pytest.mark.django_db

DOCUMENTS = "/api/v1/documents/"


def kept_files() -> set[str]:
    """Names of the files in the storage, which all tests share."""
    return set(default_storage.listdir("documents")[1]) if default_storage.exists("documents") else set()


@pytest.fixture
def meeting(cicte):
    """A public meeting in which CICTE takes part."""
    found = MeetingFactory(reference="MTG-2026-0001", visibility="public")
    ParticipationFactory(meeting=found, organization=cicte)
    return found


def form(in_meeting, **values):
    file = SimpleUploadedFile("Paper é.pdf", PDF, content_type="text/html")
    return {"meeting": in_meeting.reference, "title": "Example paper", "file": file} | values


def post(caller, values, **headers):
    """Send a form; header names are given with underscores."""
    return caller.generic(
        "POST",
        DOCUMENTS,
        encode_multipart(BOUNDARY, values),
        content_type=MULTIPART_CONTENT,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def pointers(answer):
    assert answer.status_code == 400, answer.content
    return {(entry["pointer"], entry["code"]) for entry in answer.json()["errors"]}


def tag_of(caller, pk) -> str:
    return caller.get(f"{DOCUMENTS}{pk}/").headers["ETag"]


def fetch(caller, pk, **headers):
    return caller.get(
        f"{DOCUMENTS}{pk}/file/", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def test_what_is_posted_is_kept_and_fetched_byte_for_byte(writer, meeting):
    answer = post(writer, form(meeting, visibility="network"))
    assert answer.status_code == 201
    made = answer.json()
    expected = {
        "meeting": "MTG-2026-0001",
        "organization": "CICTE",
        "title": "Example paper",
        "visibility": "network",
        "file_name": "Paper é.pdf",
        "content_type": "application/pdf",
        "size": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "file_url": f"{made['url']}file/",
    }
    assert {name: made[name] for name in expected} == expected
    assert writer.get(answer.headers["Location"]).json() == made
    assert b"".join(fetch(writer, made["id"]).streaming_content) == PDF
    entry = AuditEntry.objects.get(action="document.created")
    assert (entry.actor_kind, entry.actor_id, entry.source) == ("api_key", writer.key.pk, "api")
    assert Change.objects.filter(object_type="document", op="upsert").count() == 1


def test_a_file_that_waits_on_the_disk_is_let_go_of(writer, meeting, settings):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0
    opened = []
    made = TemporaryUploadedFile.__init__

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TemporaryUploadedFile, "__init__", lambda self, *args: opened.append(self) or made(self, *args))
        answers = [post(writer, form(meeting)), post(writer, form(meeting, title="a\x00b"))]
    assert [answer.status_code for answer in answers] == [201, 400]
    assert [file.closed for file in opened] == [True, True]


def test_participants_read_it_if_nothing_else_is_said(writer, stranger, meeting):
    made = post(writer, form(meeting)).json()
    assert made["visibility"] == "participants"
    assert fetch(stranger, made["id"]).status_code == stranger.get(f"{DOCUMENTS}{made['id']}/").status_code == 404


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": ""}, ("/title", "blank")),
        ({"title": "x" * 201}, ("/title", "max_length")),
        ({"title": "a\x00b"}, ("/title", "nul")),
        ({"visibility": "secret"}, ("/visibility", "invalid_choice")),
        ({"meeting": "MTG-2026-9999"}, ("/meeting", "unknown_key")),
        ({"file": "no file"}, ("/file", "wrong_type")),
        ({"file": SimpleUploadedFile("a.pdf", HTML)}, ("/file", "invalid")),
        ({"file": SimpleUploadedFile("a.exe", PROGRAM)}, ("/file", "invalid")),
        ({"file": SimpleUploadedFile("a.pdf", b"")}, ("/file", "invalid")),
        ({"size": "1"}, ("/size", "read_only")),
        ({"sha256": "0"}, ("/sha256", "read_only")),
        ({"state": "PER"}, ("/state", "read_only")),
        ({"nonsense": "1"}, ("/nonsense", "unknown_field")),
    ],
)
def test_mistakes_are_pointed_at_and_nothing_is_kept(change, expected, writer, meeting):
    before = kept_files()
    assert expected in pointers(post(writer, form(meeting, **change)))
    assert not Document.objects.exists()
    assert kept_files() == before


def test_text_that_is_no_utf_8_is_refused(writer, meeting):
    body = encode_multipart(BOUNDARY, form(meeting, title="MARK")).replace(b"MARK", b"\xff\xfe")
    answer = writer.generic("POST", DOCUMENTS, body, content_type=MULTIPART_CONTENT)
    assert pointers(answer) == {("/title", "not_utf8")}


def test_meeting_title_and_file_are_needed(writer):
    assert pointers(post(writer, {"visibility": "public"})) == {
        ("/meeting", "required"),
        ("/title", "required"),
        ("/file", "required"),
    }


def test_a_hidden_meeting_is_answered_like_one_that_is_not_there(writer, meeting):
    hidden = MeetingFactory(reference="MTG-2026-0002", visibility="committee")
    first, second = (post(writer, form(meeting, meeting=ref)) for ref in (hidden.reference, "MTG-2026-9999"))
    assert first.content == second.content


@pytest.mark.parametrize("name", ["STRANGER", "NOBODY"])
def test_nothing_is_posted_for_others(name, writer, stranger, meeting):
    assert post(writer, form(meeting, organization=name)).status_code == 403
    assert post(stranger, form(meeting)).status_code == 403
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("body", "content_type", "status", "kind"),
    [
        (b'{"title": "a"}', "application/json", 415, "unsupported-media-type"),
        (b"title=a", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b"--x\r\n", "multipart/form-data", 400, "malformed-body"),
        (b"", MULTIPART_CONTENT, 400, "invalid-request"),
        (
            encode_multipart(BOUNDARY, {"title": ["One", "Two"]}),
            MULTIPART_CONTENT,
            400,
            "malformed-body",
        ),
    ],
)
def test_bodies_that_are_no_form_are_refused(body, content_type, status, kind, writer):
    answer = writer.generic("POST", DOCUMENTS, body, content_type=content_type)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/api/v1/problems/{kind}/")


def test_too_large_a_file_is_refused_unread(writer, meeting, settings):
    settings.DOCUMENT_MAX_BYTES = 10
    assert pointers(post(writer, form(meeting))) == {("/file", "invalid")}
    settings.DOCUMENT_MAX_BYTES = -1_000_000
    assert post(writer, form(meeting)).status_code == 413


def test_a_repeat_under_the_same_key_posts_once(writer, meeting):
    first, again = (post(writer, form(meeting), Idempotency_Key="paper-1") for _turn in range(2))
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    other_file = form(meeting, file=SimpleUploadedFile("Paper é.pdf", PDF + b"x"))
    assert post(writer, other_file, Idempotency_Key="paper-1").status_code == 422
    assert Document.objects.count() == 1


@pytest.fixture
def own(cicte, meeting):
    return DocumentFactory(meeting=meeting, organization=cicte, title="Old title", visibility="network")


def change(caller, document, body, **headers):
    return caller.send("PATCH", f"{DOCUMENTS}{document.pk}/", body, **headers)


def test_title_and_readers_change_and_the_file_does_not(writer, own, stranger):
    assert change(writer, own, {"title": "New"}).status_code == 428
    tag = tag_of(writer, own.pk)
    answer = change(writer, own, {"title": "New", "visibility": "committee"}, If_Match=tag)
    assert (answer.status_code, answer.json()["title"]) == (200, "New")
    assert stranger.get(f"{DOCUMENTS}{own.pk}/").status_code == 404
    assert change(writer, own, {"title": "Again"}, If_Match=tag).status_code == 412
    for name in ("file", "meeting", "organization", "file_name", "sha256", "file_url"):
        assert pointers(change(writer, own, {name: "x"}, If_Match="*")) == {(f"/{name}", "read_only")}
    assert AuditEntry.objects.get(action="document.updated").after == {"title": "New", "visibility": "committee"}


def test_a_removed_document_is_gone_with_its_file(writer, stranger, own, django_capture_on_commit_callbacks):
    assert default_storage.exists(own.file.name)
    path, tag = f"{DOCUMENTS}{own.pk}/", tag_of(writer, own.pk)
    assert stranger.send("DELETE", path, If_Match="*").status_code == 403
    assert writer.send("DELETE", path).status_code == 428
    assert writer.send("DELETE", path, If_Match='"1-0"').status_code == 412
    with django_capture_on_commit_callbacks(execute=True):
        answer = writer.send("DELETE", path, If_Match=tag)
    assert (answer.status_code, answer.content) == (204, b"")
    assert not default_storage.exists(own.file.name)
    assert Change.objects.filter(object_type="document", object_id=own.pk, op="remove").count() == 1
    assert writer.send("DELETE", path, If_Match=tag).status_code == 404
    assert fetch(writer, own.pk).status_code == 404


def test_a_removal_takes_no_body_and_no_parameters(writer, own):
    path, tag = f"{DOCUMENTS}{own.pk}/", tag_of(writer, own.pk)
    assert pointers(writer.send("DELETE", path, {"reason": "x"}, If_Match=tag)) == {("", "unexpected_body")}
    assert pointers(writer.send("DELETE", f"{path}?force=1", If_Match=tag)) == {("?force", "unknown_parameter")}
    assert Document.objects.filter(pk=own.pk).exists()


def test_a_draft_offer_is_thrown_away_and_a_published_one_is_not(writer, cicte):
    draft, published = OfferFactory(organization=cicte, status="draft"), OfferFactory(organization=cicte)
    for offer, status in ((draft, 204), (published, 409)):
        path = f"/api/v1/offers/{offer.pk}/"
        assert writer.send("DELETE", path).status_code == 428
        assert writer.send("DELETE", path, If_Match='"1-0"').status_code == 412
        assert writer.send("DELETE", path, If_Match=writer.get(path).headers["ETag"]).status_code == status
    assert AuditEntry.objects.filter(action="offer.discarded").count() == 1
    assert Change.objects.filter(object_type="offer", object_id=draft.pk, op="remove").count() == 1


def test_a_file_is_sent_so_that_no_browser_runs_it(visitor, meeting):
    name = 'a"b\r\nX-Evil: 1.pdf'
    document = DocumentFactory(meeting=meeting, visibility="public", file_name=name, content_type="text/html")
    answer = fetch(visitor, document.pk)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "X-Evil" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_file_is_sent_again_only_if_it_is_another(visitor, meeting):
    document = DocumentFactory(meeting=meeting, visibility="public")
    answer = fetch(visitor, document.pk, Accept="application/pdf")
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 example"
    assert answer.headers["ETag"] == f'"{document.sha256}"'
    again = fetch(visitor, document.pk, If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    Document.objects.filter(pk=document.pk).update(visibility="committee")
    assert fetch(visitor, document.pk, If_None_Match=answer.headers["ETag"]).status_code == 404


def test_a_file_goes_to_those_who_read_its_record(visitor, reader, stranger, meeting):
    for level, readers in (
        ("public", {visitor, reader, stranger}),
        ("network", {reader, stranger}),
        ("participants", {reader}),
        ("committee", set()),
    ):
        document = DocumentFactory(meeting=meeting, visibility=level)
        for caller in (visitor, reader, stranger):
            record, file = caller.get(f"{DOCUMENTS}{document.pk}/"), fetch(caller, document.pk)
            assert record.status_code == file.status_code == (200 if caller in readers else 404), level
            if file.status_code == 404:
                assert {**file.json(), "instance": ""} == {**record.json(), "instance": ""}


def test_a_file_that_the_storage_lost_is_404_and_logged(visitor, meeting, caplog):
    document = DocumentFactory(meeting=meeting, visibility="public")
    document.file.storage.delete(document.file.name)
    assert fetch(visitor, document.pk).status_code == 404
    assert "missing from the storage" in caplog.text
