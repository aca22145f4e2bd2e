"""Getting database and static files ready for `make run`: `python -m cooperation_portal.local.prepare`.

What has not changed since the last start is not done again.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .places import DEFAULT_DATABASE, PROJECT, LocalError, local_folder, places

#: The account by which one sees that the example data is there.
EXAMPLE_ACCOUNT = "editor@cicte.example"


def main() -> None:
    """Migrate, load what is missing, collect static files. Exits with a message when a server is away."""
    import django

    django.setup()
    from django.conf import settings

    from cooperation_portal.health import broker_answers, database_answers

    if not database_answers():
        raise LocalError("The database does not answer. Look at DATABASE_URL.")
    if not broker_answers():
        raise LocalError("The broker does not answer. Look at BROKER_URL.")
    done = _Done(places("run").base / f"{os.environ.get('DATABASE_NAME', DEFAULT_DATABASE)}.prepared.json")
    migrated = _migrate()
    code = _fingerprint(_files("*.py", "*.csv", "*.json"))
    if migrated or done.differs("reference", code):
        _say("Loading reference data")
        _call("load_reference")
        done.note("reference", code)
    if settings.ALLOW_EXAMPLE_DATA and not _has_examples():
        _say("Loading example data")
        _call("load_examples")
    static = _fingerprint(_static_files())
    if done.differs("static", static) or not Path(settings.STATIC_ROOT).exists():
        _say("Collecting static files")
        _call("collectstatic", interactive=False, clear=True)
        done.note("static", static)


def _migrate() -> bool:
    """Bring the schema up to date; whether there was anything to do."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    _say("Preparing the database")
    _call("migrate", interactive=False)
    return True


def _has_examples() -> bool:
    from django.contrib.auth import get_user_model

    return get_user_model()._default_manager.filter(email=EXAMPLE_ACCOUNT).exists()


def _call(command: str, **options: Any) -> None:
    from django.core.management import CommandError, call_command

    try:
        call_command(command, verbosity=0, **options)
    except CommandError as error:
        raise LocalError(f"manage.py {command}: {error}") from error


def _say(text: str) -> None:
    """A line that `make run` shows while it waits."""
    sys.stdout.write(f"{text} ...\n")
    sys.stdout.flush()


class _Done:
    """What was done last time, by name and fingerprint."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.noted: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}

    def differs(self, name: str, fingerprint: str) -> bool:
        return self.noted.get(name) != fingerprint

    def note(self, name: str, fingerprint: str) -> None:
        self.noted[name] = fingerprint
        self.file.write_text(json.dumps(self.noted))


def _files(*patterns: str) -> Iterator[Path]:
    """Files of the project's own packages."""
    for package in sorted(PROJECT.glob("*/__init__.py")):
        for pattern in patterns:
            yield from package.parent.rglob(pattern)


def _static_files() -> Iterator[Path]:
    """Own static files, and the lock file for those that come with packages."""
    from django.conf import settings

    yield PROJECT / "requirements.lock"
    for folder in (*settings.STATICFILES_DIRS, *PROJECT.glob("*/static"), *PROJECT.glob("*/*/static")):
        if not Path(folder).is_relative_to(local_folder()):
            yield from Path(folder).rglob("*")


def _fingerprint(files: Iterator[Path]) -> str:
    """Changes when a file is added, removed or written."""
    digest = hashlib.sha256()
    for file in sorted(files):
        status = file.stat()
        digest.update(f"{file}\0{status.st_size}\0{status.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


if __name__ == "__main__":
    try:
        main()
    except LocalError as error:
        sys.exit(str(error))
