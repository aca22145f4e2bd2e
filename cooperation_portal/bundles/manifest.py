"""The bundle's own list of its files: `manifest.json`, written last, so that a bundle without it is not complete."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cooperation_portal import __version__

#: Grows when an older portal could not read the files any more.
FORMAT = 1
FILE = "manifest.json"
NOTICE = (
    "These files hold confidential text and personal data: drafts, full texts of requests, names and addresses. "
    "Keep them where only the portal's operators can read them."
)
_BLOCK = 1 << 20


class Unusable(Exception):
    """The bundle cannot be read at all; the message is a whole sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What the manifest says of a file. Only files of records have `records` and `last_id`.

    `last_id` is the last id that was given, also to a record that is gone, so that it is not given again.
    """

    bytes: int
    sha256: str
    records: int = 0
    last_id: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """Record files by file name, and document files by their path in the bundle."""

    portal: str = __version__
    records: dict[str, Listed] = field(default_factory=dict)
    documents: dict[str, Listed] = field(default_factory=dict)

    def text(self) -> str:
        told = {
            "format": FORMAT,
            "portal": self.portal,
            "notice": NOTICE,
            "records": {
                name: {"records": one.records, "last_id": one.last_id, "bytes": one.bytes, "sha256": one.sha256}
                for name, one in self.records.items()
            },
            "documents": {
                name: {"bytes": one.bytes, "sha256": one.sha256} for name, one in sorted(self.documents.items())
            },
        }
        return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a bundle. Raises `Unusable`."""
    path = folder / FILE
    try:
        if not folder.is_dir():
            raise Unusable(f"There is no folder {folder}. Name the folder that export_bundle wrote.")
        told = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise Unusable(
            f"{folder} has no {FILE}: it is no bundle, or its export or copy was broken off. Copy or export it again."
        ) from None
    except OSError as problem:
        raise Unusable(f"{path} cannot be read: {problem.strerror}. Check who may read the folder.") from None
    except ValueError as problem:
        raise Unusable(f"{FILE}: is no JSON ({problem}). Copy the bundle again.") from None
    form = told.get("format") if isinstance(told, dict) else None
    if not isinstance(form, int) or isinstance(form, bool) or form < 1:
        raise Unusable(f"{FILE}: does not say in which format the bundle is. Copy the bundle again.")
    if form > FORMAT:
        raise Unusable(
            f"{FILE}: the bundle has format {form} and was written by portal {told.get('portal')}; this portal "
            f"({__version__}) reads formats up to {FORMAT}. Upgrade this portal first."
        )
    try:
        return Manifest(
            portal=str(told["portal"]),
            records={name: _listed(one, ("bytes", "records", "last_id")) for name, one in told["records"].items()},
            documents={name: _listed(one, ("bytes",)) for name, one in told["documents"].items()},
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        raise Unusable(
            f"{FILE}: its list of files is not complete or not of the form that export_bundle writes. "
            "Copy the bundle again."
        ) from None


def _listed(told: dict[str, Any], numbers: tuple[str, ...]) -> Listed:
    if not isinstance(told["sha256"], str) or any(type(told[name]) is not int or told[name] < 0 for name in numbers):
        raise ValueError
    return Listed(sha256=told["sha256"], **{name: told[name] for name in numbers})


def listed(path: Path) -> Listed:
    """Size and checksum of a file as it is."""
    size, digest = 0, hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(_BLOCK):
            size += len(block)
            digest.update(block)
    return Listed(bytes=size, sha256=digest.hexdigest())
