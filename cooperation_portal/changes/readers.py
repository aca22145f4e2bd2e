"""Who among the feed's readers sees a record.

A mirror is kept by a visitor or by an organization's key. Who they are is written with each change as tokens, so that
the feed finds its rows by one comparison of arrays and knows, when a record is no longer seen, who saw it before.
`visible_to` alone decides: its SQL is asked for a visitor, for an organization that no record mentions, and for all
organizations at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils import timezone

from cooperation_portal.access.actors import VISITOR, Actor, actor_for_keys_of
from cooperation_portal.records.statements import Place, Statement, compiled

#: Tokens: everyone, visitors too; every organization; else the primary key of an organization.
EVERYONE = 0
EVERY_ORGANIZATION = -1

#: No organization has these keys. The first belongs to nothing; the second stands for "whichever organization".
_NO_ORGANIZATION = 0
_ANY_ORGANIZATION = 1_540_232_520_040_428

Tokens = list[int]


def tokens_of(actor: Actor) -> Tokens:
    """The tokens under which an API caller reads the feed."""
    organizations = sorted(actor.organization_ids)
    return [EVERYONE, EVERY_ORGANIZATION, *organizations] if organizations else [EVERYONE]


def readers_of(record_type: str, ids: Iterable[int]) -> dict[int, Tokens]:
    """Who sees the records of one type now; a record that is not named is seen by nobody.

    At most five statements, however many records and organizations.
    """
    from cooperation_portal.api.catalogue import resources_by_type

    if record_type not in resources_by_type():
        return {}
    today = timezone.localdate()
    rest = set(ids)
    readers: dict[int, Tokens] = {}
    for token, actor in ((EVERYONE, VISITOR), (EVERY_ORGANIZATION, actor_for_keys_of(_NO_ORGANIZATION))):
        seen = _seen_by(record_type, actor, rest, today)
        readers.update((pk, [token]) for pk in seen)
        rest -= seen
    for pk, organization in _seen_by_single_organizations(record_type, rest, today):
        readers.setdefault(pk, []).append(organization)
    return readers


def _seen_by(record_type: str, actor: Actor, ids: set[int], today: date) -> set[int]:
    statement = _of_ids(record_type, _name_of(actor), today) if ids else None
    return {pk for (pk,) in statement.run({_IDS: list(ids)})} if statement else set()


def _seen_by_single_organizations(record_type: str, ids: set[int], today: date) -> list[tuple[Any, ...]]:
    """Pairs of record and organization, sorted, for records that not every organization sees."""
    ids = _seen_by_some_organization(record_type, ids)
    statement = _of_ids_for_each_organization(record_type, today) if ids else None
    return statement.run({_IDS: list(ids)}) if statement else []


def _seen_by_some_organization(record_type: str, ids: set[int]) -> set[int]:
    """Leave out what no organization sees, so that thousands of suggestions are not compared with each of them."""
    from organizations.models import Organization

    if not ids:
        return ids
    all_of_them = frozenset(Organization.objects.values_list("pk", flat=True))
    rows = _rows(record_type, Actor(organizations=dict.fromkeys(actor_for_keys_of(0).organizations, all_of_them)))
    return set(rows.filter(pk__in=ids).values_list("pk", flat=True))


#: The ids, in statements that are made once and run many times.
_IDS = Place()


def _name_of(actor: Actor) -> int | None:
    return next(iter(actor.organization_ids), None)


@lru_cache(maxsize=200)
def _of_ids(record_type: str, organization: int | None, today: date) -> Statement | None:
    """Which of the ids an organization (None: a visitor) sees; None where it can see nothing.

    `today` is part of the key because a rule may look at the date.
    """
    actor = VISITOR if organization is None else actor_for_keys_of(organization)
    visible = compiled(_rows(record_type, actor).order_by().values_list("pk"))
    if visible is None:
        return None
    sql = f"SELECT id FROM ({visible.sql}) AS visible (id) WHERE id = ANY(%s)"  # noqa: S608 - SQL that Django made
    return Statement(sql, (*visible.params, _IDS), is_kept=True)


@lru_cache(maxsize=200)
def _of_ids_for_each_organization(record_type: str, today: date) -> Statement | None:
    """Which of the ids each organization sees, as pairs of record and organization."""
    for_one = _of_ids(record_type, _ANY_ORGANIZATION, today)
    if for_one is None:
        return None
    for_each = for_one.with_sql(_ANY_ORGANIZATION, "reader.id")
    return Statement(
        "SELECT seen.id, reader.id FROM organizations_organization AS reader "  # noqa: S608 - as above
        f"CROSS JOIN LATERAL ({for_each.sql}) AS seen (id) ORDER BY 1, 2",
        for_each.params,
    )


def _rows(record_type: str, actor: Actor) -> Any:
    from cooperation_portal.api.catalogue import resources_by_type

    model: Any = resources_by_type()[record_type].model
    return model._default_manager.visible_to(actor)
