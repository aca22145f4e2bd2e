"""Any list as CSV and as an Excel workbook: whole, readable, harmless, and no more than the caller may read."""

from __future__ import annotations

import csv
import io
import logging
import re
import uuid
from datetime import date

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl.utils.escape import unescape

from assistance.models import Offer
from cooperation_portal.api import limits, whole_lists
from cooperation_portal.api.catalogue import resource, resources
from cooperation_portal.api.rows import represent
from cooperation_portal.api.tables import cells, files
from tests.factories import ContactFactory, MeetingFactory, OfferFactory, OrganizationFactory, StateFactory

from .conftest import Caller
from .samples import HIDDEN, PUBLIC, full_offer
from .test_every_resource import proposed_match

pytestmark = pytest.mark.django_db

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def body(answer) -> bytes:
    assert answer.status_code == 200, answer.content
    content = b"".join(answer.streaming_content)
    assert len(content) == int(answer.headers["Content-Length"])
    return content


def csv_rows(answer) -> list[dict[str, str]]:
    text = body(answer).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def xlsx_rows(answer) -> list[dict[str, object]]:
    sheet = openpyxl.load_workbook(io.BytesIO(body(answer)))["Records"]
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def table(caller: Caller, name: str, query: str = "", ending: str = "csv") -> list[dict]:
    answer = caller.get(f"/api/v1/{name}.{ending}{query}")
    return csv_rows(answer) if ending == "csv" else xlsx_rows(answer)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("name", sorted(resources()))
def test_a_table_has_the_rows_and_columns_of_the_list(name, ending, reader, cicte):
    shown = PUBLIC[name]() if name in PUBLIC else proposed_match(cicte)
    hidden = HIDDEN[name]()
    rows = table(reader, name, ending=ending)
    assert [int(row["id"]) for row in rows] == [row["id"] for row in reader.crawl(f"/api/v1/{name}/?limit=200")]
    assert {"type", "id", "url", "ref"} <= set(rows[0]) == resource(name).names
    assert shown.pk in [int(row["id"]) for row in rows]
    assert hidden is None or hidden.pk not in [int(row["id"]) for row in rows]


def test_filters_and_fields_are_those_of_the_list(visitor):
    for number in range(4):
        OfferFactory(visibility="public", status="planned" if number % 2 else "ongoing", capacity=number)
    rows = table(visitor, "offers", "?status=planned&capacity__gte=2&fields=title,ref")
    assert [list(row) for row in rows] == [["type", "id", "title", "ref"]]
    assert rows[0]["ref"] == Offer.objects.get(capacity=3).reference


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "query", ["limit=2", "cursor=x", "count=true", "expand=areas", "nonsense=1", "fields=nonsense", "status=running"]
)
def test_pages_and_what_is_unknown_are_refused(query, ending, visitor):
    assert visitor.get(f"/api/v1/offers.{ending}?{query}").status_code == 400


def test_a_list_longer_than_a_chunk_is_whole_and_in_order(visitor, monkeypatch):
    made = OfferFactory.create_batch(7, visibility="public")
    monkeypatch.setattr(whole_lists.in_chunks, "__kwdefaults__", {"size": 3})
    assert [int(row["id"]) for row in table(visitor, "offers")] == [offer.pk for offer in made]


def test_the_number_of_queries_depends_on_chunks_and_not_on_rows(visitor):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            table(visitor, "offers")
        return len(captured)

    full_offer()
    few = queries()
    for _ in range(5):
        full_offer()
    assert queries() == few


def test_relations_parts_truth_and_dates_can_be_read(reader):
    offer = full_offer(starts_on=date(2027, 3, 1))
    StateFactory(iso3="XKX", name_en="Example", name_fr="Exemple", is_ldc=True)
    (row,) = table(reader, "offers")
    assert row["areas"] == "BIO.LAB; LEG.BIO"
    assert row["funders"] == "Example fund"
    assert row["starts_on"] == "2027-03-01"
    (book_row,) = table(reader, "offers", ending="xlsx")
    assert book_row["starts_on"].date() == offer.starts_on
    assert book_row["id"] == offer.pk
    (state,) = table(reader, "states", "?ref=XKX")
    assert state["is_ldc"] == "true"
    assert "en: Example; " in state["names"]
    assert table(reader, "states", "?ref=XKX", "xlsx")[0]["is_ldc"] is True


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, None),
        ([], ""),
        (["A", "B"], "A; B"),
        (
            [{"area": "BIO.LAB", "types": ["TRNG", "EQUI"], "detail": "", "until": None}],
            "area: BIO.LAB, types: TRNG / EQUI",
        ),
        (
            [{"title": "One", "due_on": date(2027, 1, 2)}, {"title": "Two"}],
            "title: One, due_on: 2027-01-02; title: Two",
        ),
        ({"en": "Peru", "es": "Perú", "ar": ""}, "en: Peru; es: Perú"),
        ({"parts": [{"gate": "x"}]}, '{"parts":[{"gate":"x"}]}'),
        (True, True),
        (7, 7),
    ],
)
def test_what_is_nested_becomes_one_cell(value, cell):
    assert cells.cell_of(value) == cell


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "=cmd|' /C calc'!A0"]


