"""A statement that is run again and again means what it means when run once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import BooleanField, Case, Value, When
from django.test.utils import CaptureQueriesContext

from cooperation_portal.records import statements
from cooperation_portal.records.statements import Place, Statement, compiled
from organizations.models import State
from tests.factories import StateFactory

pytestmark = pytest.mark.django_db


def kept(statement: Statement) -> Statement:
    return replace(statement, is_kept=True)


def prepared() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        return {name for (name,) in cursor.fetchall()}


def test_the_database_reads_the_text_once(db):
    place = Place()
    state = StateFactory()
    statement = compiled(State.objects.filter(pk=Value(place)).values_list("iso3"), is_kept=True)
    before = prepared()
    with CaptureQueriesContext(connection) as captured:
        assert statement.run({place: state.pk}) == [(state.iso3,)]
        assert statement.run({place: 0}) == []
        assert statement.run({place: state.pk}) == [(state.iso3,)]
    assert len(captured) == 3
    assert ["PREPARE" in query["sql"] for query in captured] == [True, False, False]
    assert len(prepared() - before) == 1


@pytest.mark.parametrize(
    ("value", "cast"),
    [
        *((value, "") for value in (True, False, 7, -7, 2**40, 1.5, Decimal("2.50"), timedelta(days=1, seconds=2))),
        *((value, "") for value in (date(2026, 1, 2), datetime(2026, 1, 2, 3, tzinfo=UTC))),
        *((value, "::text") for value in ("text", "per cent % and 'quote'", "")),
        *((value, "::bigint[]") for value in ([1, 2, 3], [2**40], [])),
        (["a", "b"], "::text[]"),
    ],
)
def test_a_value_has_the_type_that_it_has_in_a_plain_statement(value, cast):
    plain = Statement(f"SELECT %s{cast}, pg_typeof(%s{cast})::text, '%%', %s", (value, place := Place(), 1540))
    assert [kept(plain).run({place: value}) for _turn in range(2)] == [plain.run({place: value})] * 2


def test_a_text_may_stand_where_any_type_may():
    """As in functions that take anything, where a parameter would need to be told its type."""
    plain = Statement("SELECT jsonb_build_object('n', %s, %s, %s)::text, %s", (7, "key", "it's % text", "%s"))
    assert kept(plain).run() == plain.run() == [('{"n": 7, "key": "it\'s % text"}', "%s")]


def test_a_fraction_is_not_rounded():
    statement = kept(Statement("SELECT n FROM generate_series(1, 3) AS n WHERE n > %s", (1.5,)))
    assert statement.run() == [(2,), (3,)]


def test_what_has_no_known_type_is_not_kept():
    with pytest.raises(TypeError, match="set"):
        kept(Statement("SELECT %s", ({1},))).run()


def test_many_ids_are_planned_for():
    before, place = prepared(), Place()
    statement = kept(Statement("SELECT count(*) FROM unnest(%s::bigint[])", (place,)))
    assert statement.run({place: list(range(statements.MOST_IDS + 1))}) == [(statements.MOST_IDS + 1,)]
    assert prepared() == before
    assert statement.run({place: [1]}) == [(1,)]
    assert len(prepared() - before) == 1


def test_sql_can_stand_for_a_value():
    statement = Statement("SELECT %s, '%%', %s, %s", (True, 1, 2)).with_sql(1, "3 + 4")
    assert statement == Statement("SELECT %s, '%%', 3 + 4, %s", (True, 2))
    assert statement.run() == [(True, "%", 7, 2)]


def test_conditions_stay_conditions(db):
    one, other = StateFactory(), StateFactory()
    rows = State.objects.order_by("pk").values_list(
        Case(When(pk=one.pk, then=Value(True)), default=Value(False), output_field=BooleanField())
    )
    assert compiled(rows.filter(pk__in=[one.pk, other.pk]), is_kept=True).run() == [(True,), (False,)]


def test_days_can_be_counted_from_a_number(db):
    statement = kept(Statement("SELECT %s::date - %s", (date(2026, 1, 10), 9)))
    assert statement.run() == [(date(2026, 1, 1),)]


def test_a_place_without_a_value_is_a_mistake():
    with pytest.raises(KeyError):
        kept(Statement("SELECT %s", (Place(),))).run()


def test_a_connection_keeps_so_many_and_no_more(db, monkeypatch):
    monkeypatch.setattr(statements, "MOST_PREPARED", 3)
    for number in range(10):
        assert kept(Statement(f"SELECT {number} + %s", (1,))).run() == [(number + 1,)]
        assert len(prepared()) <= 3


def test_after_a_mistake_the_statement_is_prepared_anew(db):
    from django.db import DataError, transaction

    statement = kept(Statement("SELECT 1 / %s", (place := Place(),)))
    with pytest.raises(DataError), transaction.atomic():
        statement.run({place: 0})
    assert statement.run({place: 1}) == [(1,)]


def test_failed_runs_do_not_fill_the_connection(db, monkeypatch):
    from django.db import DataError, transaction

    monkeypatch.setattr(statements, "MOST_PREPARED", 3)
    for number in range(10):
        with pytest.raises(DataError), transaction.atomic():
            kept(Statement(f"SELECT {number} / %s", (0,))).run()
        assert len(prepared()) <= 3


@pytest.mark.django_db(transaction=True)
def test_a_migration_under_way_breaks_nothing():
    """PostgreSQL refuses a prepared statement whose columns have other types than when it was prepared."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE changing (id integer, name varchar(10)); INSERT INTO changing VALUES (1, 'a')"
        )
    statement = kept(Statement("SELECT name FROM changing WHERE id = %s", (1,)))
    assert statement.run() == [("a",)]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE changing ALTER name TYPE varchar(20)")
    assert statement.run() == [("a",)]
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE changing")


def test_a_statement_without_values_is_run_as_it_is(db):
    before = prepared()
    assert kept(Statement("SELECT 1540, %s", ("a",))).run() == [(1540, "a")]
    assert prepared() == before


@pytest.mark.django_db(transaction=True)
def test_another_connection_learns_it_anew():
    statement = kept(Statement("SELECT %s - 1", (timedelta(days=2).days,)))
    for _turn in range(2):
        assert statement.run() == [(1,)]
        connection.close()
