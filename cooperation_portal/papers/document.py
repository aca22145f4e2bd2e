"""What a paper is made of: a title, who may read it, facts, and sections of paragraphs and tables."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

#: Control characters, and those that turn the direction of what follows: no writer takes the first, no reader is
#: helped by the second. Line ends and tabs stay.
NOT_PRINTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


@dataclass(frozen=True)
class Link:
    """Text that leads somewhere. A path is led to on the portal's own address."""

    text: str
    url: str


#: A field of a table.
Field = str | int | Link


@dataclass(frozen=True)
class Text:
    """A paragraph; `is_quiet` for remarks in smaller type."""

    text: str
    is_quiet: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under a header that is repeated on each page. `widths` are shares, `numbers` the columns set to the end."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Field]]
    widths: Sequence[int] = ()
    numbers: frozenset[int] = frozenset()

    @property
    def shares(self) -> tuple[int, ...]:
        return tuple(self.widths) or (1,) * len(self.header)


@dataclass(frozen=True)
class Section:
    title: str
    blocks: Sequence[Text | Table]


@dataclass(frozen=True)
class Paper:
    """A whole paper. `marking` says in a word or two who may read it and stands on every page."""

    title: str
    subtitle: str
    marking: str
    language: str
    made_on: date
    facts: Sequence[tuple[str, str]] = ()
    sections: Sequence[Section] = field(default_factory=tuple)

    @property
    def full_title(self) -> str:
        """Title and subtitle, by which a file is told from others of its kind."""
        return printed(f"{self.title}: {self.subtitle}" if self.subtitle else self.title)


def printed(text: object) -> str:
    """The text as it can be written on paper: without control characters, composed, without spaces around it."""
    return unicodedata.normalize("NFC", NOT_PRINTED.sub("", str(text))).strip()


def reads_from_right(text: str) -> bool:
    """Whether a text begins in a script that is written from right to left."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False
