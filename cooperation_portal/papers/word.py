"""Writes a paper as a Word file (DOCX) with real headings, tables with header rows, title and language."""

from __future__ import annotations

import io
from datetime import UTC, datetime, time
from typing import Any

import docx
from django.conf import settings
from django.utils.translation import gettext as _
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from .document import Field, Link, Paper, Table, Text, printed, reads_from_right

PAGE_WIDTH, MARGIN = Mm(210), Mm(20)
#: What Word keeps in the title of the file.
TITLE_MAX_LENGTH = 255


def word_of(paper: Paper) -> bytes:
    """The paper as DOCX."""
    document = docx.Document()
    _set_up(document, paper)
    document.add_heading("", level=0)
    _write(document.paragraphs[-1], paper.title)
    _write(document.add_paragraph(style="Subtitle"), paper.subtitle)
    for label, value in paper.facts:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(2)
        _write(paragraph, f"{label}: ", bold=True)
        _write(paragraph, value)
    for section in paper.sections:
        _write(document.add_heading("", level=1), section.title)
        for block in section.blocks:
            if isinstance(block, Table):
                _add_table(document, block)
            else:
                _add_text(document, block)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _set_up(document: Any, paper: Paper) -> None:
    language = paper.language
    about = document.core_properties
    about.title = paper.full_title[:TITLE_MAX_LENGTH]
    about.subject = printed(paper.subtitle)[:TITLE_MAX_LENGTH]
    about.author = about.last_modified_by = str(_("1540 Cooperation Network"))
    about.keywords = printed(paper.marking)[:TITLE_MAX_LENGTH]
    about.comments = ""
    about.language = language
    about.created = about.modified = datetime.combine(paper.made_on, time(), UTC)
    for tag in document.styles.element.iter(qn("w:lang")):
        tag.set(qn("w:val"), language)
    document.styles["Normal"].font.size = Pt(10.5)
    page = document.sections[0]
    page.page_width, page.page_height = PAGE_WIDTH, Mm(297)
    page.left_margin = page.right_margin = MARGIN
    page.top_margin = page.bottom_margin = Mm(22)
    _write(page.header.paragraphs[0], paper.marking, bold=True)
    _number_pages(page.footer.paragraphs[0])


def _number_pages(paragraph: Any) -> None:
    """ "Page x of y", counted by Word."""
    before, _page, rest = _("Page {page} of {pages}").partition("{page}")
    between, _pages, after = rest.partition("{pages}")
    for text, instruction in ((before, "PAGE"), (between, "NUMPAGES"), (after, "")):
        if text:
            paragraph.add_run(text)
        if instruction:
            _add_field(paragraph, instruction)


def _add_field(paragraph: Any, instruction: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), instruction)
    run, shown = OxmlElement("w:r"), OxmlElement("w:t")
    shown.text = "1"
    run.append(shown)
    field.append(run)
    paragraph._p.append(field)


def _add_text(document: Any, block: Text) -> None:
    run = _write(document.add_paragraph(), block.text)
    if block.is_quiet:
        run.font.size = Pt(9)


def _add_table(document: Any, block: Table) -> None:
    caption = document.add_paragraph(style="Caption")
    caption.paragraph_format.keep_with_next = True
    _write(caption, block.caption)
    table = document.add_table(rows=1, cols=len(block.header), style="Table Grid")
    table.autofit = False
    _describe(table, block.caption)
    room = PAGE_WIDTH - 2 * MARGIN
    widths = [int(room * share / sum(block.shares)) for share in block.shares]
    _fill(table.rows[0], block.header, block, widths, bold=True)
    _repeat(table.rows[0])
    for fields in block.rows:
        row = table.add_row()
        _keep_whole(row)
        _fill(row, fields, block, widths)
    document.add_paragraph()


def _fill(row: Any, fields: Any, block: Table, widths: list[int], *, bold: bool = False) -> None:
    for column, (cell, field, width) in enumerate(zip(row.cells, fields, widths, strict=True)):
        cell.width = width
        paragraph = cell.paragraphs[0]
        if column in block.numbers:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        run = _write(paragraph, field, bold=bold)
        run.font.size = Pt(9)


def _write(paragraph: Any, field: Field, *, bold: bool = False) -> Any:
    """Add a field as a run; from right to left where it begins so."""
    url = field.url if isinstance(field, Link) else ""
    typed = str(field.text if isinstance(field, Link) else field)
    text = printed(typed)
    # A label keeps the space that parts it from what follows.
    run = paragraph.add_run(text + " " if typed.endswith(": ") else text)
    run.bold = bold or None
    if reads_from_right(text):
        run.font.rtl = True
        properties = paragraph._p.get_or_add_pPr()
        if properties.find(qn("w:bidi")) is None and not bold:
            properties.append(OxmlElement("w:bidi"))
    if url:
        _lead(paragraph, run, f"{settings.SITE_URL}{url}" if url.startswith("/") else url)
    return run


def _lead(paragraph: Any, run: Any, url: str) -> None:
    """Make a run a link."""
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run.font.underline = True
    link.append(run._r)
    paragraph._p.append(link)


def _describe(table: Any, caption: str) -> None:
    title = OxmlElement("w:tblCaption")
    title.set(qn("w:val"), printed(caption)[:TITLE_MAX_LENGTH])
    table._tbl.tblPr.append(title)


def _repeat(row: Any) -> None:
    """A header row, repeated on every page and read out as such."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _keep_whole(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
