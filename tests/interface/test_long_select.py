"""The quick select is Django's select, drawn another way."""

import re

import pytest
from django import forms

from cooperation_portal.interface.widgets import LongSelect

CHOICES = [("", "Any"), ("Group <1>", [("a&b", "First <b>"), ("c", "Third")]), ("d", 'Fourth "d"')]


def drawn(widget: type[forms.Select], value) -> str:
    html = widget(choices=CHOICES, attrs={"aria-describedby": "hint", "id": "here", "required": True}).render(
        "n", value
    )
    return re.sub(r"\s*\n\s*", "", html).replace(" >", ">")


@pytest.mark.parametrize("value", ["", None, "c", "d", "a&b", "unknown"])
def test_it_draws_what_django_draws(value):
    assert drawn(LongSelect, value) == drawn(forms.Select, value)
    assert ("selected" in drawn(LongSelect, value)) == (value not in {"unknown"})
