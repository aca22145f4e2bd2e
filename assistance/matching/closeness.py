"""How near one area is to another, and how far one form of help can stand in for another.

Both tables follow the practice of those who match by hand: the same narrow area is a strong answer, the area
above it a weaker one, an area beside it none; a course does not replace equipment, a guide does not replace
drafting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assistance.matching.profiles import CATCH_ALL_AREA, AreaTree

SAME = 1.0
OFFER_BELOW = 0.6
"""The need names a broad area, the offer a narrow one inside it."""
OFFER_ABOVE = 0.4
"""The need names a narrow area, the offer only the broad one around it."""
SIBLING = 0.1
CATCH_ALL = 0.15

SUBSTITUTES: Mapping[str, Mapping[str, float]] = {
    "LEGD": {"ADVI": 0.5, "SECO": 0.3, "NEED": 0.3, "GUID": 0.2, "WKSH": 0.2, "TRAN": 0.1},
    "ADVI": {
        "SECO": 0.8,
        "LEGD": 0.5,
        "RPTS": 0.5,
        "NAPD": 0.5,
        "NEED": 0.5,
        "PEER": 0.4,
        "TRNG": 0.4,
        "WKSH": 0.4,
        "TTTR": 0.3,
        "GUID": 0.3,
    },
    "SECO": {"ADVI": 0.5},
    "TRNG": {
        "TTTR": 0.7,
        "WKSH": 0.7,
        "ELEA": 0.5,
        "FLDX": 0.4,
        "TTXE": 0.4,
        "PEER": 0.4,
        "ADVI": 0.3,
        "SPON": 0.2,
        "GUID": 0.2,
    },
    "ELEA": {"TRNG": 0.6, "WKSH": 0.4, "GUID": 0.3},
    "TTTR": {"TRNG": 0.5, "WKSH": 0.3, "ELEA": 0.2, "GUID": 0.2},
    "WKSH": {"TRNG": 0.7, "TTXE": 0.5, "PEER": 0.5, "TTTR": 0.4, "ELEA": 0.3, "NETW": 0.3, "ADVI": 0.2},
    "TTXE": {"FLDX": 0.7, "WKSH": 0.4, "TRNG": 0.4},
    "FLDX": {"TTXE": 0.5, "TRNG": 0.35},
    "EQPT": {"FUND": 0.4, "INFR": 0.3},
    "INFR": {"EQPT": 0.4, "FUND": 0.5},
    "SOFT": {"FUND": 0.3, "EQPT": 0.1},
    "FUND": {"SPON": 0.3},
    "SPON": {"FUND": 0.5},
    "NAPD": {"ADVI": 0.6, "RPTS": 0.4, "WKSH": 0.4, "PEER": 0.3, "NEED": 0.3, "GUID": 0.2},
    "RPTS": {"ADVI": 0.6, "NAPD": 0.4, "WKSH": 0.4, "PEER": 0.4, "GUID": 0.2},
    "NEED": {"ADVI": 0.45, "SECO": 0.5, "NAPD": 0.3, "PEER": 0.3, "GUID": 0.2},
    "TRAN": {"GUID": 0.2, "LEGD": 0.2},
    "GUID": {"ADVI": 0.4, "TRAN": 0.3, "LEGD": 0.3, "WKSH": 0.3, "TRNG": 0.2},
    "PEER": {"NETW": 0.4, "WKSH": 0.4, "ADVI": 0.3, "SPON": 0.3},
    "NETW": {"PEER": 0.5, "WKSH": 0.4},
    "CERT": {"ADVI": 0.3, "SPON": 0.25},
}
"""Form asked for -> form offered -> how far the second serves (0-1); what is not listed does not serve."""

FALLBACK = 0.3
"""For knowledge of any other form in the very area asked for: a background resource, a way to start."""
FALLBACK_FAMILIES = frozenset({"expertise", "training", "exercise", "planning", "knowledge", "exchange"})

SAME_FAMILY = 0.3
"""For a form that the table does not know (added by the secretariat): another form of its family."""


def area_closeness(tree: AreaTree, needed: str, offered: str) -> float:
    """0-1: same code, parent or child, sibling; the catch-all area is near to everything, but weakly."""
    if needed == offered:
        return SAME
    if needed in tree.ancestors(offered):
        return CATCH_ALL if needed == CATCH_ALL_AREA else OFFER_BELOW
    if offered in tree.ancestors(needed):
        return CATCH_ALL if offered == CATCH_ALL_AREA else OFFER_ABOVE
    if CATCH_ALL_AREA in (needed, offered):
        return CATCH_ALL
    above = tree.parents.get(needed)
    if above is not None and above == tree.parents.get(offered):
        return SIBLING
    return 0.0


def form_closeness(families: Mapping[str, str], needed: str, offered: str) -> float:
    """0-1: how far the form offered serves where another is asked for."""
    if needed == offered:
        return 1.0
    fallback = FALLBACK if families.get(offered) in FALLBACK_FAMILIES else 0.0
    if needed in SUBSTITUTES and offered in SUBSTITUTES:
        return max(SUBSTITUTES[needed].get(offered, 0.0), fallback)
    family = families.get(needed)
    return SAME_FAMILY if family and family == families.get(offered) else fallback


def best_form(families: Mapping[str, str], needed: str, offered: Iterable[str]) -> float:
    return max((form_closeness(families, needed, form) for form in offered), default=0.0)
