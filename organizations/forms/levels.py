"""The choice of who may read a record, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.levels import Level
from cooperation_portal.interface import audience


def level_field(levels: Iterable[Level]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Who may read this"),
        choices=[(level.value, level.label) for level in levels],
        widget=forms.RadioSelect,
        initial=Level.NETWORK,
    )


def say_readers(field: Any, owner: Any) -> None:
    """Put the sentence of each level, with the owner's name, in place of its one word."""
    field.choices = [(value, audience.readers(value, owner=owner)) for value, _label in field.choices]
