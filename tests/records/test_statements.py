"""A statement that is run again and again means what it means when run once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import BooleanField, Case, Value, When
from django.test.utils import CaptureQueriesContext

from cooperation_portal.records import statements
from cooperation_portal.records.statements import Place, Statement, compiled
from organizations.models import State
from tests.factories import StateFactory

pytestmark = pytest.mark.django_db


def prepared() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        return {name for (name,) in cursor.fetchall()}


def test_the_database_reads_the_text_once(db):
    place = Place()
    state = StateFactory()
    statement = compiled(State.objects.filter(pk=Value(place)).values_list("iso3"))
    before = prepared()
    with CaptureQueriesContext(connection) as captured:
        assert statement.run_prepared({place: state.pk}) == [(state.iso3,)]
        assert statement.run_prepared({place: 0}) == []
        assert statement.run_prepared({place: state.pk}) == [(state.iso3,)]
    assert len(captured) == 3
    assert ["PREPARE" in query["sql"] for query in captured] == [True, False, False]
    assert len(prepared() - before) == 1


@pytest.mark.parametrize(
    ("value", "cast"),
    [
        *((value, "") for value in (True, False, 7, -7, 2**40, date(2026, 1, 2), datetime(2026, 1, 2, 3, tzinfo=UTC))),
        *((value, "::text") for value in ("text", "per cent % and 'quote'", "")),
        *((value, "::bigint[]") for value in ([1, 2, 3], [2**40], [])),
        (["a", "b"], "::text[]"),
    ],
)
def test_a_value_has_the_type_that_it_has_in_a_plain_statement(value, cast):
    statement = Statement(f"SELECT %s{cast}, pg_typeof(%s{cast})::text, '%%', %s", (value, place := Place(), 1540))
    assert [statement.run_prepared({place: value}) for _turn in range(2)] == [statement.run({place: value})] * 2


def test_a_text_may_stand_where_any_type_may():
    """As in functions that take anything, where a parameter would need to be told its type."""
    statement = Statement("SELECT jsonb_build_object('n', %s, %s, %s)::text, %s", (7, "key", "it's % text", "%s"))
    assert statement.run_prepared() == statement.run() == [('{"n": 7, "key": "it\'s % text"}', "%s")]


def test_conditions_stay_conditions(db):
    one, other = StateFactory(), StateFactory()
    rows = State.objects.order_by("pk").values_list(
        Case(When(pk=one.pk, then=Value(True)), default=Value(False), output_field=BooleanField())
    )
    assert compiled(rows.filter(pk__in=[one.pk, other.pk])).run_prepared() == [(True,), (False,)]


def test_days_can_be_counted_from_a_number(db):
    statement = Statement("SELECT %s::date - %s", (date(2026, 1, 10), 9))
    assert statement.run_prepared() == [(date(2026, 1, 1),)]


def test_a_place_without_a_value_is_a_mistake():
    with pytest.raises(KeyError):
        Statement("SELECT %s", (Place(),)).run_prepared()


def test_a_connection_keeps_so_many_and_no_more(db, monkeypatch):
    monkeypatch.setattr(statements, "MOST_PREPARED", 3)
    for number in range(10):
        assert Statement(f"SELECT {number} + %s", (1,)).run_prepared() == [(number + 1,)]
        assert len(prepared()) <= 3


def test_after_a_mistake_the_statement_is_prepared_anew(db):
    from django.db import DataError, transaction

    statement = Statement("SELECT 1 / %s", (place := Place(),))
    with pytest.raises(DataError), transaction.atomic():
        statement.run_prepared({place: 0})
    assert statement.run_prepared({place: 1}) == [(1,)]


def test_a_statement_without_values_is_run_as_it_is(db):
    before = prepared()
    assert Statement("SELECT 1540, %s", ("a",)).run_prepared() == [(1540, "a")]
    assert prepared() == before


@pytest.mark.django_db(transaction=True)
def test_another_connection_learns_it_anew():
    statement = Statement("SELECT %s - 1", (timedelta(days=2).days,))
    for _turn in range(2):
        assert statement.run_prepared() == [(1,)]
        connection.close()
