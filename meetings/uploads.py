"""What may be uploaded: a few kinds of documents, recognized by what they contain, never by what they are called."""

from __future__ import annotations

import hashlib
import logging
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

import puremagic
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from .models import Document

logger = logging.getLogger(__name__)

#: What is sent along with a file: browsers keep it, show nothing of it here and run nothing in it.
FILE_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
#: As many characters as `Document.file_name` holds.
LONGEST_NAME = 200
#: How much of a file its kind is recognized by.
HEAD_BYTES = 4096
_CHUNK = 64 * 1024
#: No honest document has more parts; listing them costs time.
MOST_PARTS = 5000


@dataclass(frozen=True)
class Kind:
    """A kind of file: the type it is sent as, and whether a file is of it."""

    content_type: str
    is_it: Callable[[IO[bytes], bytes], bool]


@dataclass(frozen=True)
class CheckedFile:
    """An upload that may be kept; `name` is what readers get it back as."""

    name: str
    content_type: str
    size: int
    sha256: str


def check_upload(file: UploadedFile) -> CheckedFile:
    """Check size, kind and content; raise `ValidationError` on the field `file`."""
    limit = settings.DOCUMENT_MAX_BYTES
    if (file.size or 0) > limit:
        raise _refused(
            _("The file is %(size)s; at most %(limit)s can be posted. Make it smaller or split it.")
            % {"size": filesizeformat(file.size or 0), "limit": filesizeformat(limit)}
        )
    name = safe_name(file.name or "")
    extension = PurePosixPath(name).suffix.lower()
    kind = KINDS.get(extension)
    if kind is None:
        raise _refused(
            _("Files of this kind cannot be posted. Use one of: %(kinds)s.") % {"kinds": ", ".join(ALLOWED_EXTENSIONS)}
        )
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    if not size:
        raise _refused(_("The file is empty. Choose another."))
    file.seek(0)
    head = file.read(HEAD_BYTES)
    file.seek(0)
    is_it = kind.is_it(file, head)
    file.seek(0)
    if not is_it:
        raise _refused(
            _("What the file contains is not what its name says (%(extension)s). Save it again in the right format.")
            % {"extension": extension}
        )
    return CheckedFile(name, kind.content_type, size, digest.hexdigest())


def open_file(document: Document) -> File:
    """The file of a document that the caller may read; 404 and a line in the log where the storage has lost it."""
    try:
        return document.file.open("rb")
    except FileNotFoundError:
        logger.exception("The file of document %s is missing from the storage. Restore it from a backup.", document.pk)
        raise Http404 from None


def safe_name(name: str) -> str:
    """A file name without folders, invisible characters and leading points, short enough to keep its extension."""
    base = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    # Cc: control characters; Cf: such as the mark that turns the direction of writing and hides an extension.
    visible = "".join(letter for letter in base if unicodedata.category(letter) not in {"Cc", "Cf", "Cs"})
    visible = " ".join(visible.split()).strip(". ")
    path = PurePosixPath(visible)
    return f"{path.stem[: LONGEST_NAME - len(path.suffix)]}{path.suffix}" if visible else ""


def _refused(sentence: str) -> ValidationError:
    return ValidationError({"file": sentence})


def _by_signature(*extensions: str) -> Callable[[IO[bytes], bytes], bool]:
    """Recognized by puremagic as one of `extensions`, before anything else it could be."""

    def is_it(_file: IO[bytes], head: bytes) -> bool:
        try:
            return puremagic.from_string(head) in extensions
        except puremagic.PureError:
            return False

    return is_it


def _is_pdf(file: IO[bytes], head: bytes) -> bool:
    """Begins as a PDF: readers also accept a mark later on, behind which another format can hide."""
    return head.startswith(b"%PDF-") and _by_signature(".pdf")(file, head)


def _office(main_part: str) -> Callable[[IO[bytes], bytes], bool]:
    """An Office Open XML file with its main part and without macros."""

    def is_it(file: IO[bytes], head: bytes) -> bool:
        names = _parts(file, head)
        has_macros = any(name.lower().endswith("vbaproject.bin") for name in names)
        return {"[Content_Types].xml", main_part} <= names and not has_macros

    return is_it


def _open_document(content_type: str) -> Callable[[IO[bytes], bytes], bool]:
    """An OpenDocument file: its first part names its type, uncompressed (OpenDocument 1.3, part 2, 3.3)."""

    def is_it(file: IO[bytes], head: bytes) -> bool:
        names = _parts(file, head)
        has_macros = any(name.startswith(("Basic/", "Scripts/")) for name in names)
        return "content.xml" in names and not has_macros and head[30:].startswith(b"mimetype" + content_type.encode())

    return is_it


def _parts(file: IO[bytes], head: bytes) -> set[str]:
    """Names of the parts of a zip archive, of which nothing is unpacked; nothing if it is none."""
    if not head.startswith(b"PK\x03\x04"):
        return set()
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return set()
    return set(names) if len(names) <= MOST_PARTS else set()


def _is_text(file: IO[bytes], head: bytes) -> bool:
    """UTF-8 without control characters, and no page or script: those are not documents to post."""
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    if any(ord(letter) < 32 and letter not in "\t\n\r\f" for letter in text):
        return False
    start = text.lstrip()[:1000].lower()
    return not start.startswith(("<!doctype", "<html", "<?xml", "<svg", "<script", "#!"))


_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
KINDS: dict[str, Kind] = {
    ".pdf": Kind("application/pdf", _is_pdf),
    ".docx": Kind(f"{_OOXML}wordprocessingml.document", _office("word/document.xml")),
    ".xlsx": Kind(f"{_OOXML}spreadsheetml.sheet", _office("xl/workbook.xml")),
    ".pptx": Kind(f"{_OOXML}presentationml.presentation", _office("ppt/presentation.xml")),
    ".odt": Kind(f"{_ODF}text", _open_document(f"{_ODF}text")),
    ".ods": Kind(f"{_ODF}spreadsheet", _open_document(f"{_ODF}spreadsheet")),
    ".odp": Kind(f"{_ODF}presentation", _open_document(f"{_ODF}presentation")),
    ".txt": Kind("text/plain; charset=utf-8", _is_text),
    ".csv": Kind("text/csv; charset=utf-8", _is_text),
    ".png": Kind("image/png", _by_signature(".png")),
    ".jpg": Kind("image/jpeg", _by_signature(".jpg", ".jpeg", ".jfif", ".jpe")),
    ".jpeg": Kind("image/jpeg", _by_signature(".jpg", ".jpeg", ".jfif", ".jpe")),
}
ALLOWED_EXTENSIONS = tuple(KINDS)