def test_a_text_that_could_be_a_formula_is_none(visitor):
    for text in FORMULAS:
        OfferFactory(visibility="public", title=f"{text}x")
    in_csv = [row["title"] for row in table(visitor, "offers")]
    assert in_csv == [f"'{text}x" for text in FORMULAS]
    answer = visitor.get("/api/v1/offers.xlsx?fields=title")
    sheet = openpyxl.load_workbook(io.BytesIO(body(answer)))["Records"]
    titles = [row[2] for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for cell in titles} == {"s"}
    assert [cell.value.strip() for cell in titles] == [f"{text}x".strip() for text in FORMULAS]


def test_odd_characters_come_through(visitor):
    title = 'Кириллица “quotes", commas; عربي \x0b\x1f 😀 <&>'
    OfferFactory(visibility="public", title=title, summary="Two\nlines")
    for ending in ("csv", "xlsx"):
        (row,) = table(visitor, "offers", ending=ending)
        # The workbook's reader leaves control characters in the notation of the format; Excel itself shows them.
        assert (unescape(row["title"]), row["summary"]) == (title, "Two\nlines")


def test_a_text_too_long_for_excel_says_so_and_is_whole_in_csv(visitor):
    OfferFactory(visibility="public", summary="x" * 40_000)
    (row,) = table(visitor, "offers")
    assert row["summary"] == "x" * 40_000
    (row,) = table(visitor, "offers", ending="xlsx")
    assert len(row["summary"]) == files.XLSX_CELL
    assert row["summary"].endswith("the text has 40000 characters. The CSV file has all of it.]")


def test_a_workbook_says_where_it_comes_from(visitor):
    OfferFactory(visibility="public")
    answer = visitor.get("/api/v1/offers.xlsx?status=ongoing")
    assert answer.headers["Content-Type"] == XLSX
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="offers-')
    about = openpyxl.load_workbook(io.BytesIO(body(answer)))["About"]
    lines = dict(about.iter_rows(values_only=True))
    assert lines["Address"] == "http://testserver/api/v1/offers.xlsx?status=ongoing"
    assert lines["Records"] == 1


def test_a_list_too_long_for_a_workbook_is_refused_and_not_cut(visitor, monkeypatch):
    OfferFactory.create_batch(3, visibility="public")
    monkeypatch.setattr(files.TableKind, "most_rows", 2)
    answer = visitor.get("/api/v1/offers.xlsx")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "too_many_rows"
    assert xlsx_rows(visitor.get("/api/v1/offers.xlsx?fields=title&id=0")) == []


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_unchanged_table_is_304_and_a_changed_one_is_not(ending, visitor, reader):
    offers = OfferFactory.create_batch(2, visibility="public")
    path = f"/api/v1/offers.{ending}"
    first = visitor.get(path)
    tag, content = first.headers["ETag"], body(first)
    assert body(visitor.get(path)) == content, "a strong tag promises the same bytes"
    again = visitor.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert body(reader.get(path, headers={"If-None-Match": tag})), "another reader, another table"
    assert body(visitor.get(f"{path}?fields=ref", headers={"If-None-Match": tag}))
    # Written past the change feed, and not the newest row: the row's own version tells.
    Offer.objects.filter(pk=offers[0].pk).update(title="Another")
    assert body(visitor.get(path, headers={"If-None-Match": tag}))


def test_a_table_costs_twenty_requests_and_a_304_a_tenth_of_them(visitor, monkeypatch):
    monkeypatch.setattr(limits, "NAMESPACE", f"test-{uuid.uuid4()}")
    OfferFactory(visibility="public")

    def left(answer) -> int:
        answer.getvalue()
        return int(re.search(r"r=(\d+)", answer.headers["RateLimit"])[1])

    before = left(visitor.get("/api/v1/offers/"))
    table_answer = visitor.get("/api/v1/offers.csv")
    assert before - left(table_answer) == 20
    tag = table_answer.headers["ETag"]
    assert before - left(visitor.get("/api/v1/offers.csv", headers={"If-None-Match": tag})) == 22


