"""Checks of form of what is sent: known members, right types, no queries. Meaning is the services' business."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from .inputs import StrictChar
from .parsers import escape
from .problems import error, invalid
from .resources import Resource


class StrictSerializer(serializers.Serializer):
    """Refuses members that it does not know, and says of those that are only read that they are."""

    read_only_names: frozenset[str] = frozenset()

    def to_internal_value(self, data: Mapping[str, Any]) -> Any:
        errors = {name: [self._refusal(name)] for name in data if name not in self.fields}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as refused:
            raise serializers.ValidationError({**refused.detail, **errors}) from refused  # type: ignore[dict-item]
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def _refusal(self, name: str) -> serializers.ErrorDetail:
        if name in self.read_only_names:
            return serializers.ErrorDetail(_("This field is read, not written."), code="read_only")
        return serializers.ErrorDetail(_("There is no such field."), code="unknown_field")


class StepSerializer(StrictSerializer):
    """What a step of a life cycle may carry."""

    reason = StrictChar(required=False, max_length=2000, allow_blank=True)


class BareStepSerializer(StrictSerializer):
    """A step that takes nothing."""


@cache
def serializer_for(resource: Resource, *, partial: bool) -> type[StrictSerializer]:
    """The serializer that follows from a resource's writable fields."""
    members: dict[str, Any] = {
        name: field.serializer_field(required=not partial and field.write is not None and field.write.required)
        for name, field in resource.writable.items()
    }
    members["read_only_names"] = resource.names - resource.writable.keys()
    return type(f"{resource.component}Serializer", (StrictSerializer,), members)


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
