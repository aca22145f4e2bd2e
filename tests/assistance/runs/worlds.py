"""A small network drawn from a seed, and changes that happen to it."""

from __future__ import annotations

import random
from datetime import date, timedelta

from django.utils import timezone

from assistance.matching import DEFAULT_POLICY
from assistance.models import AssistanceRequest, Match, MatchingPolicy, MatchingRun, Offer
from assistance.services.matching import carry_out
from assistance.services.queueing import queue_matching
from organizations.models import Membership
from tests.factories import (
    AreaFactory,
    MembershipFactory,
    OfferFactory,
    OrganizationFactory,
    RequestFactory,
    StateFactory,
)

AREAS = ("BIO", "BIO.LAB", "BIO.TRN", "BOR", "BOR.CUS", "CAP", "LEG.BIO", "LEG.STC")
TYPES = ("TRNG", "ADVI", "LEGD", "EQPT", "NEED")
TITLES = ("Example courses", "Biosafety in laboratories", "Customs training", "Drafting of laws")
TEXTS = (
    "Courses for laboratory staff.",
    "Customs officers are trained.",
    "Legislation is drafted.",
    "Equipment is not supplied.",
    "Registration is closed.",
    "Specific needs will be communicated later.",
)


def store_policy() -> MatchingPolicy:
    return MatchingPolicy.objects.create(**DEFAULT_POLICY.as_dict() | {"version": 1})


def carried_out(*, offer: Offer | None = None, request: AssistanceRequest | None = None) -> MatchingRun:
    """A run from its asking to its end."""
    cause = MatchingRun.Cause.OFFER if offer else MatchingRun.Cause.REQUEST if request else MatchingRun.Cause.DEMAND
    run = queue_matching(cause=cause, offer=offer, request=request)
    carry_out(run.pk)
    run.refresh_from_db()
    assert run.status == MatchingRun.Status.DONE, run.problem
    return run


def written(run: MatchingRun) -> tuple[int, int, int]:
    return run.suggested, run.changed, run.superseded


def suggestions() -> list[tuple]:
    """What stands as suggested, in order."""
    rows = Match.objects.filter(status=Match.Status.SUGGESTED).order_by("request", "rank")
    return list(rows.values_list("request__reference", "rank", "offer__reference", "score"))


class World:
    """Some bodies, States, offers and requests; `shake` changes one of them as people do."""

    def __init__(self, seed: int, *, offers: int, requests: int) -> None:
        self.dice = random.Random(seed)
        for code in AREAS:
            AreaFactory(code=code)
        self.states = [StateFactory() for _ in range(4)]
        self.bodies = [OrganizationFactory() for _ in range(3)]
        MembershipFactory(
            organization=self.bodies[0], state=self.states[0], iso3=self.states[0].iso3, status=Membership.Status.MEMBER
        )
        self.offers = [self._new_offer() for _ in range(offers)]
        self.requests = [self._new_request() for _ in range(requests)]

    def _new_offer(self) -> Offer:
        is_global = self.dice.random() < 0.5
        return OfferFactory(
            organization=self.dice.choice(self.bodies),
            title=self.dice.choice(TITLES),
            summary=" ".join(self.dice.sample(TEXTS, 2)),
            areas=self.dice.sample(AREAS, 2),
            types=self.dice.sample(TYPES, 2),
            coverage="global" if is_global else "selected",
            states=[] if is_global else self.dice.sample(self.states, 2),
            capacity=self.dice.choice([None, None, 0, 2]),
            ends_on=self._day(30, 900),
        )

    def _new_request(self) -> AssistanceRequest:
        needs = [(area, [self.dice.choice(TYPES)], "high") for area in self.dice.sample(AREAS, 2)]
        return RequestFactory(
            state=self.dice.choice(self.states),
            description=" ".join(self.dice.sample(TEXTS, 2)),
            needs=needs,
            needed_from=self._day(1, 20),
        )

    def _day(self, earliest: int, latest: int) -> date:
        return timezone.localdate() + timedelta(days=self.dice.randint(earliest, latest))

    def shake(self) -> dict[str, Offer | AssistanceRequest]:
        """Change an offer or a request, as a service would; give back what a run is to be asked for."""
        if self.dice.random() < 0.7:
            return {"offer": self._changed_offer()}
        return {"request": self._changed_request()}

    def _changed_offer(self) -> Offer:
        offer = self.dice.choice(self.offers)
        change = self.dice.choice(["status", "capacity", "coverage", "areas", "summary", "ends_on"])
        if change == "status":
            offer.status = "suspended" if offer.status == "ongoing" else "ongoing"
        elif change == "capacity":
            offer.capacity = self.dice.choice([None, 0, 1])
        elif change == "coverage":
            offer.coverage = "selected" if offer.coverage == "global" else "global"
        elif change == "areas":
            offer.areas.set([AreaFactory(code=code) for code in self.dice.sample(AREAS, 2)])
        elif change == "summary":
            offer.summary = " ".join(self.dice.sample(TEXTS, 2))
        else:
            offer.ends_on = self._day(30, 900)
        offer.version += 1
        offer.save()
        return offer

    def _changed_request(self) -> AssistanceRequest:
        request = self.dice.choice(self.requests)
        if self.dice.random() < 0.3:
            request.status = "withdrawn" if request.status == "submitted" else "submitted"
        else:
            request.description = " ".join(self.dice.sample(TEXTS, 2))
            request.needed_by = self._day(100, 400)
        request.version += 1
        request.save()
        return request
