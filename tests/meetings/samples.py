"""Small files of each kind, and files that pretend to be one."""

from __future__ import annotations

import io
import zipfile

from django.core.files.uploadedfile import SimpleUploadedFile

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\0" * 32
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + b"\0" * 32
HTML = b"<!doctype html><html><script>alert(document.cookie)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
PROGRAM = b"MZ\x90\x00\x03" + b"\0" * 64


def archive(*parts: tuple[str, bytes]) -> bytes:
    """A zip archive of (name, content), the parts not compressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in parts:
            packed.writestr(name, content)
    return buffer.getvalue()


def office(main_part: str, *more: tuple[str, bytes]) -> bytes:
    return archive(("[Content_Types].xml", b"<Types/>"), (main_part, b"<document/>"), *more)


def open_document(kind: str) -> bytes:
    return archive(
        ("mimetype", f"application/vnd.oasis.opendocument.{kind}".encode()), ("content.xml", b"<office:document/>")
    )


def upload(name: str, content: bytes, content_type: str = "application/octet-stream") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=content_type)
