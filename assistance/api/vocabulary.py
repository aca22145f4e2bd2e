"""The words in which help is asked for and offered."""

from __future__ import annotations

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat

from cooperation_portal.api.fields import EXACT
from cooperation_portal.api.kinds import Boolean, Choice, Codes, Integer, Key, Text
from cooperation_portal.api.resources import Resource, search_in

from ..models import Area, AssistanceType, ResolutionParagraph, WeaponType

RETIRED = Boolean(name="is_retired", help="Stays on old records and cannot be chosen any more.")

AREAS = Resource(
    name="areas",
    model=Area,
    ref="code",
    help="Areas of assistance in a tree of two levels: LEG, and below it LEG.BIO.",
    fields=(
        Text(name="label", help="Name in English."),
        Key(
            name="parent",
            help="The area above.",
            source="parent__code",
            nullable=True,
            lookups=(*EXACT, "isnull"),
            to="areas",
        ),
        Text(name="description", help="What belongs to it."),
        Text(name="op_reference", help="Operative paragraphs of resolution 1540 that it serves."),
        Text(name="matrix_section", help="Section of the 1540 matrix."),
        Codes(name="weapon_types", help="Weapon types it is about.", choices=WeaponType),
        Boolean(name="is_cross_cutting", help="Concerns all other areas."),
        RETIRED,
    ),
    search=search_in("code", "label", "description"),
)

TYPES = Resource(
    name="assistance-types",
    model=AssistanceType,
    ref="code",
    help="Forms of help: drafting, a course, equipment.",
    fields=(
        Text(name="label", help="Name in English."),
        Choice(name="family", help="Kind of help.", choices=AssistanceType.Family, lookups=EXACT),
        Text(name="description", help="What belongs to it."),
        RETIRED,
    ),
    search=search_in("code", "label", "description"),
)

PARAGRAPHS = Resource(
    name="resolution-paragraphs",
    model=ResolutionParagraph,
    ref=Concat(Cast("resolution", CharField()), Value("/"), Cast("paragraph", CharField())),
    help="Operative paragraphs of Security Council resolutions, such as 2325/20, in the portal's own words.",
    fields=(
        Integer(name="resolution", help="Number of the resolution.", lookups=EXACT),
        Integer(name="year", help="Year of the resolution.", lookups=EXACT),
        Integer(name="paragraph", help="Number of the operative paragraph.", lookups=EXACT),
        Text(name="addressed_to", help="Whom it speaks to."),
        Text(name="summary", help="What it says, in the portal's own words."),
        Boolean(name="is_confirmed", help="Number and content were checked against the text."),
        RETIRED,
    ),
    search=search_in("addressed_to", "summary"),
)
