"""Where the local servers live, whatever the project's folder is called and whoever runs it."""

from pathlib import Path

import pytest

from cooperation_portal.local.places import (
    POSTGRES_SOCKET,
    SOCKET_PATH_LIMIT,
    LocalError,
    broker_number,
    database_name,
    enterable_by_anyone,
    log_folder,
    places,
)


def test_everything_is_in_the_project_folder() -> None:
    found = places("run", Path("/srv/portal"), is_root=False)

    assert found.base == Path("/srv/portal/.local/run")
    assert found.sockets == Path("/srv/portal/.local/run/sockets")


@pytest.mark.parametrize("length", [20, 60, 100, 200])
def test_socket_paths_stay_below_the_limit_of_the_operating_system(length: int) -> None:
    found = places("test", Path("/srv") / ("a" * length), is_root=False)

    for socket in (found.sockets / POSTGRES_SOCKET, found.valkey_socket):
        assert len(str(socket)) <= SOCKET_PATH_LIMIT


def test_only_sockets_leave_a_project_with_a_long_path() -> None:
    project = Path("/srv") / ("a" * 100)
    found = places("run", project, is_root=False)

    assert found.postgres == project / ".local/run/postgres"
    assert not found.sockets.is_relative_to(project)


def test_length_counts_bytes_and_not_letters() -> None:
    inside = places("run", Path("/srv") / ("a" * 60), is_root=False)
    outside = places("run", Path("/srv") / ("й" * 60), is_root=False)

    assert inside.sockets.parent == inside.base
    assert outside.sockets.parent != outside.base


def test_two_copies_and_two_profiles_never_share_a_folder() -> None:
    long = Path("/srv") / ("a" * 100)
    found = [
        places(profile, project, is_root=False)
        for profile in ("run", "test")
        for project in (long, long / "copy", Path("/srv/one"), Path("/srv/two"))
    ]

    assert len({one.base for one in found}) == len(found)
    assert len({one.sockets for one in found}) == len(found)


def test_root_uses_a_folder_that_the_servers_account_can_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    project = closed / "portal"
    project.mkdir(parents=True)
    closed.chmod(0o700)

    assert not enterable_by_anyone(project)
    assert not places("run", project, is_root=True).base.is_relative_to(tmp_path)
    assert places("run", project, is_root=False).base.is_relative_to(project)


def test_root_stays_in_an_open_project(project: Path) -> None:
    assert places("run", project, is_root=True).base == project / ".local/run"


@pytest.mark.parametrize("name", ["", "Portal", "portal-x", "1portal", "a b", "../x", "x" * 49, "portal\n"])
def test_a_database_name_that_would_need_quoting_is_refused(name: str) -> None:
    with pytest.raises(LocalError, match="DATABASE_NAME"):
        database_name(name)


def test_every_database_has_a_broker_database_of_its_own() -> None:
    names = ["portal", "portal_x", "portal_y", "test_portal", "test_portal_gw0", "test_portal_gw1"]

    assert broker_number("portal") == 0
    assert len({broker_number(name) for name in names}) == len(names)


def test_logs_of_another_database_do_not_mix() -> None:
    assert log_folder("portal", Path("/srv")) == Path("/srv/.local/log")
    assert log_folder("portal_x", Path("/srv")) == Path("/srv/.local/log/portal_x")
