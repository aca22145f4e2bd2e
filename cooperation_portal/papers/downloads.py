"""Answers a request with a paper as a file."""

from __future__ import annotations

from django.http import HttpResponse

from .document import Paper
from .pdf import pdf_of
from .word import word_of

PDF, WORD = "pdf", "docx"
WRITERS = {
    PDF: (pdf_of, "application/pdf"),
    WORD: (word_of, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
}


def paper_response(paper: Paper, kind: str, file_name: str) -> HttpResponse:
    """The paper as `kind` (`PDF` or `WORD`); `file_name` is plain ASCII without an ending."""
    write, content_type = WRITERS[kind]
    response = HttpResponse(write(paper), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{file_name}.{kind}"'
    response["Cache-Control"] = "private, no-store"
    return response
