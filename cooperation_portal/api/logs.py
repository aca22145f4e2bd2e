"""Keys and secret addresses stay out of logs, also where a library or a proxy writes down more than we do."""

from __future__ import annotations

import logging
import re

from .keys import SENT_KEY

#: The private address of a person's calendar is all that its reader shows; Django logs the path of a failed request.
SECRET_ADDRESS = re.compile(r"(/calendar/)[\w%-]{20,}")


class LineWithoutKeys(logging.Formatter):
    """Writes lines as usual, tracebacks included, with whatever has the shape of a key cut down to its prefix, and
    without the secret part of private addresses."""

    def format(self, record: logging.LogRecord) -> str:
        return SECRET_ADDRESS.sub(r"\1…", SENT_KEY.sub(r"\1_…", super().format(record)))
