"""Search in texts, blind to case and accents.

`portal_plain(text)` is a database function made by a migration: lower case, without accents. Unlike `unaccent` itself
it may stand in an index, so that a trigram index serves the search.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Concat

#: More words than this narrow nothing further.
MAX_WORDS = 8


class Plain(Func):
    """A text in lower case and without accents."""

    function = "portal_plain"
    output_field = TextField()


def words_of(text: str) -> list[str]:
    """The words of a search, without repeats."""
    return list(dict.fromkeys(text.split()))[:MAX_WORDS]


def contains_q(field: str, word: str) -> Q:
    """Rows whose (annotated, plain) `field` contains `word`; `%` and `_` stand for themselves."""
    return Q(**{f"{field}__contains": Plain(Value(word))})


def plain_names(*fields: str) -> Any:
    """The names of a body as one plain text, for `contains_q`."""
    parts: list[Any] = []
    for field in fields:
        parts += [Value(" "), F(field)]
    return Plain(Concat(*parts, output_field=TextField()))
