"""A kept connection that the server has ended is noticed before it is used, and without asking the server."""

from __future__ import annotations

import psycopg2
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cooperation_portal.records.statements import Statement

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept(monkeypatch):
    """The connection as it is kept from one request to the next in production."""
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "CONN_HEALTH_CHECKS", True)
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 60)
    connection.ensure_connection()
    yield connection
    connection.close()


def server_process() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def end(process: int) -> None:
    """As a restart of the server does."""
    other = psycopg2.connect(**connection.get_connection_params())
    other.autocommit = True
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [process])
    other.close()


def test_a_connection_that_stands_is_kept(kept):
    first = server_process()
    connection.close_if_unusable_or_obsolete()
    with CaptureQueriesContext(connection) as captured:
        assert server_process() == first
    assert len(captured) == 1


def test_an_ended_connection_is_replaced(kept):
    first = server_process()
    end(first)
    connection.close_if_unusable_or_obsolete()
    assert server_process() != first


def test_no_connection_is_none_to_use(kept):
    kept.connection.close()
    assert not kept.is_usable()
    kept.close()
    assert not kept.is_usable()


def test_what_was_prepared_is_prepared_anew_on_the_next_connection(kept):
    statement = Statement("SELECT %s + 1", (1,), is_kept=True)
    assert statement.run() == [(2,)]
    end(server_process())
    connection.close_if_unusable_or_obsolete()
    assert statement.run() == [(2,)]
