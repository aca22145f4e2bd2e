"""The switch of read-only mode, for the secretariat."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from cooperation_portal.administration.base import PortalModelAdmin

from .models import ReadOnlyMode
from .services import read_only_switch


@admin.register(ReadOnlyMode)
class ReadOnlyModeAdmin(PortalModelAdmin):
    audit_actions = ("read_only.switched", "read_only.switched")
    list_display = ["__str__", "since", "message"]
    fields = ["is_on", "message", "since"]
    readonly_fields = ["since"]

    @contextmanager
    def writing(self, request: HttpRequest, form: Any, *, change: bool) -> Iterator[Any]:
        told = form.cleaned_data
        read_only_switch(by=request.user, is_on=told["is_on"], message=told["message"], reason=told["reason"])
        yield form.instance
