"""Real PostgreSQL and Valkey servers: started once, shared, stopped after the last, and up again after a crash."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
import redis

from cooperation_portal.local import postgres, processes, valkey
from cooperation_portal.local.places import PROJECT, LocalError, Places, places
from cooperation_portal.local.services import alone, ensure_services
from cooperation_portal.settings.environment import store_url_of

OTHER_USER = """
import sys
from pathlib import Path
from cooperation_portal.local.places import places
from cooperation_portal.local.services import ensure_services
with ensure_services(places("test", Path(sys.argv[1]))):
    print("ready", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process_using(project: Path) -> Iterator[subprocess.Popen[str]]:
    """A second program that uses the servers until its input ends."""
    with subprocess.Popen(  # noqa: S603 (this very Python)
        [sys.executable, "-c", OTHER_USER, project],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


def rows(url: str, query: str) -> list[tuple]:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            found = cursor.fetchall()
        connection.commit()
        return found
    finally:
        connection.close()


def server_pid(where: Places) -> int:
    return int((where.postgres / "postmaster.pid").read_text().split()[0])


def test_servers_answer_inside_the_block_and_are_gone_after_it(where: Places) -> None:
    with ensure_services(where, name="portal_x") as services:
        assert rows(services.database_url, "SELECT current_database()") == [("portal_x",)]
        store = redis.Redis.from_url(store_url_of(services.broker_url))
        assert store.ping()
        store.close()

    assert not postgres.accepts_connections(where)
    assert not valkey.answers(where)


def test_texts_have_the_same_order_and_capitals_on_every_machine(where: Places) -> None:
    with ensure_services(where, broker=False) as services:
        query = "SELECT upper('éß'), current_setting('server_encoding'), current_setting('timezone')"
        assert rows(services.database_url, query) == [("Éß", "UTF8", "UTC")]
        order = "SELECT string_agg(x, '' ORDER BY x) FROM unnest(ARRAY['b', 'É', 'a', 'B', 'z']) AS x"
        assert rows(services.database_url, order) == [("BabzÉ",)]


def test_servers_listen_on_no_port(where: Places) -> None:
    with ensure_services(where) as services:
        assert rows(services.database_url, "SHOW listen_addresses") == [("",)]
        store = redis.Redis.from_url(store_url_of(services.broker_url))
        assert store.config_get("port") == {"port": "0"}
        store.close()


def test_nobody_else_may_enter_the_folders_of_data_and_sockets(where: Places) -> None:
    with ensure_services(where):
        for folder in (where.postgres, where.valkey, where.sockets):
            assert folder.stat().st_mode & 0o077 == 0


def test_data_is_kept_from_one_start_to_the_next(where: Places) -> None:
    with ensure_services(where, broker=False) as services:
        rows(services.database_url, "CREATE TABLE kept AS SELECT 1540 AS number; SELECT 1")
    with ensure_services(where, broker=False) as services:
        assert rows(services.database_url, "SELECT number FROM kept") == [(1540,)]


def test_queued_tasks_of_durable_places_are_kept(project: Path) -> None:
    where = places("run", project)
    for found in (None, b"task"):
        with ensure_services(where, database=False) as services:
            store = redis.Redis.from_url(store_url_of(services.broker_url))
            assert store.get("queued") == found
            store.set("queued", "task")
            store.close()


def test_the_last_user_stops_the_servers_and_no_other(shared_project: Path, where: Places) -> None:
    with ensure_services(where):
        first = server_pid(where)
        with another_process_using(shared_project):
            pass
        assert postgres.accepts_connections(where)
        assert server_pid(where) == first
        with ensure_services(where):
            pass
        assert valkey.answers(where)

    assert not postgres.accepts_connections(where)


def test_a_killed_user_does_not_count(shared_project: Path, where: Places) -> None:
    with another_process_using(shared_project) as other:
        other.kill()
    assert postgres.accepts_connections(where), "nobody stopped the servers of the killed program"

    with ensure_services(where):
        pass

    assert not postgres.accepts_connections(where)
    assert not valkey.answers(where)


def test_data_survives_killed_servers(project: Path) -> None:
    where = places("run", project)
    with ensure_services(where) as services:
        rows(services.database_url, "CREATE TABLE kept AS SELECT 1540 AS number; SELECT 1")
        os.kill(server_pid(where), signal.SIGKILL)
        os.kill(int((where.valkey / "valkey.pid").read_text()), signal.SIGKILL)

    assert (where.postgres / "postmaster.pid").exists(), "the killed server left its pid file"
    with ensure_services(where) as services:
        assert rows(services.database_url, "SELECT number FROM kept") == [(1540,)]
        assert valkey.answers(where)


def test_a_pid_file_that_names_a_stranger_is_no_obstacle(where: Places) -> None:
    with ensure_services(where, broker=False):
        pass
    # As after a restart of the machine, when another program of this user has the old number.
    account = processes.server_account(where.postgres)
    extra = account.popen_arguments() if account else {}
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, cwd="/", **extra) as stranger:
        lines = [str(stranger.pid), str(where.postgres), "1", "5432", str(where.sockets), "", "", "ready"]
        (where.postgres / "postmaster.pid").write_text("\n".join(lines))
        with ensure_services(where, broker=False) as services:
            assert rows(services.database_url, "SELECT 1") == [(1,)]
        assert stranger.poll() is None, "the stranger was left alone"
        stranger.communicate()


def test_an_interrupted_first_start_is_begun_again(project: Path) -> None:
    where = places("test", project)
    unfinished = where.base / "postgres.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("17\n")

    with ensure_services(where, broker=False) as services:
        assert rows(services.database_url, "SELECT 1") == [(1,)]


def test_data_of_another_version_is_refused_with_the_way_out(where: Places) -> None:
    with ensure_services(where, broker=False):
        pass
    version = where.postgres / "PG_VERSION"
    ours = version.read_text()
    version.write_text("12\n")

    with pytest.raises(LocalError, match=r"written by PostgreSQL 12.*make reset"), ensure_services(where):
        pass
    version.write_text(ours)


def test_a_failed_start_shows_the_servers_own_words(where: Places) -> None:
    with ensure_services(where, broker=False):
        pass
    essential = where.postgres / "global" / "pg_control"
    aside = essential.rename(where.base / "pg_control")

    with pytest.raises(LocalError, match="pg_control"), ensure_services(where, broker=False):
        pass
    aside.rename(essential)


def test_two_copies_of_the_project_do_not_see_each_other(where: Places, project: Path) -> None:
    other = places("test", project)
    with ensure_services(where) as services, ensure_services(other) as others:
        rows(services.database_url, "CREATE TABLE here (); SELECT 1")
        assert rows(others.database_url, "SELECT to_regclass('here') IS NULL") == [(True,)]
        assert server_pid(where) != server_pid(other)


def test_a_long_path_works(project: Path) -> None:
    long = project / ("d" * 120)
    long.mkdir()
    with ensure_services(places("test", long)) as services:
        assert rows(services.database_url, "SELECT 1") == [(1,)]
        assert valkey.answers(places("test", long))
    places("test", long).sockets.rmdir()


def test_sockets_prepared_by_somebody_else_are_refused(project: Path, tmp_path: Path) -> None:
    long = project / ("d" * 120)
    long.mkdir()
    sockets = places("test", long).sockets
    sockets.symlink_to(tmp_path)
    try:
        with pytest.raises(LocalError, match="belongs to another user"), ensure_services(places("test", long)):
            pass
    finally:
        sockets.unlink()


def test_data_is_not_dropped_under_a_user(where: Places) -> None:
    with ensure_services(where, database=False), pytest.raises(LocalError, match="in use"), alone(where):
        pass
    with alone(where):
        assert not valkey.answers(where)


def test_only_what_is_asked_for_is_started(project: Path) -> None:
    where = places("test", project)
    with ensure_services(where, database=False):
        assert valkey.answers(where)
        assert not where.postgres.exists()


def test_what_died_is_started_again(where: Places) -> None:
    with ensure_services(where) as services:
        assert services.restart_stopped() == []
        os.kill(server_pid(where), signal.SIGKILL)
        os.kill(int((where.valkey / "valkey.pid").read_text()), signal.SIGKILL)
        assert processes.wait_until(lambda: not postgres.is_running(where) and not valkey.is_running(where), 5)

        assert services.restart_stopped() == ["PostgreSQL", "Valkey"]
        assert rows(services.database_url, "SELECT 1") == [(1,)]
        assert valkey.answers(where)


def test_a_full_database_server_counts_as_running(where: Places) -> None:
    with ensure_services(where, broker=False) as services:
        connections = []
        try:
            while postgres.accepts_connections(where) and len(connections) < 200:
                connections.append(psycopg2.connect(services.database_url))
        except psycopg2.OperationalError:
            pass
        assert len(connections) < 200, "the server is full"
        assert postgres.accepts_connections(where)
        for connection in connections:
            connection.close()
