"""The outcome of a preview as its page shows it: figures, moves with titles, and a verdict in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .models import AssistanceRequest, Match, Offer, PolicyPreview

#: Rows of a table on the page; more nobody reads.
ROWS = 25


@dataclass(frozen=True)
class ShownMove:
    """A row: the pair, its ranks and scores before and after, and where it is explained."""

    request: Any
    offer: Any
    pair_url: str
    ranks: tuple[str, str]
    scores: tuple[str, str]
    shown: tuple[bool, bool]
    match: Any = None
    is_accepted: bool = False

    @property
    def change(self) -> str:
        """In a word: whether it appears, disappears, rises or falls."""
        if self.shown == (False, True):
            return _("Appears")
        if self.shown == (True, False):
            return _("Disappears")
        return self.direction

    @property
    def direction(self) -> str:
        before, after = (int(rank) if rank.isdigit() else None for rank in self.ranks)
        if before is None or after is None or before == after:
            return _("Same rank")
        return _("Rises") if after < before else _("Falls")


def shown_preview(preview: PolicyPreview, who: Any) -> dict[str, Any]:
    """What the page shows of a finished preview, with the titles of the records that `who` may read; three queries."""
    result = preview.result
    records = _Records([*result["moves"], *result["decided_moves"]], who)
    return {
        "requests": result["requests"],
        "offers": result["offers"],
        "figures": _figures(result),
        "moves": records.shown(result["moves"])[:ROWS],
        "decided": records.shown(result["decided_moves"])[:ROWS],
        "decided_count": result["decided"],
        "decided_left_out": result["decided_left_out"],
        "sides": _sides(result["agreement"]),
        "verdict": _verdict(result["agreement"]),
        "verdict_tone": VERDICT_TONES[result["agreement"]["verdict"]],
    }


VERDICT_TONES = {"better": "good", "worse": "attention", "same": "information", "unknown": "information"}


def _figures(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (_("requests whose first suggestion changes"), _of(result["first_changed"], result["requests"])),
        (_("of the best three stay among them"), _share(result["overlap_3"])),
        (_("of the best five stay among them"), _share(result["overlap_5"])),
        (_("suggestions now, and under the draft"), _arrow(result["shown_before"], result["shown_after"])),
        (_("suggestions would appear"), number_format(result["appear"])),
        (_("suggestions would disappear"), number_format(result["disappear"])),
        (_("requests without any suggestion"), _arrow(result["empty_before"], result["empty_after"])),
    ]


def _of(part: int, whole: int) -> str:
    return _("%(part)s of %(whole)s") % {"part": number_format(part), "whole": number_format(whole)}


def _arrow(before: Any, after: Any) -> str:
    return f"{number_format(before)} → {number_format(after)}"


def _share(value: float | None) -> str:
    return _("none shown") if value is None else _("%(share)s %%") % {"share": number_format(100 * value, 0)}


def _sides(agreement: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Two rows: what people accepted and what they refused."""
    names = {"accepted": _("Accepted: shortlisted, proposed, agreed, project"), "refused": _("Dismissed or declined")}
    return [
        {"name": name, "ranks": (_mean(side["rank_before"]), _mean(side["rank_after"])), **side}
        for key, name in names.items()
        if (side := agreement[key])
    ]


def _mean(rank: float) -> str:
    return number_format(rank, 1)


def _verdict(agreement: Mapping[str, Any]) -> list[str]:
    """Whether the draft agrees better with people, and the counts behind that."""
    if agreement["verdict"] == "unknown":
        return [
            _(
                "No request has both an accepted and a refused offer yet, so nothing says whether the draft agrees "
                "better with what people decided."
            )
        ]
    counts = {key: number_format(agreement[key]) for key in ("pairs", "right_before", "right_after")}
    sentences = {
        "better": _("The draft agrees better with what people decided."),
        "worse": _("The draft agrees less with what people decided."),
        "same": _("The draft agrees with what people decided as much as the version in force."),
    }
    counted = ngettext(
        "For %(pairs)s pair of an accepted and a refused offer of the same request, the accepted one scores higher "
        "in %(right_before)s now and in %(right_after)s under the draft.",
        "For %(pairs)s pairs of an accepted and a refused offer of the same request, the accepted one scores higher "
        "in %(right_before)s now and in %(right_after)s under the draft.",
        agreement["pairs"],
    )
    return [sentences[agreement["verdict"]], counted % counts]


class _Records:
    """Requests, offers and matches of moves, by reference."""

    def __init__(self, moves: Sequence[Mapping[str, Any]], who: Any) -> None:
        requests, offers = {move["request"] for move in moves}, {move["offer"] for move in moves}
        bodies = ("organization", "state")
        self.requests = _by_reference(
            AssistanceRequest.objects.visible_to(who).filter(reference__in=requests).select_related(*bodies)
        )
        self.offers = _by_reference(Offer.objects.visible_to(who).filter(reference__in=offers).select_related(*bodies))
        found = Match.objects.visible_to(who).filter(request__reference__in=requests, offer__reference__in=offers)
        self.matches = {
            (match.request.reference, match.offer.reference): match
            for match in found.select_related("request", "offer").defer("explanation")
        }

    def shown(self, moves: Iterable[Mapping[str, Any]]) -> list[ShownMove]:
        """Rows of those moves whose records the reader sees."""
        return [
            ShownMove(
                request=self.requests[move["request"]],
                offer=self.offers[move["offer"]],
                pair_url=reverse("assistance:pair", args=[move["request"], move["offer"]]),
                ranks=(_rank(move["before"]), _rank(move["after"])),
                scores=(_score(move["before"]), _score(move["after"])),
                shown=(move["before"][2], move["after"][2]),
                match=self.matches.get((move["request"], move["offer"])),
                is_accepted=move.get("is_accepted", False),
            )
            for move in moves
            if move["request"] in self.requests and move["offer"] in self.offers
        ]


def _by_reference(rows: Iterable[Any]) -> dict[str, Any]:
    return {row.reference: row for row in rows}


def _rank(place: Sequence[Any]) -> str:
    return _("not eligible") if place[0] is None else str(place[0])


def _score(place: Sequence[Any]) -> str:
    return "–" if place[1] is None else number_format(place[1] / 100, 2)
