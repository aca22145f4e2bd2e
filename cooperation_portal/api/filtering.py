"""The allow-list of filters of a resource: one django-filter FilterSet, which the document shows too."""

from __future__ import annotations

from functools import cache
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cooperation_portal.access.actors import VISITOR, Actor
from cooperation_portal.access.querysets import PublicQuerySet

from . import inputs
from .catalogue import resource as resource_called
from .fields import EXACT, Field, Schema
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

    @property
    def vocabulary(self) -> Resource | None:
        """Where the filter's values come from, if everybody reads all of it: a value that is not there is a mistake.

        Of records that not everybody reads nobody is told which there are: an unknown key finds nothing.
        """
        target = resource_called(self.spec.to) if self.spec.to and self.lookup_expr in EXACT else None
        is_public = target is not None and isinstance(target.model._default_manager.all(), PublicQuerySet)
        return target if is_public else None

    def unknown(self, value: Any) -> list[str]:
        """Those of the keys in a cleaned value that the vocabulary does not have."""
        if self.vocabulary is None:
            return []
        keys = value if isinstance(value, list) else [value]
        rows = self.vocabulary.rows(VISITOR).annotate(_ref=self.vocabulary.ref_expression())
        known = set(rows.filter(_ref__in=keys).order_by().values_list("_ref", flat=True))
        return [key for key in keys if key not in known]

    def schema(self) -> Schema:
        schema = self.spec.parameter_schema(self.lookup_expr)
        return schema if self.vocabulary is None else {**schema, "x-key-of": self.vocabulary.name}

    def sentence(self) -> str:
        what = self.spec.help.partition(". ")[0].rstrip(".") or self.spec.name
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
        for key in one.unknown(value) if isinstance(one, FieldFilter) else ():
            sentence = _("Nothing has the key “%(key)s”.") % {"key": key[:100]}
            errors.append(error(f"?{name}", "unknown_key", sentence))
        if not errors:
            rows = one.narrow(rows, value, actor)
    if errors:
        raise invalid(*errors)
    return rows
