"""What the pages and files of a portfolio plan show: the plan's references with the records as the reader sees them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cooperation_portal.interface.tones import Tone

from .explanations import Words
from .models import AssistanceRequest, Match, Need, Offer, PortfolioPlan
from .portfolio_sentences import FREED_SENTENCES, LEFT_OUT_SENTENCES, OPEN_NEED_SENTENCES

CHANGE_LABELS = {"new": gettext_lazy("New"), "same": gettext_lazy("As decided")}
CHANGE_TONES = {"new": Tone.ATTENTION, "same": Tone.GOOD}
PRIORITIES = dict(Need.Priority.choices)


@dataclass(frozen=True)
class Named:
    """A record of the plan: what is shown of it, and where it stands; `url` is empty if the reader may not see it."""

    reference: str
    title: str
    who: str
    url: str

    @property
    def text(self) -> str:
        """What a search looks at."""
        return f"{self.reference} {self.title} {self.who}".casefold()


@dataclass(frozen=True)
class ShownPair:
    request: Named
    offer: Named
    score: float
    needs: list[str]
    change: str
    label: str
    tone: str
    status: str
    url: str


@dataclass(frozen=True)
class OpenNeed:
    area: str
    priority: str
    sentence: str


@dataclass(frozen=True)
class OfferRow:
    """An offer: `stated` places are None where no limit is known; `places` are those that the plan could give."""

    offer: Named
    stated: int | None
    places: int
    left: int
    pairs: list[ShownPair]

    @property
    def text(self) -> str:
        return " ".join([self.offer.text, *(pair.request.text for pair in self.pairs)])


@dataclass(frozen=True)
class RequestRow:
    request: Named
    pairs: list[ShownPair]
    remains: list[OpenNeed]

    @property
    def text(self) -> str:
        return " ".join([self.request.text, *(pair.offer.text for pair in self.pairs)])


@dataclass(frozen=True)
class LeftRow:
    who: str
    requests: list[Named]
    sentence: str

    @property
    def text(self) -> str:
        return " ".join([self.who.casefold(), *(one.text for one in self.requests)])


@dataclass(frozen=True)
class ChangeRow:
    """A pair that is new, that the plan would free (with the reason), or that is as decided.

    `kind`: `new`, `free`, `same`.
    """

    kind: str
    request: Named
    offer: Named
    label: str
    tone: str
    sentence: str
    url: str

    @property
    def text(self) -> str:
        return f"{self.request.text} {self.offer.text}"


@dataclass(frozen=True)
class PlaceRow:
    """What one more place in an area would bring. `offer` is where it brings that; None where nothing is gained."""

    area: str
    code: str
    helped: int
    met: float
    offer: Named | None
    is_exact: bool


class ShownPlan:
    """A finished plan for one reader, in a fixed number of queries."""

    def __init__(self, plan: PortfolioPlan, who: Any) -> None:
        self.plan = plan
        self.who = who
        self.result: dict[str, Any] = plan.result
        self.words = Words()

    @cached_property
    def pairs(self) -> list[ShownPair]:
        return [self._pair(row) for row in self.result["pairs"]]

    @cached_property
    def new(self) -> int:
        return sum(1 for row in self.result["pairs"] if row["change"] == "new")

    @property
    def has_anything(self) -> bool:
        return bool(self.result["pairs"])

    def offers(self) -> list[OfferRow]:
        """Who takes what, by provider and reference."""
        by_offer: dict[str, list[ShownPair]] = defaultdict(list)
        for pair in self.pairs:
            by_offer[pair.offer.reference].append(pair)
        rows = [
            OfferRow(
                self._offer(row["offer"]),
                row["stated"],
                row["places"],
                row["places"] - row["taken"],
                by_offer[row["offer"]],
            )
            for row in self.result["offers"]
        ]
        return sorted(rows, key=lambda row: (row.offer.who.casefold(), row.offer.reference))

    def requests(self) -> list[RequestRow]:
        """What each request gets, and what remains."""
        gets: dict[str, list[ShownPair]] = defaultdict(list)
        for pair in self.pairs:
            gets[pair.request.reference].append(pair)
        remains: dict[str, list[OpenNeed]] = defaultdict(list)
        for row in self.result["open_needs"]:
            remains[row["request"]].append(self._open_need(row))
        return [
            RequestRow(self._request(reference), gets[reference], remains[reference])
            for reference in self.result["requesters"]
        ]

    def left(self) -> list[LeftRow]:
        """Requesters who are left with nothing, and why."""
        own: dict[str, list[Named]] = defaultdict(list)
        for reference, requester in self.result["requesters"].items():
            own[requester].append(self._request(reference))
        rows = [
            LeftRow(self.words.body(key), own[key], _sentence(LEFT_OUT_SENTENCES, reason, self.words))
            for key, reason in self.result["left"].items()
        ]
        return sorted(rows, key=lambda row: row.who.casefold())

    def changes(self) -> list[ChangeRow]:
        """The plan against today's decisions: pairs that are new, that would be free, and that are as decided."""
        freed = {(row["request"], row["offer"]) for row in self.result["freed"]}
        kept = [
            ChangeRow(pair.change, pair.request, pair.offer, pair.label, pair.tone, ", ".join(pair.needs), pair.url)
            for pair in self.pairs
            if (pair.request.reference, pair.offer.reference) not in freed
        ]
        free = [
            ChangeRow(
                "free",
                self._request(row["request"]),
                self._offer(row["offer"]),
                _("Would be free: %(status)s") % {"status": Match.Status(row["status"]).label},
                Tone.INFORMATION,
                str(FREED_SENTENCES.get(row["reason"], row["reason"])),
                self._pair_url(row["request"], row["offer"]),
            )
            for row in self.result["freed"]
        ]
        order = {"new": 0, "free": 1, "same": 2}
        return sorted([*kept, *free], key=lambda row: order[row.kind])

    def places(self) -> list[PlaceRow]:
        """What one more place would bring, by area, the most first."""
        return [
            PlaceRow(
                self.words.area(row["area"]),
                row["area"],
                row["helped"],
                row["met"],
                self._offer(row["offer"]) if row["offer"] else None,
                row["is_exact"],
            )
            for row in self.result["margins"]
        ]

    @cached_property
    def _offers(self) -> dict[str, Named]:
        references = {row["offer"] for name in ("pairs", "freed", "offers", "margins") for row in self.result[name]}
        rows = Offer.objects.visible_to(self.who).filter(reference__in=references - {None})
        return {
            row.reference: Named(row.reference, row.title, str(row.provider), row.get_absolute_url())
            for row in rows.select_related("organization", "state").defer("summary")
        }

    def _offer(self, reference: str) -> Named:
        return self._offers.get(reference) or Named(reference, "", "", "")

    @cached_property
    def _requests(self) -> dict[str, Named]:
        rows = AssistanceRequest.objects.visible_to(self.who).filter(reference__in=self.result["requesters"])
        return {
            row.reference: Named(row.reference, row.title, str(row.requester), row.get_absolute_url())
            for row in rows.select_related("organization", "state").defer("description")
        }

    def _request(self, reference: str) -> Named:
        return self._requests.get(reference) or Named(reference, "", "", "")

    @cached_property
    def _stored(self) -> dict[tuple[str, str], int]:
        """Primary keys of the stored matches."""
        rows = Match.objects.visible_to(self.who).filter(request__reference__in=self.result["requesters"])
        return {
            (request, offer): pk
            for request, offer, pk in rows.values_list("request__reference", "offer__reference", "pk")
        }

    def _pair_url(self, request: str, offer: str) -> str:
        """Where an expert decides on a stored match; else why, or why not, the pair fits."""
        stored = self._stored.get((request, offer))
        if stored is not None:
            return reverse("admin:assistance_match_change", args=[stored])
        return reverse("assistance:pair", args=[request, offer])

    def _pair(self, row: dict[str, Any]) -> ShownPair:
        return ShownPair(
            request=self._request(row["request"]),
            offer=self._offer(row["offer"]),
            score=row["score"],
            needs=[self.words.area(need["area"]) for need in row["needs"]],
            change=row["change"],
            label=Match.Status(row["status"]).label if row["status"] else str(CHANGE_LABELS[row["change"]]),
            tone=CHANGE_TONES[row["change"]],
            status=row["status"],
            url=self._pair_url(row["request"], row["offer"]),
        )

    def _open_need(self, row: dict[str, Any]) -> OpenNeed:
        return OpenNeed(
            self.words.area(row["area"]),
            str(PRIORITIES.get(row["priority"], row["priority"])),
            _sentence(OPEN_NEED_SENTENCES, row["reason"], self.words),
        )


def _sentence(sentences: dict[str, Any], code: str, words: Words) -> str:
    """The sentence of a code; a plan that was kept long may have one that is no longer used."""
    sentence = sentences.get(code)
    return sentence({}, words) if sentence else code


def holding(rows: Iterable[Any], text: str) -> list[Any]:
    """The rows whose text holds every word of `text`."""
    words = text.casefold().split()
    return [row for row in rows if all(word in row.text for word in words)]