def test_only_callers_that_take_the_file_get_it(visitor):
    for accept, status in (("text/csv", 200), ("text/*", 200), ("*/*", 200), ("application/json", 406), (XLSX, 406)):
        answer = visitor.get("/api/v1/offers.csv", headers={"Accept": accept})
        assert answer.status_code == status, accept
        answer.getvalue()
    assert "text/csv" in visitor.get("/api/v1/offers.csv", headers={"Accept": "image/png"}).json()["detail"]


def test_reads_of_contacts_are_logged_without_saying_whose(reader, caplog):
    caplog.set_level(logging.INFO)
    ContactFactory(visibility="public", name="Example Person", organization=OrganizationFactory())
    table(reader, "contacts")
    (line,) = [record.getMessage() for record in caplog.records if "Contact data read" in record.getMessage()]
    assert "1 records by" in line
    assert "Example Person" not in line


def test_a_table_that_cannot_be_finished_is_an_error_and_no_part_of_one(visitor, monkeypatch):
    OfferFactory(visibility="public")

    def breaks(*args, **kwargs):
        yield from [represent(resource("offers"), Offer.objects.all(), actor=kwargs.get("actor") or args[2])]
        raise OSError("disk full")

    monkeypatch.setattr("cooperation_portal.api.tables.views.in_chunks", breaks)
    visitor.raise_request_exception = False
    answer = visitor.get("/api/v1/offers.csv")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"


# Lists of the web


WEB_LISTS = {
    "/offers/": (OfferFactory, "offers"),
    "/organizations/": (OrganizationFactory, "organizations"),
    "/contacts/": (ContactFactory, "contacts"),
    "/meetings/": (MeetingFactory, "meetings"),
}


@pytest.mark.parametrize("path", sorted(WEB_LISTS))
def test_a_list_of_the_web_is_downloaded_as_it_is_filtered_and_sorted(path, signed_in, editor):
    make, name = WEB_LISTS[path]
    made = [make(visibility="public") for _ in range(3)]
    hidden = make(visibility="committee") if name != "organizations" else None
    client = signed_in(editor)
    page = client.get(path).content.decode()
    assert 'href="?download=csv"' in page
    assert 'href="?download=xlsx"' in page
    rows = csv_rows(client.get(f"{path}?download=csv"))
    ids = [int(row["id"]) for row in rows]
    assert {one.pk for one in made} <= set(ids)
    assert hidden is None or hidden.pk not in ids
    assert [row["id"] for row in xlsx_rows(client.get(f"{path}?download=xlsx"))] == ids
    assert set(rows[0]) == resource(name).names


def test_the_downloads_of_a_list_keep_its_filters_order_and_page_apart(signed_in, editor):
    for title in ("Beta seminar", "Alpha seminar", "Other"):
        OfferFactory(visibility="public", title=title)
    client = signed_in(editor)
    page = client.get("/offers/?q=seminar&sort=-title&page=1").content.decode()
    assert 'href="?q=seminar&amp;sort=-title&amp;download=csv"' in page
    rows = csv_rows(client.get("/offers/?q=seminar&sort=-title&download=csv"))
    assert [row["title"] for row in rows] == ["Beta seminar", "Alpha seminar"]


def test_a_download_with_a_filter_that_is_not_understood_shows_the_page_that_says_so(client):
    for query in ("download=csv&nonsense=1", "download=pdf", "download=csv&sort=nonsense"):
        answer = client.get(f"/offers/?{query}")
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "Nothing is shown" in answer.content.decode()


def test_a_list_that_offers_no_files_knows_no_download(signed_in, editor):
    answer = signed_in(editor).get("/projects/?download=csv")
    assert "has no filter “download”" in answer.content.decode()


def test_a_list_of_the_web_too_long_for_a_workbook_says_so_on_its_page(client, monkeypatch):
    OfferFactory.create_batch(3, visibility="public")
    monkeypatch.setattr(files.TableKind, "most_rows", 2)
    answer = client.get("/offers/?status=any&download=xlsx", follow=True)
    assert answer.redirect_chain == [("/offers/?status=any", 302)]
    assert "This list has 3 records" in answer.content.decode()


def test_personal_data_of_a_contact_whose_term_has_ended_are_in_no_file(signed_in, outsider, caplog):
    caplog.set_level(logging.INFO)
    ended = {"valid_from": "2019-01-01", "valid_until": "2020-01-01"}
    ContactFactory(visibility="network", name="Example Gone", email="gone@example.example", **ended)
    (row,) = csv_rows(signed_in(outsider).get("/contacts/?verified=ended&download=csv"))
    assert (row["name"], row["email"]) == ("", "")
    assert any("Contact data read: 1 records" in record.getMessage() for record in caplog.records)
