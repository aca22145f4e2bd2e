"""From where the present code runs: web, api, admin, a task or a command; and the request's id."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    WEB = "web", _("Web")
    API = "api", _("API")
    ADMIN = "admin", _("Admin")
    TASK = "task", _("Background task")
    COMMAND = "command", _("Command")


@dataclass(frozen=True, slots=True)
class Origin:
    source: Source
    request_id: str


#: Outside a request and a task, code runs from a command.
_origin: ContextVar[Origin] = ContextVar("audit_origin", default=Origin(Source.COMMAND, ""))  # noqa: B039


def current() -> Origin:
    return _origin.get()


def new_request_id() -> str:
    return uuid.uuid4().hex


@contextmanager
def running_from(source: Source, request_id: str = "") -> Iterator[Origin]:
    """Mark everything inside as coming from `source`."""
    token = _origin.set(Origin(source, request_id or new_request_id()))
    try:
        yield _origin.get()
    finally:
        _origin.reset(token)


def connect_celery() -> None:
    """Mark what runs inside a task as coming from it; the task's id is the request id."""
    from celery import signals

    tokens = {}

    @signals.task_prerun.connect(weak=False)
    def enter(task_id: str, **kwargs: object) -> None:
        tokens[task_id] = _origin.set(Origin(Source.TASK, task_id))

    @signals.task_postrun.connect(weak=False)
    def leave(task_id: str, **kwargs: object) -> None:
        token = tokens.pop(task_id, None)
        if token is not None:
            _origin.reset(token)
