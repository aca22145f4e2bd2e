"""One load at a time: `load_reference` and `import_bundle` never run beside each other."""

from __future__ import annotations

from django.db import connection

#: Any constant that nothing else in the database uses.
LOADING_LOCK = 1540_2004


def take_loading_lock() -> None:
    """Wait for other loads, and keep them waiting until this transaction ends. Call inside `atomic()`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOADING_LOCK])
