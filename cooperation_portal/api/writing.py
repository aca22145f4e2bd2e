"""What all writes share: what is sent is checked, If-Match is compared, refusals of services become problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.request import Request

from cooperation_portal.access.actors import Actor
from cooperation_portal.access.policy import require
from cooperation_portal.records.lifecycle import IllegalTransition
from cooperation_portal.records.models import Record
from cooperation_portal.records.write import StaleVersion

from . import etags
from .problems import Problem, error, invalid
from .resources import Action, Removal, Resource, Writes
from .rows import represent
from .serializers import serializer_for, step_serializer, validated

if TYPE_CHECKING:
    from .views import OneRecordView


def writes_of(resource: Resource) -> Writes:
    if resource.writes is None:
        raise TypeError(f"{resource.name} is not written through the API.")
    return resource.writes


def removal_of(resource: Resource) -> Removal:
    removal = writes_of(resource).remove
    if removal is None:
        raise TypeError(f"{resource.name} are not removed through the API.")
    return removal


def read_one(resource: Resource, pk: int, actor: Actor) -> dict[str, Any]:
    """A record as the actor reads it; the same 404 where it does not exist and where it may not be read."""
    found = represent(resource, resource.rows(actor).filter(pk=pk), actor=actor)
    if not found:
        raise Http404
    return found[0]


def checked(resource: Resource, data: Any, *, partial: bool = False) -> dict[str, Any]:
    """The sent fields as values; raises `Problem` for wrong types, unknown fields and fields that are only read."""
    if partial and not data:
        raise invalid(error("", "empty", _("Send at least one field to change.")))
    return validated(serializer_for(resource, partial=partial), data, partial=partial)


def step_arguments(action: Action, data: Any) -> dict[str, Any]:
    return validated(step_serializer(action), data)


def matched(view: OneRecordView, request: Request, pk: int, action: str) -> tuple[Record, int]:
    """The record to write and the version that the caller saw.

    Raises, in this order: not found, not allowed, If-Match missing (428), If-Match naming an older state (412).
    """
    record = view.of.rows(view.actor).filter(pk=pk).first()
    if record is None:
        raise Http404
    require(request.auth, action, record)
    if not request.META.get("HTTP_IF_MATCH"):
        raise Problem("precondition-required")
    made = view.read(pk, view.actor)
    if not etags.names_record(request._request, etags.record_tag(made, view.actor)):
        raise Problem("stale")
    return record, made["version"]


@contextmanager
def told_as_problems(resource: Resource) -> Iterator[None]:
    """Run a service; what it refuses becomes a problem that points at what was sent."""
    try:
        yield
    except resource.model.DoesNotExist as gone:
        # Somebody else took it away between this request's look and its lock.
        raise Http404 from gone
    except StaleVersion as stale:
        raise Problem("stale") from stale
    except IllegalTransition as refused:
        raise Problem("conflict", " ".join(refused.messages)) from refused
    except ValidationError as refused:
        raise invalid(*_pointed(refused, writes_of(resource).pointers or {})) from refused


def _pointed(refused: ValidationError, names: Any) -> list[dict[str, str]]:
    if not hasattr(refused, "error_dict"):
        return [_entry("", one) for one in refused.error_list]
    return [
        _entry("" if name == "__all__" else f"/{names.get(name, name)}", one)
        for name, several in refused.error_dict.items()
        for one in several
    ]


def _entry(pointer: str, one: ValidationError) -> dict[str, str]:
    return error(pointer, one.code or "invalid", " ".join(one.messages))


def unknown_key(field: str, index: int | None = None) -> ValidationError:
    """A natural key that names nothing the caller may use: the same words for missing and for invisible records."""
    pointer = field if index is None else f"{field}/{index}"
    return ValidationError({pointer: ValidationError(_("Nothing has this key."), code="unknown_key")})
