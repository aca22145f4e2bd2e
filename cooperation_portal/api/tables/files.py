"""Tables as files: CSV (RFC 4180) and Excel workbooks (ECMA-376), written row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

import xlsxwriter
from django.utils.translation import gettext as _

from cooperation_portal.interface import csv_files

from .cells import Cell

#: Most characters in a cell of an Excel workbook.
XLSX_CELL = 32_767
#: More rows than this take an Excel workbook longer than a request should; CSV has no such limit.
XLSX_ROWS = 50_000
_WIDTH = 18
_DATES = {"num_format": "yyyy-mm-dd"}


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` are read once; `about` are the lines that say where the table comes from."""

    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    about: Sequence[tuple[str, Cell]]
    read_on: date


def write_csv(file: IO[bytes], table: Table) -> None:
    """UTF-8 with a byte order mark; texts that a spreadsheet would compute are made harmless."""
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    text.write(csv_files.BYTE_ORDER_MARK)
    writer = csv.writer(text)
    writer.writerow(table.header)
    writer.writerows([csv_cell(value) for value in row] for row in table.rows)
    text.detach()


def csv_cell(value: Cell) -> str:
    """A cell as CSV has it: truth as in JSON, and no text that a spreadsheet would compute."""
    if type(value) is str and value[:1].isalnum():
        # The most frequent case by far: nothing that begins with a letter or digit is a formula.
        return value
    return csv_files.cell(str(value).lower() if isinstance(value, bool) else value)


def write_xlsx(file: IO[bytes], table: Table) -> None:
    """A sheet with the table, and one that says where it comes from. Texts are stored as texts, never as formulas.

    The same table gives the same bytes all day long.
    """
    # Every cell is written as the type it has, so nothing is guessed from a text; rows go to disk one by one.
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    book.set_properties({"created": datetime.combine(table.read_on, datetime.min.time())})
    bold, dates = book.add_format({"bold": True}), book.add_format(_DATES)
    sheet = book.add_worksheet(_("Records"))
    sheet.set_column(0, max(0, len(table.header) - 1), _WIDTH)
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(table.header):
        sheet.write_string(0, column, name, bold)
    for number, row in enumerate(table.rows, start=1):
        for column, value in enumerate(row):
            _write(sheet, number, column, value, dates)
    about = book.add_worksheet(_("About"))
    about.set_column(0, 1, 2 * _WIDTH)
    for number, (name, value) in enumerate(table.about):
        about.write_string(number, 0, name, bold)
        _write(about, number, 1, value, dates)
    book.close()


def _write(sheet: Any, row: int, column: int, value: Cell, dates: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, datetime.combine(value, datetime.min.time()), dates)
    else:
        sheet.write_string(row, column, _fitting(str(value)))


def _fitting(text: str) -> str:
    """The text, or as much of it as a cell takes and a sentence that says so."""
    if len(text) <= XLSX_CELL:
        return text
    sentence = _("[An Excel cell ends here; the text has %(length)d characters. The CSV file has all of it.]")
    sentence %= {"length": len(text)}
    return f"{text[: XLSX_CELL - len(sentence) - 1]} {sentence}"


@dataclass(frozen=True, slots=True)
class TableKind:
    """One format of tables: its ending, media type, writer, and most rows if there is a limit."""

    ending: str
    media_type: str
    write: Callable[[IO[bytes], Table], None]
    most_rows: int | None = None


CSV = TableKind("csv", "text/csv", write_csv)
XLSX = TableKind(
    "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx, most_rows=XLSX_ROWS
)
KINDS = {kind.ending: kind for kind in (CSV, XLSX)}
