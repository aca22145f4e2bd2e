"""Virtual environment and pinned dependencies: `python -I cooperation_portal/local/install.py run|dev`.

Runs before anything is installed, so it uses the standard library alone and imports nothing of the project.
When the lock files have not changed since the last time, it does nothing, in a few hundredths of a second.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"run": PROJECT / "requirements.lock", "dev": PROJECT / "requirements-dev.lock"}
#: Pins uv, which installs the rest about ten times faster than pip.
INSTALLER_LOCK = PROJECT / "requirements-install.lock"
NOTE = VENV / "installed.json"


def main(kind: str) -> None:
    """Install what `run` or `dev` needs, unless it is there."""
    hashes = {name: hashlib.sha256(lock.read_bytes()).hexdigest() for name, lock in LOCKS.items()}
    if installed().get(kind) == hashes[kind] and works():
        return
    if not works():
        create_environment()
    say(f"Installing the dependencies of {LOCKS[kind].name} ...")
    if not (get_uv() and install_with_uv(LOCKS[kind])):
        say("Installing with pip instead, which takes a minute or two ...")
        if not install_with_pip(LOCKS[kind]):
            sys.exit("The dependencies could not be installed: see above. Is the network reachable?")
    # What is for developing contains what is for running.
    now = hashes if kind == "dev" else {**installed(), "run": hashes["run"]}
    NOTE.write_text(json.dumps(now))


def installed() -> dict[str, str]:
    """Which lock files are installed, by their hashes."""
    try:
        return dict(json.loads(NOTE.read_text()))
    except (OSError, ValueError):
        return {}


def works() -> bool:
    """Whether the virtual environment has a Python that runs: one whose base was removed does not."""
    if Path(sys.prefix) == VENV:
        return True
    return PYTHON.exists() and run([PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"])


def create_environment() -> None:
    """A new virtual environment with pip, made with this Python."""
    say(f"Making .venv with Python {sys.version.split()[0]} ...")
    base = getattr(sys, "_base_executable", sys.executable)
    if run([base, "-m", "venv", "--clear", VENV], quiet=True):
        return
    # Debian and Ubuntu ship venv without the pip that it puts inside.
    if run([base, "-m", "venv", "--clear", "--without-pip", VENV]) and run(
        [base, "-m", "pip", "--python", PYTHON, "install", "--quiet", "pip"]
    ):
        return
    sys.exit(
        "This Python cannot make virtual environments. On Debian and Ubuntu, "
        "`apt-get install python3-venv` adds what is missing; or name another Python: make run PYTHON=..."
    )


def get_uv() -> bool:
    """Install uv into the virtual environment; False where there is none for this platform."""
    return install_with_pip(INSTALLER_LOCK, "--only-binary", ":all:", quiet=True)


def install_with_uv(lock: Path) -> bool:
    options: list[str | Path] = ["--python", PYTHON, "--require-hashes", "--quiet"]
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        # Python compiles what it imports once, and every time where it may not write the result.
        options.append("--compile-bytecode")
    return run([PYTHON, "-m", "uv", "pip", "install", *options, "-r", lock])


def install_with_pip(lock: Path, *more: str, quiet: bool = False) -> bool:
    options = ["--require-hashes", "--no-input", "--disable-pip-version-check", "--quiet", *more]
    return run([PYTHON, "-m", "pip", "install", *options, "-r", lock], quiet=quiet)


def run(command: list[str | Path], *, quiet: bool = False) -> bool:
    """Run a command, showing what it says unless quiet; whether it succeeded."""
    output = subprocess.DEVNULL if quiet else None
    try:
        done = subprocess.run(  # noqa: S603 (fixed commands)
            [str(part) for part in command], check=False, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    except OSError:
        return False
    return done.returncode == 0


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:
        sys.exit(f"usage: install.py {'|'.join(LOCKS)}")
    main(sys.argv[1])
