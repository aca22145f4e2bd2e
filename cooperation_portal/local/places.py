"""Where the local servers keep their files, and the addresses that follow from it.

Everything lives in `.local/` of the project, so that two copies of the project never meet. Two things can
force a part of it elsewhere: the length limit of unix socket paths, and, for root, a project folder that
the unprivileged account of the servers cannot enter.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

PROJECT = Path(__file__).resolve().parents[2]

#: Servers with the data of `make run` and `manage.py`, and servers for the test suite.
PROFILES = ("run", "test")
DEFAULT_DATABASE = "portal"
ROLE = "portal"

#: `sun_path` holds 104 bytes on macOS and 108 on Linux; this stays below both.
SOCKET_PATH_LIMIT = 100
POSTGRES_SOCKET = ".s.PGSQL.5432"
#: Valkey numbers its databases; each database name of PostgreSQL gets one of these.
BROKER_DATABASES = 1024


class LocalError(Exception):
    """A reason, in words for the person at the terminal, why the local servers cannot be used."""


@dataclass(frozen=True)
class Places:
    """Folders of one profile. `sockets` may lie outside `base` when the project's path is long."""

    base: Path
    sockets: Path
    #: Whether data must survive a power cut. The test servers are faster for not caring.
    is_durable: bool = True

    @property
    def postgres(self) -> Path:
        return self.base / "postgres"

    @property
    def valkey(self) -> Path:
        return self.base / "valkey"

    @property
    def postgres_log(self) -> Path:
        return self.base / "postgres.log"

    @property
    def valkey_log(self) -> Path:
        return self.base / "valkey.log"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    def database_url(self, name: str) -> str:
        """URL of a database, in the form that libpq and `environment.database` both read."""
        return f"postgresql://{ROLE}@/{quote(name)}?host={quote(str(self.sockets), safe='/')}"

    def broker_url(self, name: str) -> str:
        """URL of the broker for Celery; every database name has its own numbered Valkey database."""
        return f"redis+socket://{quote(str(self.valkey_socket), safe='/')}?virtual_host={broker_number(name)}"


def local_folder(project: Path = PROJECT) -> Path:
    return project / ".local"


def log_folder(name: str, project: Path = PROJECT) -> Path:
    """Folder of the logs of `make run`: one for the default database, a folder inside it for any other."""
    folder = local_folder(project) / "log"
    return folder if name == DEFAULT_DATABASE else folder / name


def places(profile: str = "run", project: Path = PROJECT, *, is_root: bool | None = None) -> Places:
    """Folders of a profile. Only computes: nothing is created."""
    if profile not in PROFILES:
        raise ValueError(f"unknown profile {profile!r}")
    is_root = os.geteuid() == 0 if is_root is None else is_root
    short_name = f"portal-{os.geteuid()}-{hashlib.sha256(os.fsencode(project)).hexdigest()[:12]}"
    base = local_folder(project) / profile
    if is_root and not enterable_by_anyone(project):
        # PostgreSQL refuses to run as root, and the account it runs as cannot reach, say, /root/portal.
        base = Path("/var/tmp") / short_name / profile  # noqa: S108 (owner and mode are checked before use)
    sockets = base / "sockets"
    if len(os.fsencode(sockets / POSTGRES_SOCKET)) > SOCKET_PATH_LIMIT:
        sockets = _short_folder() / f"{short_name}-{profile}"
    return Places(base=base, sockets=sockets, is_durable=profile != "test")


def enterable_by_anyone(folder: Path) -> bool:
    """Whether every folder down to this one lets any account pass."""
    return all(part.stat().st_mode & stat.S_IXOTH for part in (folder, *folder.parents))


def _short_folder() -> Path:
    """The system's folder for temporary files: a fixed one, so that every command looks in the same place."""
    fixed = Path("/tmp")  # noqa: S108 (owner and mode are checked before use)
    return fixed if os.access(fixed, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())


def database_name(name: str) -> str:
    """The name, if it is one that PostgreSQL and file names take without quoting."""
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,47}", name):
        raise LocalError(
            f"DATABASE_NAME={name!r} cannot be used: lower-case letters, digits and underscores, at most 48."
        )
    return name


def broker_number(name: str) -> int:
    """Number of the Valkey database that belongs to a database name."""
    if name == DEFAULT_DATABASE:
        return 0
    return 1 + zlib.crc32(name.encode()) % (BROKER_DATABASES - 1)
