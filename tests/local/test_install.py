"""Pinned dependencies, and the step that installs them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cooperation_portal.local import install
from cooperation_portal.local.places import PROJECT

PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)


def pins(lock: Path) -> dict[str, str]:
    return {name: version for name, version, _marker in PIN.findall(lock.read_text())}


def test_developing_and_running_use_the_same_versions() -> None:
    run, dev = (pins(install.LOCKS[kind]) for kind in ("run", "dev"))

    assert len(run) > 40
    assert {name: dev.get(name) for name in run} == run


@pytest.mark.parametrize("lock", [*install.LOCKS.values(), install.INSTALLER_LOCK], ids=lambda lock: lock.name)
def test_every_pin_has_a_hash(lock: Path) -> None:
    text = lock.read_text()
    for name in pins(lock):
        entry = re.search(
            rf"^{re.escape(name)}(?:\[[^]]*\])?==[^\n]*\\\n((?:    --hash=\S+(?: \\)?\n?)+)", text, re.MULTILINE
        )
        assert entry, f"{name} in {lock.name} has no hash"


@pytest.mark.parametrize("listed", ["requirements.txt", "requirements-dev.txt", "requirements-install.txt"])
def test_every_dependency_says_why_it_is_there(listed: str) -> None:
    lines = (PROJECT / listed).read_text().splitlines()
    dependencies = [line for line in lines if line and not line.startswith(("#", "-r"))]

    assert [line for line in dependencies if not re.search(r" # .{5,}", line) and "darwin" not in line] == []


def test_nothing_is_installed_again_while_the_locks_stay(monkeypatch, tmp_path: Path) -> None:
    called: list[Path] = []
    monkeypatch.setattr(install, "NOTE", tmp_path / "installed.json")
    monkeypatch.setattr(install, "works", lambda: True)
    monkeypatch.setattr(install, "get_uv", lambda: True)
    monkeypatch.setattr(install, "install_with_uv", lambda lock: called.append(lock) or True)

    install.main("dev")
    install.main("dev")
    install.main("run")  # what developing needs contains it

    assert called == [install.LOCKS["dev"]]


def test_a_changed_lock_is_installed_and_a_failure_is_not_noted(monkeypatch, tmp_path: Path) -> None:
    note = tmp_path / "installed.json"
    note.write_text('{"run": "of an older lock"}')
    monkeypatch.setattr(install, "NOTE", note)
    monkeypatch.setattr(install, "works", lambda: True)
    monkeypatch.setattr(install, "get_uv", lambda: False)
    monkeypatch.setattr(install, "install_with_pip", lambda _lock: False)

    with pytest.raises(SystemExit, match="could not be installed"):
        install.main("run")

    assert install.installed() == {"run": "of an older lock"}


def test_the_step_needs_nothing_but_python() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "cooperation_portal/local/install.py", "neither"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("usage:")
