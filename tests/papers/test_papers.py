"""Papers as PDF and Word files: what was typed survives, nothing is read as markup, both are accessible."""

import io
import json
import re
from datetime import date

import docx
import pytest
import typst
from docx.oxml.ns import qn

from cooperation_portal.papers import pdf as pdf_writer
from cooperation_portal.papers.document import Link, Paper, Section, Table, Text, printed, reads_from_right
from cooperation_portal.papers.pdf import pdf_of
from cooperation_portal.papers.word import word_of

MARKUP = "#[let] *x* _y_ $z$ <b> & @ref = / \\ // /* ` ~ %(x)s {page}"
NASTY = f"{MARKUP} \x00\x07\u202e end"
SHOWN = f"{MARKUP}  end"
ARABIC, CHINESE = "مختبرات (BIO)", "实验室能力"
LONG = "x" * 400


def paper(**changes):
    table = Table(
        f"Table {NASTY}",
        ("Name", "Number"),
        [(Link(NASTY, "/requests/REQ-2026-0001/"), 3), (ARABIC, 12), (CHINESE, LONG)],
        widths=(3, 1),
        numbers=frozenset({1}),
    )
    values = {
        "title": f"Brief {NASTY}",
        "subtitle": "September–October 2026",
        "marking": "Committee",
        "language": "en",
        "made_on": date(2026, 11, 22),
        "facts": [("Made on", "22 November 2026")],
        "sections": [Section(f"Section {NASTY}", [Text(f"Paragraph {NASTY}"), table])],
    }
    return Paper(**values | changes)


def laid_out(one, element):
    """What typst lays out of a kind of element, as JSON."""
    told = {"data": json.dumps(pdf_writer._told(one))}
    return typst.query(str(pdf_writer.LAYOUT), element, sys_inputs=told)


def metadata(file):
    return file[file.index(b"<x:xmpmeta") : file.index(b"</x:xmpmeta>")].decode()


def texts(found):
    return re.findall(r'"text": "((?:[^"\\]|\\.)*)"', found)


def test_text_that_looks_like_markup_stays_text_in_the_pdf():
    escaped = json.dumps(SHOWN, ensure_ascii=False)[1:-1]
    assert f"Section {escaped}" in texts(laid_out(paper(), "heading"))
    in_table = texts(laid_out(paper(), "table"))
    for words in (escaped, ARABIC, CHINESE, LONG, "3"):
        assert words in in_table


def test_the_pdf_is_accessible_with_title_language_and_readership():
    file = pdf_of(paper())
    about = metadata(file)
    assert file.startswith(b"%PDF-1.7")
    assert "<pdfuaid:part>1</pdfuaid:part>" in about
    assert "Brief #[let] *x* _y_ $z$ &lt;b&gt; &amp; @ref" in about
    assert "<pdf:Keywords>Committee</pdf:Keywords>" in about
    assert "<dc:language><rdf:Bag><rdf:li>en</rdf:li>" in about
    for mark in (b"/Lang(en)", b"/StructTreeRoot", b"/Marked true", b"/DisplayDocTitle true"):
        assert mark in file


def test_a_letter_without_a_shape_does_not_keep_the_paper_from_being_made(caplog):
    file = pdf_of(paper(subtitle="A letter of nobody: \U000f1540"))
    assert file.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in file
    assert "in no font of this machine" in caplog.text


def test_a_mistake_in_the_layout_is_not_taken_for_a_missing_letter(monkeypatch, tmp_path):
    broken = tmp_path / "broken.typ"
    broken.write_text("#nothing-of-this-name")
    monkeypatch.setattr(pdf_writer, "LAYOUT", broken)
    with pytest.raises(typst.TypstError):
        pdf_of(paper())


def test_links_lead_to_the_portal_by_its_full_address(settings):
    settings.SITE_URL = "https://portal.tests.example"
    wanted = "https://portal.tests.example/requests/REQ-2026-0001/"
    assert wanted.encode() in pdf_of(paper())
    document = docx.Document(io.BytesIO(word_of(paper())))
    assert wanted in {relation.target_ref for relation in document.part.rels.values() if relation.is_external}


def test_a_table_goes_on_over_pages_with_its_header():
    rows = [(f"Row {number}", number) for number in range(200)]
    long = paper(sections=[Section("Long", [Table("Many", ("Name", "Number"), rows)])])
    pages = int(re.search(r"<xmpTPg:NPages>(\d+)", metadata(pdf_of(long))).group(1))
    assert pages > 3
    assert '"func": "header"' in laid_out(long, "table")


@pytest.fixture
def word():
    return docx.Document(io.BytesIO(word_of(paper())))


def test_the_word_file_has_real_headings_and_what_was_typed(word):
    styles = {paragraph.style.name: paragraph.text for paragraph in word.paragraphs}
    assert styles["Title"] == f"Brief {SHOWN}"
    assert styles["Heading 1"] == f"Section {SHOWN}"
    assert styles["Caption"] == f"Table {SHOWN}"
    body = [paragraph.text for paragraph in word.paragraphs]
    assert f"Paragraph {SHOWN}" in body
    assert "Made on: 22 November 2026" in body


def test_the_word_files_table_has_a_header_row_that_repeats(word):
    (table,) = word.tables
    assert [[cell.text for cell in row.cells] for row in table.rows][2:] == [[ARABIC, "12"], [CHINESE, LONG]]
    assert table.rows[1].cells[0].text == SHOWN
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(row._tr.trPr.find(qn("w:tblHeader")) is None for row in table.rows[1:])
    assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val")) == f"Table {SHOWN}"


def test_the_word_file_says_title_language_author_and_readership(word):
    about = word.core_properties
    assert about.title == f"Brief {SHOWN}: September–October 2026"
    assert (about.language, about.keywords) == ("en", "Committee")
    assert about.author == "1540 Cooperation Network"
    assert "python" not in f"{about.comments}{about.author}".lower()
    assert word.sections[0].header.paragraphs[0].text == "Committee"
    fields = [field.get(qn("w:instr")) for field in word.sections[0].footer._element.iter(qn("w:fldSimple"))]
    assert fields == ["PAGE", "NUMPAGES"]
    assert {tag.get(qn("w:val")) for tag in word.styles.element.iter(qn("w:lang"))} == {"en"}


def test_text_from_right_to_left_is_marked_so(word):
    cell = word.tables[0].rows[2].cells[0]
    assert cell.paragraphs[0].runs[0].font.rtl is True
    assert not word.tables[0].rows[3].cells[0].paragraphs[0].runs[0].font.rtl


def test_text_from_right_to_left_is_laid_out_so_in_the_pdf():
    rows = pdf_writer._told(paper())["sections"][0]["blocks"][1]["rows"]
    assert [row[0]["rtl"] for row in rows] == [False, True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("مرحبا", True), ("123 שלום", True), ("Peru مرحبا", False), ("123", False), ("", False)],
)
def test_the_first_letter_with_a_direction_decides(text, expected):
    assert reads_from_right(text) is expected


def test_what_cannot_be_printed_is_left_out_and_nothing_else():
    assert printed("\ufeffa\x00b\u202ec\u2066d\ud800 e\tf\ng ") == "abcd e\tf\ng"
    assert printed("e\u0301") == "é"


def test_an_empty_paper_is_a_paper():
    empty = paper(sections=[Section("Nothing", [Table("Empty", ("A", "B"), [])])], facts=[])
    assert pdf_of(empty).startswith(b"%PDF-")
    assert docx.Document(io.BytesIO(word_of(empty))).tables[0].rows[0].cells[0].text == "A"
