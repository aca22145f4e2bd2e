"""Keys stay out of logs, also where a library or a proxy writes down more than we do."""

from __future__ import annotations

import logging

from .keys import SENT_KEY


class LineWithoutKeys(logging.Formatter):
    """Writes lines as usual, tracebacks included, with whatever has the shape of a key cut down to its prefix."""

    def format(self, record: logging.LogRecord) -> str:
        return SENT_KEY.sub(r"\1_…", super().format(record))
