"""Text that people typed, made fit for XML."""

from __future__ import annotations

import re

#: What XML 1.0 knows no way to write, not even escaped (section 2.2, "Characters").
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """The text without the control characters that no XML file can hold."""
    return _NOT_IN_XML.sub("", text)
