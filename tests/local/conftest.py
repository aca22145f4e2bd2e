"""Project folders of their own for tests that start real servers."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cooperation_portal.local.places import Places, places
from cooperation_portal.local.services import control, prepare_base, stop_servers


def _folder() -> Path:
    """An empty folder that any account may enter, as a clone usually is, and with a name to quote."""
    folder = Path(tempfile.mkdtemp(prefix="portal test +% "))
    folder.chmod(0o755)
    return folder


@pytest.fixture
def project() -> Iterator[Path]:
    folder = _folder()
    yield folder
    for profile in ("run", "test"):
        _stop(places(profile, folder))
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def shared_project() -> Iterator[Path]:
    """One folder for many tests: a new cluster for each would take a second each."""
    folder = _folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def where(shared_project: Path) -> Iterator[Places]:
    """Places in the shared folder, with no server running before and after the test."""
    found = places("test", shared_project)
    prepare_base(found)
    yield found
    _stop(found)


def _stop(where: Places) -> None:
    if where.base.exists():
        with control(where):
            stop_servers(where)
