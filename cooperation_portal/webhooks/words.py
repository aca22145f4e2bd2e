"""Messages in plain words: which record, and what happened to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cooperation_portal.access.actors import actor_for

from .hints import PING
from .models import Delivery


def with_words(deliveries: Iterable[Delivery], who: Any) -> list[tuple[Delivery, str]]:
    """Each delivery with a sentence for `who`: records by the reference where that person reads them, else by number.

    One statement for each record type among them.
    """
    from cooperation_portal.api.catalogue import resources_by_type

    rows = [(delivery, delivery.type.partition(".")[0], delivery.content["data"].get("id")) for delivery in deliveries]
    wanted: dict[str, set[int]] = defaultdict(set)
    for _delivery, kind, pk in rows:
        if kind in resources_by_type():
            wanted[kind].add(pk)
    actor = actor_for(who)
    refs: dict[tuple[str, int], str] = {}
    for kind, keys in wanted.items():
        one = resources_by_type()[kind]
        ref = F(one.ref) if isinstance(one.ref, str) else one.ref
        found = one.rows(actor).filter(pk__in=keys).order_by().annotate(shown_ref=ref)
        refs |= {(kind, pk): str(shown) for pk, shown in found.values_list("pk", "shown_ref")}
    return [(delivery, _sentence(delivery, kind, refs.get((kind, pk)) or pk)) for delivery, kind, pk in rows]


def _sentence(delivery: Delivery, kind: str, name: Any) -> str:
    from cooperation_portal.api.catalogue import resources_by_type

    if delivery.type == PING:
        return _("Test message")
    one = resources_by_type().get(kind)
    if one is None:
        return delivery.type
    told = {"kind": capfirst(str(one.model._meta.verbose_name)), "name": name}
    if delivery.type.endswith(".remove"):
        return _("%(kind)s %(name)s can no longer be read") % told
    return _("%(kind)s %(name)s was written") % told
