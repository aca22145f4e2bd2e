"""What the search of offers looks through."""

from __future__ import annotations

from django.db.models import F, TextField, Value
from django.db.models.functions import Concat

from cooperation_portal.records.searching import Plain


def offer_text() -> Plain:
    """What the search of offers looks through, exactly as the index `offer_text_trigrams` has it."""
    return Plain(Concat(F("title"), Value(" "), F("summary"), output_field=TextField()))
