"""A resource: one definition from which representation, filters, `fields=`, `expand=` and OpenAPI follow.

To add a field, add it here in the app's `api.py`; nothing else needs to know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import CharField, F, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from cooperation_portal.access.actors import Actor
from cooperation_portal.access.levels import Level
from cooperation_portal.records.models import Confidence, Provenance, Record
from cooperation_portal.records.searching import contains_q, plain_names, words_of

from .deprecation import Deprecation
from .fields import EXACT, MAX_ID, OPTIONAL, Field, by_name
from .kinds import Choice, Day, File, Integer, Moment, Text

#: Narrows rows to those in which the reader finds every word of a text: `search(rows, text, actor)`.
Search = Callable[[QuerySet, str, Actor], QuerySet]


def search_in(*paths: str) -> Search:
    """Look for each word in columns that everyone reads who reads the row; case and accents do not matter."""

    def search(rows: QuerySet, text: str, actor: Actor) -> QuerySet:
        rows = rows.alias(searched_text=plain_names(*paths))
        for word in words_of(text):
            rows = rows.filter(contains_q("searched_text", word))
        return rows

    return search


#: Most writes in one batch.
MAX_ITEMS = 100
REASON = Text(name="reason", help="Why; kept with the record's history.", max_length=2000, write=OPTIONAL)


@dataclass(frozen=True, slots=True)
class Action:
    """A step of a record: `POST /<resource>/<id>/<name>/`.

    `run(by=, record=, expected_version=, **sent)` takes it; `fields` are what may be sent. With `makes_new` it gives
    another record, such as a successor, and that one is the answer.
    """

    name: str
    help: str
    run: Callable[..., Any]
    fields: tuple[Field, ...] = ()
    makes_new: bool = False
    deprecated: Deprecation | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """Taking a record away: `DELETE /<resource>/<id>/`. `action` asks the role table."""

    action: str
    help: str
    run: Callable[..., None]


@dataclass(frozen=True, slots=True)
class Writes:
    """The services behind the writes of a resource.

    `create(by=, data=)` gives the new record, `update(by=, record=, data=, expected_version=)` the changed one; `data`
    holds what was sent, checked for form, keyed by field name. `record_type` asks the role table.
    """

    create: Callable[..., Record]
    update: Callable[..., Record]
    actions: tuple[Action, ...] = ()
    remove: Removal | None = None
    #: Names of the model's fields where the API calls them otherwise, to point errors at what was sent.
    pointers: Mapping[str, str] | None = None
    #: Fields that can be sent but are not read.
    extra: tuple[Field, ...] = ()
    #: Bodies that the document shows: for a new record and for a change.
    example: Mapping[str, Any] | None = None
    change_example: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Dependence:
    """Records of another type that show in a resource, or decide who reads it.

    `path` leads from the resource's model to theirs; it is empty where only their key shows. `shows_content` says that
    any change of theirs changes what the resource says, as where they are part of it.
    """

    type: str
    path: str = ""
    shows_content: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Resource:
    """`name` is the path, `model.record_type` the `type`; `ref` is the path or expression of the natural key."""

    name: str
    model: type[Record]
    ref: str | Combinable
    help: str
    fields: tuple[Field, ...]
    search: Search | None = None
    writes: Writes | None = None
    deprecated: Deprecation | None = None
    #: Record types that change what it says or who reads it, beside its own and those whose keys it gives.
    depends: tuple[Dependence, ...] = ()

    @property
    def type(self) -> str:
        return self.model.record_type

    @property
    def route(self) -> str:
        """Begins the names of its routes: `assistance-type` → `api:assistance-type-list`."""
        return self.type.replace("_", "-")

    @property
    def component(self) -> str:
        """Its name in the OpenAPI document."""
        return "".join(part.capitalize() for part in self.type.split("_"))

    @cached_property
    def table(self) -> dict[str, Field]:
        """All fields by name, in the order in which they are shown; `type` and `url` are made, not read."""
        own = {field.name for field in self.fields}
        common = (field for field in _record_fields() if field.name not in own)
        return by_name((*self._head(), *self.fields, *common))

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(self.table) | {"type", "url"}

    @cached_property
    def expandable(self) -> dict[str, Field]:
        return {name: field for name, field in self.table.items() if field.to}

    @cached_property
    def writable(self) -> dict[str, Field]:
        extra = self.writes.extra if self.writes else ()
        return {field.name: field for field in (*self.table.values(), *extra) if field.write is not None}

    @cached_property
    def changeable(self) -> dict[str, Field]:
        """What a change may carry: the writable fields but for those that are settled when the record is made."""
        return {name: field for name, field in self.writable.items() if field.write and not field.write.once}

    @cached_property
    def takes_file(self) -> bool:
        """Whether new records come with a file, as multipart/form-data."""
        return any(isinstance(field, File) for field in self.writable.values())

    @cached_property
    def deprecations(self) -> dict[str, Deprecation]:
        """Fields that are going away, read or sent."""
        fields = {**self.table, **self.writable}
        return {name: field.deprecated for name, field in fields.items() if field.deprecated is not None}

    def rows(self, actor: Actor) -> QuerySet:
        """The start of every read."""
        objects: Any = self.model._default_manager
        return objects.visible_to(actor).order_by("pk")

    def ref_expression(self) -> Any:
        return F(self.ref) if isinstance(self.ref, str) else Cast(self.ref, CharField())

    def _head(self) -> tuple[Field, ...]:
        return (
            Integer(
                name="id", help="Number of the record, stable for ever.", source="pk", lookups=EXACT, maximum=MAX_ID
            ),
            Text(name="ref", help="Natural key.", source=self.ref, lookups=EXACT),
        )


def _record_fields() -> tuple[Field, ...]:
    """What every record carries."""
    return (
        Integer(name="version", help="Grows with every change of the record."),
        Moment(name="created_at", help="When the record was made."),
        Moment(name="updated_at", help="When the record was last changed."),
        Choice(name="visibility", help="Who reads it once it is not a draft.", choices=Level, lookups=EXACT),
        Text(name="source", help="Where this is known from."),
        Choice(
            name="confidence",
            help="How sure a sourced record is.",
            choices=Confidence,
            may_be_blank=True,
            lookups=EXACT,
        ),
        Choice(
            name="provenance",
            help="Where the record came from; public_source is history, never a current offer or request.",
            choices=Provenance,
            lookups=EXACT,
        ),
        Day(name="confirmed_on", help="When its owner last said that it is still true.", nullable=True),
    )
