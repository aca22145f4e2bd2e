"""The regions for which a conference can be held: UN regional groups, M49 regions, and members of organizations.

A region is a code of the matching library (`assistance/matching/places.py`): `group:` and a name, or `members:` and an
acronym.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistance.coverage import COVERAGE_GROUPS, full_memberships
from organizations.models import Organization, State
from organizations.models.states import RegionalGroup

GROUP, MEMBERS = "group:", "members:"
M49_FIELDS = ("m49_region", "m49_subregion", "m49_intermediate_region")
#: A region is more than one State.
FEWEST_MEMBERS = 2


def region_choices(who: Any) -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Groups of choices for a select; four queries."""
    m49 = [
        (GROUP + name, name)
        for field in M49_FIELDS
        for name in State.objects.exclude(**{field: ""}).order_by(field).values_list(field, flat=True).distinct()
    ]
    bodies = (
        Organization.objects.visible_to(who)
        .annotate(full_members=Count("memberships", filter=Q(memberships__in=full_memberships())))
        .filter(full_members__gte=FEWEST_MEMBERS)
        .order_by("sort_key")
        .values_list("acronym", "name")
    )
    return [
        (gettext_lazy("Regional groups of the United Nations"), [(GROUP + g.value, g.label) for g in COVERAGE_GROUPS]),
        (gettext_lazy("Geographical regions"), list(dict(m49).items())),
        (
            gettext_lazy("Members of an organization"),
            [(MEMBERS + acronym, f"{acronym} – {name}") for acronym, name in bodies],
        ),
    ]


def region_name(code: str) -> str:
    """A region in words: "Caribbean", "Latin American and Caribbean States", "members of OAS"."""
    if code.startswith(MEMBERS):
        return _("members of %(organization)s") % {"organization": code.removeprefix(MEMBERS)}
    name = code.removeprefix(GROUP)
    return str(RegionalGroup(name).label) if name in RegionalGroup.values else name


def states_in(code: str) -> QuerySet[State]:
    """The States of a region; none for a code that is not known."""
    if code.startswith(MEMBERS):
        members = full_memberships().filter(organization__acronym=code.removeprefix(MEMBERS))
        return State.objects.filter(pk__in=members.values("state"))
    if not code.startswith(GROUP):
        return State.objects.none()
    name = code.removeprefix(GROUP)
    condition = Q(regional_group=name)
    for field in M49_FIELDS:
        condition |= Q(**{field: name})
    return State.objects.filter(condition)


def regional_group_of(code: str) -> str:
    """The UN regional group that a region is, or empty."""
    name = code.removeprefix(GROUP)
    return name if code.startswith(GROUP) and name in {group.value for group in COVERAGE_GROUPS} else ""
