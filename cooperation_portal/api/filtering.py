"""The allow-list of filters of a resource: one django-filter FilterSet, which the document shows too."""

from __future__ import annotations

from functools import cache
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from cooperation_portal.access.actors import Actor

from . import inputs
from .fields import Field, Schema
from .problems import error, invalid
from .resources import Resource, Search


class FieldFilter(django_filters.Filter):
    """`?name=` or `?name__lookup=` of one field."""

    def __init__(self, spec: Field, lookup: str) -> None:
        super().__init__(field_name=spec.name, lookup_expr=lookup)
        self.spec = spec

    @property
    def field(self) -> forms.Field:
        return self.spec.form_field(self.lookup_expr)

    def narrow(self, rows: QuerySet, value: Any, actor: Actor) -> QuerySet:
        return self.spec.narrow(rows, self.lookup_expr, value, actor)

    def schema(self) -> Schema:
        return self.spec.parameter_schema(self.lookup_expr)

    def sentence(self) -> str:
        what = self.spec.help.rstrip(".") or self.spec.name
        return _SENTENCES[self.lookup_expr].format(what)


#: Of what a filter says, in the document; "{}" is the field's own help.
_SENTENCES = {
    "exact": "{}: this value.",
    "in": "{}: any of these values, with commas between them.",
    "gte": "{}: at or after, at least.",
    "lt": "{}: before, less than.",
    "isnull": "{}: true for records without it, false for records with it.",
}


class SearchFilter(django_filters.Filter):
    """`?q=`: every word occurs in one of the resource's searched columns."""

    def __init__(self, search: Search) -> None:
        super().__init__(field_name="q")
        self.search = search

    @property
    def field(self) -> forms.Field:
        return inputs.SearchText()

    def narrow(self, rows: QuerySet, value: str, actor: Actor) -> QuerySet:
        return self.search(rows, value, actor)

    def schema(self) -> Schema:
        return inputs.ShortText.schema()

    def sentence(self) -> str:
        return f"Records in whose texts every one of these words occurs, at most {inputs.MAX_WORDS}."


@cache
def filter_set(resource: Resource) -> type[django_filters.FilterSet]:
    """Make the FilterSet that `resource` allows."""
    allowed: dict[str, Any] = {
        name if lookup == "exact" else f"{name}__{lookup}": FieldFilter(field, lookup)
        for name, field in resource.table.items()
        for lookup in field.lookups
    }
    if resource.search is not None:
        allowed["q"] = SearchFilter(resource.search)
    return type(f"{resource.component}FilterSet", (django_filters.FilterSet,), allowed)


def apply_filters(resource: Resource, rows: QuerySet, sent: dict[str, str], actor: Actor) -> QuerySet:
    """Narrow `rows` by what was sent; raise `Problem` naming every value that cannot be read.

    The filters are used without an instance of the FilterSet: it would copy all of them for each request.
    """
    allowed = filter_set(resource).base_filters
    errors = []
    for name, text in sent.items():
        one = allowed[name]
        try:
            value = one.field.clean(text)
        except ValidationError as refused:
            errors += [error(f"?{name}", "invalid_value", sentence) for sentence in refused.messages]
            continue
        if not errors:
            rows = one.narrow(rows, value, actor)
    if errors:
        raise invalid(*errors)
    return rows
