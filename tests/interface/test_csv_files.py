"""CSV files that people open in a spreadsheet."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from cooperation_portal.interface.csv_files import cell, csv_response, csv_text


@pytest.mark.parametrize(
    "typed",
    ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "＝1+1", '=HYPERLINK("x")'],
)
def test_text_that_looks_like_a_formula_is_marked_as_text(typed):
    assert cell(typed) == f"'{typed}"


@pytest.mark.parametrize("typed", ["Border control", "a=b", "3 - 4", "'quoted'", "Côte d’Ivoire", "مرحبا", ""])
def test_other_text_is_left_alone(typed):
    assert cell(typed) == typed


def test_numbers_dates_and_nothing_stay_what_they_are():
    assert [cell(value) for value in (-3, 2.5, Decimal("-1.50"), date(2027, 3, 12), None)] == [
        "-3",
        "2.5",
        "-1.50",
        "2027-03-12",
        "",
    ]


def test_a_table_reads_back_as_it_was_with_quotes_commas_and_line_breaks():
    rows = [["a,b", 'say "so"', "two\nlines"], ["", "x", 3]]
    read = list(csv.reader(io.StringIO(csv_text(["One", "Two", "Three"], rows))))
    assert read == [["One", "Two", "Three"], ["a,b", 'say "so"', "two\nlines"], ["", "x", "3"]]


def test_the_header_is_guarded_too_and_a_nul_is_dropped():
    assert csv_text(["=A", "b"], [["x\x00y", "z"]]) == "'=A,b\r\nxy,z\r\n"


def test_the_answer_is_a_download_that_says_its_name_and_encoding():
    response = csv_response("needs.csv", ["Area"], [["Ⅽ"]])
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="needs.csv"'
    assert response.content.decode("utf-8") == "\ufeffArea\r\nⅭ\r\n"
