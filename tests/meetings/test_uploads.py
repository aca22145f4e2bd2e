"""What may be uploaded is told by content, never by name."""

from __future__ import annotations

import hashlib

import pytest
from django.core.exceptions import ValidationError

from meetings.uploads import ALLOWED_EXTENSIONS, check_upload, safe_name
from tests.meetings.samples import HTML, JPEG, PDF, PNG, PROGRAM, SVG, archive, office, open_document, upload

GOOD = {
    "paper.pdf": PDF,
    "paper.docx": office("word/document.xml"),
    "table.xlsx": office("xl/workbook.xml"),
    "talk.pptx": office("ppt/presentation.xml"),
    "paper.odt": open_document("text"),
    "table.ods": open_document("spreadsheet"),
    "talk.odp": open_document("presentation"),
    "notes.txt": "Où aller ? Куда?".encode(),
    "table.csv": b"State,programme\nPeru,1\n",
    "plan.png": PNG,
    "photo.jpg": JPEG,
    "photo.jpeg": JPEG,
}


def test_every_allowed_kind_has_a_sample_that_passes():
    assert {f".{name.rsplit('.', 1)[1]}" for name in GOOD} == set(ALLOWED_EXTENSIONS)
    for name, content in GOOD.items():
        checked = check_upload(upload(name, content, "text/html"))
        assert (checked.name, checked.size) == (name, len(content))
        assert checked.sha256 == hashlib.sha256(content).hexdigest()
        assert "html" not in checked.content_type


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.pdf", HTML),
        ("page.pdf", b"<html>%PDF-1.7</html>"),
        ("page.pdf", b"GIF89a%PDF-1.7"),
        ("drawing.png", SVG),
        ("program.pdf", PROGRAM),
        ("program.docx", PROGRAM),
        ("page.docx", HTML),
        ("archive.docx", archive(("anything.txt", b""))),
        ("table.docx", office("xl/workbook.xml")),
        ("macros.docx", office("word/document.xml", ("word/vbaProject.bin", b"x"))),
        ("macros.xlsx", office("xl/workbook.xml", ("xl/VBAPROJECT.BIN", b"x"))),
        ("table.odt", open_document("spreadsheet")),
        ("cut.docx", office("word/document.xml")[:60]),
        ("page.txt", HTML),
        ("page.txt", b"\xef\xbb\xbf  <HTML>"),
        ("drawing.csv", SVG),
        ("script.txt", b"#!/bin/sh\nrm -r /\n"),
        ("binary.txt", b"text\0text"),
        ("latin.txt", "é".encode("latin-1")),
        ("picture.jpg", PNG),
        ("paper.pdf", office("word/document.xml")),
    ],
    # An archive made here carries the time of its making: names come from the row, not from its bytes.
    ids=lambda value: value if isinstance(value, str) else "content",
)
def test_content_that_is_not_what_the_name_says_is_refused(name, content):
    with pytest.raises(ValidationError) as caught:
        check_upload(upload(name, content, "application/pdf"))
    assert "file" in caught.value.message_dict


@pytest.mark.parametrize(
    "name", ["page.html", "drawing.svg", "run.exe", "paper.pdf.exe", "old.doc", "macros.docm", "all.zip", "pdf", ""]
)
def test_kinds_that_are_not_listed_are_refused(name):
    file = upload("x.pdf", PDF)
    file._name = name
    with pytest.raises(ValidationError):
        check_upload(file)


def test_empty_file_is_refused():
    with pytest.raises(ValidationError, match="empty"):
        check_upload(upload("paper.pdf", b""))


def test_file_over_the_limit_is_refused_before_it_is_read(settings):
    settings.DOCUMENT_MAX_BYTES = 10
    with pytest.raises(ValidationError, match="at most"):
        check_upload(upload("paper.pdf", PDF))


def test_archive_with_too_many_parts_is_refused():
    crowd = [(f"part{number}", b"") for number in range(5001)]
    with pytest.raises(ValidationError):
        check_upload(upload("paper.docx", office("word/document.xml", *crowd)))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("paper.pdf", "paper.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\someone\\paper.pdf", "paper.pdf"),
        ("/absolute/paper.pdf", "paper.pdf"),
        (".hidden.pdf", "hidden.pdf"),
        ("annex\u202efdp.exe", "annexfdp.exe"),
        ("line\r\nbreak.pdf", "linebreak.pdf"),
        ("zero\u200bwidth.pdf", "zerowidth.pdf"),
        ("  spaced   out .pdf", "spaced out .pdf"),
        ("…", "…"),
        ("..", ""),
        ("تقرير.pdf", "تقرير.pdf"),
        ("e\u0301tude.pdf", "étude.pdf"),
        ("a" * 300 + ".pdf", "a" * 196 + ".pdf"),
    ],
)
def test_names_lose_folders_and_what_cannot_be_seen(given, kept):
    assert safe_name(given) == kept
