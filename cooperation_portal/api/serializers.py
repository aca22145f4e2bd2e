"""Checks of form of what is sent: known members, right types, no queries. Meaning is the services' business."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from .fields import Field
from .hints import MAX_NAMES, advice
from .parsers import escape
from .problems import error, invalid
from .resources import Action, Resource


class StrictSerializer(serializers.Serializer):
    """Refuses members that it does not know, and says of those that are only read that they are."""

    read_only_names: frozenset[str] = frozenset()

    def to_internal_value(self, data: Mapping[str, Any]) -> Any:
        strange = [name for name in data if name not in self.fields]
        errors = {name: [self._refusal(name, with_advice=n < MAX_NAMES)] for n, name in enumerate(strange)}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as refused:
            raise serializers.ValidationError({**refused.detail, **errors}) from refused  # type: ignore[dict-item]
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def _refusal(self, name: str, *, with_advice: bool) -> serializers.ErrorDetail:
        if name in self.read_only_names:
            return serializers.ErrorDetail(_("This field is read, not written."), code="read_only")
        sentence = _("There is no such field.")
        told = f"{sentence} {advice(name, self.fields)}" if with_advice else sentence
        return serializers.ErrorDetail(told, code="unknown_field")


@cache
def serializer_for(resource: Resource, *, partial: bool) -> type[StrictSerializer]:
    """The serializer that follows from a resource's writable fields; `partial` for a change."""
    taken = resource.changeable if partial else resource.writable
    known = resource.names | resource.writable.keys()
    return _serializer(f"{resource.component}Serializer", taken, known - taken.keys(), partial=partial)


@cache
def step_serializer(action: Action) -> type[StrictSerializer]:
    """What a step may carry."""
    taken = {field.name: field for field in action.fields}
    return _serializer(f"{action.name.capitalize()}StepSerializer", taken, frozenset(), partial=False)


def _serializer(
    name: str, taken: Mapping[str, Field], read_only: frozenset[str], *, partial: bool
) -> type[StrictSerializer]:
    members: dict[str, Any] = {
        name: field.serializer_field(required=not partial and field.write is not None and field.write.required)
        for name, field in taken.items()
    }
    return type(name, (StrictSerializer,), {**members, "read_only_names": read_only})


def validated(kind: type[StrictSerializer], data: Any, *, partial: bool = False) -> dict[str, Any]:
    """What was sent, as Python values; raises `Problem` with a pointer for each mistake."""
    serializer = kind(data=data, partial=partial)
    try:
        serializer.is_valid(raise_exception=True)
    except serializers.ValidationError as refused:
        raise invalid(*_pointed(refused.detail, "")) from refused
    return dict(serializer.validated_data)


def _pointed(detail: Any, pointer: str) -> list[dict[str, str]]:
    """DRF's nested errors as a flat list with JSON pointers."""
    if isinstance(detail, Mapping):
        return [
            entry
            for name, below in detail.items()
            for entry in _pointed(below, pointer if name == "non_field_errors" else f"{pointer}/{escape(str(name))}")
        ]
    if isinstance(detail, list):
        return [entry for below in detail for entry in _pointed(below, pointer)]
    return [error(pointer, str(getattr(detail, "code", "invalid")), detail)]
