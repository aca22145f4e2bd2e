"""CSV files for people: what a page shows, opened in a spreadsheet without running anything.

A cell that begins like a formula would be computed by a spreadsheet, whoever typed it. Such a text gets an apostrophe
in front, which spreadsheets read as "this is text". Numbers and dates stay what they are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse

#: With these a spreadsheet takes a cell for a formula; the wide forms too, which some languages' settings accept.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")
#: Tells spreadsheets that the file is UTF-8.
BYTE_ORDER_MARK = "\ufeff"


def cell(value: Any) -> str:
    """Write one value: nothing for None, numbers and dates plainly, text so that it is never a formula."""
    if value is None:
        return ""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return str(value)
    text = str(value).replace("\x00", "")
    return f"'{text}" if text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS) else text


def csv_text(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """Write a table as RFC 4180 text, one line a row."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([cell(name) for name in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    return file.getvalue()


def csv_response(file_name: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """Answer with a table as a download; `file_name` is plain ASCII, with its ending."""
    response = HttpResponse(BYTE_ORDER_MARK + csv_text(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response
