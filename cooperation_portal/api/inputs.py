"""Strict readers of what callers send: query values as text, body values as JSON. A wrong type is never converted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

#: Longest text in a query value and longest natural key.
MAX_TEXT = 200
#: Most words in one search.
MAX_WORDS = 8
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,40})?([eE][+-]?\d{1,3})?", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def _refuse(sentence: Any, **params: Any) -> ValidationError:
    return ValidationError(sentence, code="invalid_value", params=params)


# Query values


class ShortText(forms.Field):
    def clean(self, value: str) -> str:
        if len(value) > MAX_TEXT:
            raise _refuse(_("Give at most %(most)d characters."), most=MAX_TEXT)
        return value

    @staticmethod
    def schema() -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "pattern": r"^[^\u0000]*$"}


class SearchText(ShortText):
    def clean(self, value: str) -> str:
        if len(value.split()) > MAX_WORDS:
            raise _refuse(_("Give at most %(most)d words."), most=MAX_WORDS)
        return super().clean(value)


class OneOf(forms.Field):
    def __init__(self, values: Iterable[str]) -> None:
        super().__init__()
        self.values = tuple(values)

    def clean(self, value: str) -> str:
        if value not in self.values:
            raise _refuse(_("Choose one of: %(values)s."), values=", ".join(self.values))
        return value


class StrictBoolean(forms.Field):
    def clean(self, value: str) -> bool:
        if value not in ("true", "false"):
            raise _refuse(_("Give true or false."))
        return value == "true"


class StrictInteger(forms.Field):
    def __init__(self, minimum: int, maximum: int) -> None:
        super().__init__()
        self.minimum, self.maximum = minimum, maximum

    def clean(self, value: str) -> int:
        if not _INTEGER.fullmatch(value) or not self.minimum <= int(value) <= self.maximum:
            raise _refuse(
                _("Give a whole number from %(minimum)d to %(maximum)d."), minimum=self.minimum, maximum=self.maximum
            )
        return int(value)


class StrictNumber(forms.Field):
    def __init__(self, minimum: float, maximum: float) -> None:
        super().__init__()
        self.minimum, self.maximum = minimum, maximum

    def clean(self, value: str) -> float:
        if not _NUMBER.fullmatch(value) or not self.minimum <= float(value) <= self.maximum:
            raise _refuse(
                _("Give a number from %(minimum)g to %(maximum)g."), minimum=self.minimum, maximum=self.maximum
            )
        return float(value)


def iso_day(text: str) -> date:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise _refuse(_("Give a date such as 2027-03-12."))


class IsoDay(forms.Field):
    def clean(self, value: str) -> date:
        return iso_day(value)


class IsoMoment(forms.Field):
    """RFC 3339 with its offset: a time without one means something else in every office."""

    def clean(self, value: str) -> datetime:
        try:
            moment = parse_datetime(value) if _MOMENT.fullmatch(value) else None
        except ValueError:
            moment = None
        if moment is None:
            raise _refuse(_("Give a time such as 2027-03-12T08:30:00Z. In an address, write + as %2B."))
        try:
            # PostgreSQL knows fewer offsets than RFC 3339 allows.
            return moment.astimezone(UTC)
        except OverflowError:
            return _EARLIEST if moment.year == 1 else _LATEST


class Several(forms.Field):
    """Values with commas between them."""

    def __init__(self, one: forms.Field, *, most: int) -> None:
        super().__init__()
        self.one, self.most = one, most

    def clean(self, value: str) -> list[Any]:
        texts = value.split(",")
        if len(texts) > self.most:
            raise _refuse(_("Give at most %(most)d values."), most=self.most)
        if "" in texts:
            raise _refuse(_("A value between the commas is empty."))
        return [self.one.clean(text) for text in texts]


# Body values. DRF's own fields turn 3 into "3" and "3" into 3; here that is a wrong type.

_WRONG_TEXT = _("Give text.")
_WRONG_LIST = _("Give a list.")


class StrictChar(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError(_WRONG_TEXT, code="wrong_type")
        return str(super().to_internal_value(data))

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, str) and not self.allow_blank and not data.strip():
            self.fail("blank")
        return super().run_validation(data)


class StrictChoice(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError(_WRONG_TEXT, code="wrong_type")
        if data not in self.choices:
            self.fail("invalid_choice", input=data[:40])
        return data


class StrictIntegerField(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, (int, float)) or data != int(data):
            raise serializers.ValidationError(_("Give a whole number."), code="wrong_type")
        return int(data)


class StrictBooleanField(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError(_("Give true or false."), code="wrong_type")
        return data


class StrictDate(serializers.Field):
    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str):
            raise serializers.ValidationError(_WRONG_TEXT, code="wrong_type")
        try:
            return iso_day(data)
        except ValidationError as refused:
            raise serializers.ValidationError(refused.messages, code="invalid_value") from refused

    def to_representation(self, value: date) -> str:
        return value.isoformat()


class StrictFile(serializers.Field):
    """A file part of a form; what it holds is the service's business."""

    def to_internal_value(self, data: Any) -> UploadedFile:
        if not isinstance(data, UploadedFile):
            sentence = _("Send a file: a part of the form with a file name.")
            raise serializers.ValidationError(sentence, code="wrong_type")
        return data

    def to_representation(self, value: UploadedFile) -> str:
        return value.name or ""


class StrictList(serializers.ListField):
    """A list whose items all differ."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            raise serializers.ValidationError(_WRONG_LIST, code="wrong_type")
        values = super().to_internal_value(data)
        if len(set(values)) != len(values):
            raise serializers.ValidationError(_("The list names something twice."), code="repeated")
        return list(values)
