"""A portfolio at the size of the issue's aim, from profiles to the plan with what one more place would bring.

Two worlds: places as they are drawn, where most requests find several offers, and scarce ones, where four offers in
five are full and the fifth has one place at most.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from assistance.matching import DEFAULT_POLICY, Matcher, OfferProfile
from assistance.matching.portfolio import plan_portfolio
from assistance.matching.portfolio_reading import open_request, possible_pairs, rules_of, supply

from .synthetic import TODAY, Synthetic

REQUESTS, OFFERS = 300, 3_000
SECONDS = 20.0


def _as_drawn(offers: Sequence[OfferProfile]) -> Sequence[OfferProfile]:
    return offers


def _scarce(offers: Sequence[OfferProfile]) -> Sequence[OfferProfile]:
    return [
        replace(offer, capacity=0 if number % 5 or offer.capacity == 0 else 1) for number, offer in enumerate(offers)
    ]


WORLDS: dict[str, Callable[[Sequence[OfferProfile]], Sequence[OfferProfile]]] = {
    "as_drawn": _as_drawn,
    "scarce": _scarce,
}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Seconds of the two steps, whether the plan is proven best, the gap, and what the plan does."""
    return {name: _measured(choose) for name, choose in WORLDS.items()}


def _measured(choose: Callable[[Sequence[OfferProfile]], Sequence[OfferProfile]]) -> dict[str, Any]:
    drawn = Synthetic()
    offers, requests = choose(drawn.offers(OFFERS)), drawn.requests(REQUESTS)
    began = time.perf_counter()
    matcher = Matcher(drawn.directory, DEFAULT_POLICY, TODAY)
    pairs = possible_pairs(matcher, requests, offers)
    ranked = time.perf_counter()
    found = plan_portfolio(
        map(open_request, requests), map(supply, offers), pairs, rules=rules_of(matcher, seconds=SECONDS)
    )
    planned = time.perf_counter()
    return {
        "requests": len(requests),
        "offers": len(offers),
        "pairs": found.size["pairs"],
        "considered": found.size["considered"],
        "parts": found.size["parts"],
        "reading_s": round(ranked - began, 2),
        "planning_s": round(planned - ranked, 2),
        "seconds": round(planned - began, 2),
        "is_proven": found.is_proven,
        "gap": round(found.gap, 6),
        "helped": len(found.helped),
        "left": len(found.left),
        "met": round(found.met, 2),
        "asked": round(found.asked, 2),
        "margins": len(found.margins),
        "margins_exact": sum(1 for margin in found.margins if margin.is_exact),
        "margins_above_0": sum(1 for margin in found.margins if margin.met or margin.helped),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def show(results: dict[str, Any]) -> None:
    for name, row in results.items():
        proven = "proven best" if row["is_proven"] else f"gap {row['gap']:.2%}"
        print(f"portfolio, {name}: {row['requests']} requests x {row['offers']} offers")
        print(f"  {row['seconds']} s ({row['reading_s']} s pairs, {row['planning_s']} s plan and margins), {proven}")
        print(
            f"  {row['pairs']} pairs, {row['considered']} after reduction, {row['parts']} parts; "
            f"{row['helped']} requesters helped, {row['left']} not; need met {row['met']} of {row['asked']}"
        )
        exact, gaining = row["margins_exact"], row["margins_above_0"]
        print(f"  one more place: {exact} of {row['margins']} areas exact, {gaining} above 0")
