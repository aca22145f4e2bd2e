"""Files of documents that no row names.

A file is written before its row is committed and removed after the row's removal is: a crash between the two leaves a
file that nobody can find or remove, and it may be confidential.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

from ..models import Document
from ..models.meetings import DOCUMENTS_FOLDER

logger = logging.getLogger(__name__)

#: Seconds since the last write; until then it may be the file of an upload whose row is not committed yet.
LEFT_ALONE = 24 * 3600


def stray_documents_remove() -> int:
    """Remove files in the folder of documents that are older than a day and have no row; give back how many.

    Looks nowhere else below `MEDIA_ROOT` and follows no links.
    """
    storage = Document._meta.get_field("file").storage
    before = time.time() - LEFT_ALONE
    old = [path for path in _files(storage.path(DOCUMENTS_FOLDER)) if path.lstat().st_mtime < before]
    # Rows are read after the folder: whatever was committed by now is known.
    known = {storage.path(name) for name in Document._base_manager.values_list("file", flat=True)}
    strays = [path for path in old if str(path) not in known]
    for path in strays:
        path.unlink(missing_ok=True)
        logger.warning("Removed the file %s/%s, which belonged to no document.", DOCUMENTS_FOLDER, path.name)
    return len(strays)


def _files(folder: str) -> Iterator[Path]:
    for place, _folders, names in os.walk(folder):
        yield from (Path(place, name) for name in names)
