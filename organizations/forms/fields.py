"""Fields that several forms share."""

from __future__ import annotations

from typing import Any

from django import forms


class OneLineField(forms.CharField):
    """Text on one line, such as a name: line breaks and double spaces become one space."""

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())
