"""`make run`: what it refuses, in which words, and what it leaves behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cooperation_portal.local import children as children_module
from cooperation_portal.local.children import Child, end_all, end_forgotten, remember
from cooperation_portal.local.places import PROJECT, LocalError, places
from cooperation_portal.local.processes import identity_of, is_alive, open_log, wait_until
from cooperation_portal.local.run import only_run, port_number, require_free

#: Ignores being asked to end, and says so.
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    made = Child(
        "part", [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"], tmp_path / "part.log"
    )
    yield made
    end_all([made])


def test_a_port_in_use_is_named_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(LocalError, match=rf"Port {port} is in use.*make run PORT=\d+"):
            require_free(port)
    require_free(port)


@pytest.mark.parametrize("text", ["", "abc", "0", "-1", "65536", "80 80", "８０００", "8000; true"])
def test_a_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(LocalError, match="is not a port"):
        port_number(text)


def test_a_second_run_from_one_folder_is_told_where_the_first_is(tmp_path: Path) -> None:
    where = places("run", tmp_path, is_root=False)
    where.base.mkdir(parents=True)
    with only_run(where, "portal") as lock:
        lock.write(json.dumps({"port": 8765}).encode())
        lock.flush()
        with pytest.raises(LocalError, match=r"already runs.*127\.0\.0\.1:8765"), only_run(where, "portal"):
            pass
        with only_run(where, "portal_x"):
            pass
    with only_run(where, "portal"):
        pass


def test_run_says_why_it_does_not_start_and_shows_no_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = subprocess.run(
            [sys.executable, "-m", "cooperation_portal.local.run"],
            cwd=PROJECT,
            env=os.environ | {"PORT": str(server.getsockname()[1]), "DATABASE_NAME": "portal_of_a_test"},
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert "is in use by another program" in done.stdout
    assert done.stderr == ""


def test_a_child_that_does_not_listen_is_ended_all_the_same(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(children_module, "ENDING", ((signal.SIGTERM, 0.2), (signal.SIGKILL, 2.0)))
    stubborn = Child("stubborn", [sys.executable, "-c", STUBBORN], tmp_path / "log")
    stubborn.start(os.environ)
    assert wait_until(lambda: "up" in stubborn.log.read_text(), 10)

    end_all([stubborn])

    assert stubborn.exit_code == -signal.SIGKILL


def test_what_a_killed_run_left_behind_is_ended_by_the_next(child: Child, tmp_path: Path) -> None:
    child.start(os.environ)
    note = tmp_path / "children.json"
    remember([child], note)
    assert child.process is not None

    end_forgotten(note)

    assert child.exit_code is not None
    assert not note.exists()


def test_a_stranger_with_the_number_of_an_old_child_is_left_alone(child: Child, tmp_path: Path) -> None:
    child.start(os.environ)
    assert child.process is not None
    note = tmp_path / "children.json"
    note.write_text(json.dumps([[child.process.pid, "started at another time"]]))

    end_forgotten(note)

    assert child.exit_code is None


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_damaged_note_of_children_is_no_obstacle(tmp_path: Path, text: str) -> None:
    note = tmp_path / "children.json"
    note.write_text(text)

    end_forgotten(note)


def test_only_new_problems_of_a_log_are_shown(child: Child) -> None:
    child.log.write_text("ERROR of the last run\n")
    child.start(os.environ)
    with child.log.open("a") as log:
        log.write("INFO fine\n[2027-03-12: ERROR/MainProcess] broken\nNO_ERRORS_HERE\n")
        log.write('{"level": "error", "event": "broken too"}\nCRITICAL unfinished')

    assert child.problems() == ["[2027-03-12: ERROR/MainProcess] broken", '{"level": "error", "event": "broken too"}']
    with child.log.open("a") as log:
        log.write(" line\n")
    assert child.problems() == ["CRITICAL unfinished line"]
    assert child.problems() == []


def test_a_log_that_has_grown_is_put_aside_once(tmp_path: Path) -> None:
    log = tmp_path / "new" / "web.log"
    for text in (b"first", b"second", b"third"):
        with open_log(log, limit=4) as file:
            file.write(text)

    assert log.read_bytes() == b"third"
    assert log.with_name("web.log.1").read_bytes() == b"second"


def test_a_process_that_ended_but_was_not_collected_is_not_alive() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        assert wait_until(lambda: not is_alive(process.pid), 10)
        assert process.returncode is None, "nobody has collected it yet"


def test_identity_tells_one_process_from_another(child: Child) -> None:
    child.start(os.environ)
    assert child.process is not None

    assert identity_of(child.process.pid) == identity_of(child.process.pid) != ""
    assert identity_of(child.process.pid) != identity_of(os.getppid())
    assert identity_of(2**22 + 1) == ""


def test_a_talkative_log_does_not_flood_the_terminal(child: Child) -> None:
    child.start(os.environ)
    with child.log.open("a") as log:
        log.write("ERROR the database is away\n" * 50)

    shown = child.problems()

    assert len(shown) == 4
    assert shown[-1] == f"... and 47 more, see {child.log}"
