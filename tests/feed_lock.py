"""Tells of every transaction that waits for a row while it holds the change feed.

The feed's lock is the last one that a transaction takes (`changes.recording.take_commit_order_lock`); whoever waits for
a row after it may wait for a writer who waits for the feed. No test meets that by chance, so every test is watched:
each row that Django locks or changes after the feed's lock must be one that the same transaction held before it. And
since whoever holds the feed still inserts rows that refer to others, only what is deleted is locked against those.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.signals import post_save, pre_delete

from cooperation_portal.changes import recording

Row = tuple[type[Model], Any]

#: What was found since the last look; filled by every thread.
found: list[str] = []
#: Rows locked against those who refer to them, and what was told of it: taken back if they are deleted.
_locked_to_delete: dict[Row, str] = {}

_fetch_all = QuerySet._fetch_all
_take_lock = recording.take_commit_order_lock


class _Transaction:
    """What the present transaction of one connection holds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: set[Row] = set()
        self.holds_feed = False


def watch() -> None:
    """Begin to watch, for the rest of the process."""
    QuerySet._fetch_all = _fetch_locking  # type: ignore[method-assign,assignment]
    recording.take_commit_order_lock = _take_feed
    post_save.connect(_saved)
    pre_delete.connect(_deleted)


def _take_feed() -> None:
    _take_lock()
    present = _present()
    if present is not None:
        present.holds_feed = True


def _present() -> _Transaction | None:
    """The transaction of the service: where a test is one transaction itself, the outermost savepoint in it."""
    if not connection.in_atomic_block:
        return None
    of_the_test = sum(block._from_testcase for block in connection.atomic_blocks)  # type: ignore[attr-defined]
    if of_the_test == 0:
        with connection.connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text")
            (name,) = cursor.fetchone()
    elif len(connection.atomic_blocks) > of_the_test:
        name = str(connection.savepoint_ids[of_the_test - 1])
    else:
        return None
    known = getattr(connection, "watched_transaction", None)
    if known is None or known.name != name:
        known = connection.watched_transaction = _Transaction(name)  # type: ignore[attr-defined]
    return known


def _fetch_locking(rows: QuerySet[Any]) -> None:
    is_read = rows._result_cache is not None
    _fetch_all(rows)
    query = rows.query
    if is_read or not query.select_for_update:
        return
    locked = {(rows.model, one.pk) for one in rows._result_cache or () if isinstance(one, rows.model)}
    if not query.select_for_no_key_update and _is_referred_to(rows.model):
        # Of rows read as values only the table is known.
        for row in locked or {(rows.model, "?") for _one in (rows._result_cache or ())[:1]}:
            _locked_to_delete[row] = _tell(f"locks {_name(row)} against those who only refer to it; say no_key=True")
    present = _present()
    if present is None:
        return
    if present.holds_feed and not query.select_for_update_skip_locked and (fresh := locked - present.rows):
        _tell(f"locks {sorted(map(_name, fresh))} while it holds the feed")
    present.rows |= locked


def _saved(sender: type[Model], instance: Model, created: bool, **_named: Any) -> None:
    present = _present()
    if present is None or not _is_own(sender):
        return
    row = (sender, instance.pk)
    if present.holds_feed and not created and row not in present.rows:
        _tell(f"changes {_name(row)} while it holds the feed")
    present.rows.add(row)


def _deleted(sender: type[Model], instance: Model, **_named: Any) -> None:
    row, present = (sender, instance.pk), _present()
    if (told := _locked_to_delete.pop(row, None)) in found:
        found.remove(told)
    if present is not None and present.holds_feed and _is_own(sender):
        _tell(f"deletes {_name(row)} while it holds the feed")


def _is_referred_to(model: type[Model]) -> bool:
    """Whether rows of other tables have it as a foreign key."""
    return _is_own(model) and bool(model._meta.related_objects)


def _is_own(model: type[Model]) -> bool:
    """Tables of libraries are theirs: a session is saved after the services, in one transaction only in some tests."""
    app = apps.app_configs.get(model._meta.app_label)
    return app is not None and _is_of_the_portal(Path(app.path))


def _is_of_the_portal(path: Path) -> bool:
    return path.is_relative_to(settings.BASE_DIR) and "site-packages" not in path.parts


def _name(row: Row) -> str:
    return f"{row[0].__name__} {row[1]}"


def _tell(sentence: str) -> str:
    """Keep what happened and the lines of the portal's own code that led to it."""
    own = [
        f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_stack()[:-2]
        if "site-packages" not in frame.filename and "/lib/python" not in frame.filename
    ]
    found.append(f"{sentence}: {' > '.join(own[-8:])}")
    return found[-1]
