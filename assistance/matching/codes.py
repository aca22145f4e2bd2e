"""Every code that an explanation or a ranking can hold, with its parameters.

The library writes no sentences. Whoever shows an explanation writes one sentence a code in the reader's
language, and a test can walk this catalogue to see that none is missing. Parameter values are JSON values:
text, numbers, true or false, lists of codes, ISO dates, or null. Scores and shares are from 0 to 1 unless said
otherwise; `area`, `types`, `provider`, `requester`, `states` hold natural keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """One code: where it occurs, what it says, its parameters, and the values of `reason` or `kind` if any."""

    place: str
    code: str
    meaning: str
    params: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()


PLACES: Mapping[str, str] = {
    "gate": "explanation['gates'], Rejection.failed: passed or not",
    "part": "explanation['parts']: value, weight, points",
    "missing": "explanation['missing']: what the offer leaves open",
    "paragraph": "explanation['paragraphs']: what of resolution 2325 (2016) the pair serves",
    "reading": "explanation['readings']: what the prose changed against the tags",
    "warning": "Ranking.warnings: what is wrong with the request",
    "package": "Package.notes, Packages.notes: how the offers of a package go together, and what no offer reaches",
    "open_need": "LeftNeed.reason: why a plan leaves a need open",
    "left_out": "Portfolio.left: why a plan leaves a requester with nothing",
}

_NEED = ("key", "area", "priority")

CATALOGUE: tuple[Code, ...] = (
    Code(
        "gate",
        "live",
        "The offer is planned or ongoing, and not over.",
        ("reason", "status", "ends_on"),
        ("status", "over"),
    ),
    Code("gate", "open_by_text", "The text does not say that places are closed or the programme suspended."),
    Code(
        "gate",
        "period",
        "The offer runs at some time within the wanted period.",
        ("reason", "starts_on", "ends_on", "needed_from", "needed_by"),
        ("starts_after", "ends_before"),
    ),
    Code(
        "gate",
        "covered",
        "The offer is open to the requester; `by_text` if the text narrowed it.",
        ("requester", "share", "by_text", "regional_groups", "members_of", "states"),
    ),
    Code("gate", "capacity", "There is room for one more; null is no known limit.", ("capacity",)),
    Code("gate", "not_own", "The provider is not the requester, nor a part of it.", ("provider", "requester")),
    Code(
        "gate",
        "not_declined",
        "The requester has not declined the provider; `by_text` if the text does.",
        ("provider", "by_text"),
    ),
    Code(
        "gate",
        "need_in_reach",
        "A need is near enough to an area of the offer.",
        ("reason", "closest", "needed", "offered"),
        ("area", "weapon_type", "low_priority"),
    ),
    Code(
        "gate",
        "form_of_help",
        "The offer gives a form of help that is asked for and not refused.",
        ("reason", "asked", "offered", "refused"),
        ("refused", "other_form"),
    ),
    Code(
        "gate",
        "language",
        "There is a common working language, where the requester insists on one.",
        ("asked", "offered"),
    ),
    Code(
        "gate",
        "not_already_received",
        "The same provider does not give this very help already.",
        ("provider", "area", "until"),
    ),
    Code("part", "needs", "Needs met, by priority, area, form and weapon type.", ("met", "of")),
    Code("part", "types", "Forms of help asked for and given.", ("met", "missing")),
    Code("part", "weapons", "Weapon types asked for and covered.", ("asked", "offered")),
    Code(
        "part",
        "region",
        "Regional approach.",
        ("kind", "provider"),
        ("regional_body", "made_for_region", "global"),
    ),
    Code(
        "part",
        "timing",
        "Share of the wanted period served, and how soon.",
        ("starts_on", "ends_on", "late", "early", "urgent", "prompt", "unfunded"),
    ),
    Code("part", "language", "Common working languages.", ("common", "offered")),
    Code("part", "specificity", "Narrow programme before a general one.", ("areas", "kind")),
    Code("part", "words", "Subjects and forms that both texts name.", ("shared",)),
    Code("part", "preferred", "The requester prefers the provider.", ("provider",)),
    Code("part", "overlap", "Lowers: help running already.", ("provider", "area", "until")),
    Code("part", "language_barrier", "Lowers: no common working language.", ("asked", "offered")),
    Code("part", "coverage_gap", "Lowers: members of the requester left out.", ("states",)),
    Code("part", "outside_region", "Lowers: the title names another region.", ("requester",)),
    Code("part", "unwanted", "Lowers: forms of help that the text refuses.", ("types",)),
    Code("missing", "area_unknown", "The need's area is not in the list of areas.", _NEED),
    Code("missing", "need_unmet", "The offer does not meet the need.", _NEED),
    Code("missing", "types_missing", "Forms asked for that the offer lacks.", (*_NEED, "types")),
    Code("missing", "no_common_language", "No common working language.", ("asked", "offered")),
    Code("missing", "members_not_covered", "Members of the requester left out.", ("states",)),
    Code("missing", "starts_late", "Starts after the wanted period has begun.", ("starts_on",)),
    Code("missing", "ends_early", "Ends before the wanted period does.", ("ends_on",)),
    Code("missing", "funding_open", "The offer's funding is not secured."),
    Code("missing", "contact_missing", "The provider has no point of contact.", ("provider",)),
    Code("paragraph", "op19_notified", "19: the provider notified this offer.", ("provider", "offer")),
    Code("paragraph", "op20_pairing", "20: the pair matches a request and an offer.", ("provider", "kind")),
    Code(
        "paragraph",
        "op20_regional",
        "20: the pair follows a regional approach.",
        ("provider", "kind"),
        ("regional_body", "made_for_region"),
    ),
    Code(
        "paragraph",
        "op22_prompt",
        "22: help can begin within the wanted period.",
        ("starts_on", "ends_on", "urgent"),
    ),
    Code(
        "paragraph",
        "op22_later",
        "22: help begins late or ends early for a prompt answer.",
        ("starts_on", "ends_on", "urgent"),
    ),
    Code("paragraph", "op24_contact", "24: the provider has named a point of contact.", ("provider",)),
    Code("paragraph", "op24_contact_missing", "24: the provider has not named one.", ("provider",)),
    Code("paragraph", "op24_not_asked", "24: does not ask this kind of provider.", ("provider",)),
    Code("paragraph", "op24_state", "24: asks organizations; the provider is a State.", ("provider",)),
    Code("reading", "text_closed", "Offer: the text says that it is closed or suspended."),
    Code("reading", "text_excludes_types", "Offer: forms of help that the text takes away.", ("types",)),
    Code("reading", "text_excludes_areas", "Offer: areas that the text takes away.", ("areas",)),
    Code("reading", "text_narrows_languages", "Offer: the text allows only these.", ("languages",)),
    Code(
        "reading",
        "text_narrows_coverage",
        "Offer: the text leaves so many States (a number).",
        ("states",),
    ),
    Code("reading", "text_refuses", "Request: help that the text refuses; empty: any.", ("areas", "types")),
    Code("reading", "text_declines", "Request: providers that the text declines.", ("providers",)),
    Code("reading", "request_vague", "Request: the needs are not yet defined."),
    Code("reading", "language_insisted", "Request: the text insists on its languages.", ("languages",)),
    Code("warning", "no_needs", "The request states no need."),
    Code("warning", "unknown_areas", "Areas that are not in the list, or retired.", ("areas",)),
    Code("warning", "unknown_types", "Forms of help that are not in the list.", ("types",)),
    Code(
        "warning",
        "preferred_and_declined",
        "Providers both preferred and declined; declined prevails.",
        ("providers",),
    ),
    Code("warning", "requester_unknown", "No State of the list stands behind the request.", ("requester",)),
    Code("package", "one_offer_enough", "One offer meets every need that can be met.", ("offer", "provider")),
    Code("package", "settled_enough", "What is proposed or agreed already meets them.", ("offers",)),
    Code(
        "package",
        "complementary",
        "A specialised international body stands beside one of the requester's region.",
        ("international", "regional"),
    ),
    Code("package", "need_unreached", "No offer that may be suggested meets the need.", _NEED),
    Code("open_need", "no_offer", "No offer that may be suggested meets it."),
    Code("open_need", "all_full", "The offers that would meet it had no place from the beginning."),
    Code("open_need", "places_taken", "The places that would meet it go to others."),
    Code("open_need", "enough_offers", "The request has as many offers as it may."),
    Code("open_need", "not_found", "The search ran out of time."),
    Code("left_out", "no_offer", "No offer that may be suggested meets any of its needs."),
    Code("left_out", "all_full", "The offers that would meet its needs had no place from the beginning."),
    Code("left_out", "places_taken", "Its places are needed by others who would have nothing without them."),
    Code("left_out", "not_found", "The search ran out of time."),
)


def codes_of(place: str) -> dict[str, Code]:
    """The codes of one place, by code."""
    return {code.code: code for code in CATALOGUE if code.place == place}
