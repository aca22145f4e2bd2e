"""Synthetic records in number, for measuring. They say nothing about anybody: titles are made of vocabulary labels."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from assistance.models import Area, AssistanceRequest, AssistanceType, Need, Offer
from cooperation_portal.changes.recording import write_changes
from cooperation_portal.records.models import Provenance
from organizations.models import Organization, State
from organizations.models.states import RegionalGroup

BATCH = 2_000
GROUPS = [group for group in RegionalGroup.values if group != RegionalGroup.NONE]
LANGUAGES = (["en"], ["en", "fr"], ["en", "es"], ["es"], ["fr"], ["ar", "en"], ["ru", "en"])


class Volume:
    """Draws records from a seed: the same seed and reference data give the same records."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - reproducible, not secret
        self.areas = list(Area.objects.in_use().exclude(parent=None).order_by("code"))
        self.types = list(AssistanceType.objects.in_use().order_by("code"))
        self.organizations = list(Organization.objects.order_by("acronym"))
        self.with_members = [body for body in self.organizations if body.memberships.exists()]
        self.states = list(State.objects.order_by("iso3"))
        self.today = timezone.localdate()

    @transaction.atomic
    def load(self, *, offers: int, requests: int) -> None:
        self._offers(offers)
        self._requests(requests)

    def _offers(self, count: int) -> None:
        drawn = [self._offer(number) for number in range(1, count + 1)]
        Offer.objects.bulk_create(drawn, batch_size=BATCH)
        self._relate(Offer.areas.through, "offer", "area", drawn, lambda: self.dice.sample(self.areas, self._few(3)))
        self._relate(
            Offer.types.through, "offer", "assistancetype", drawn, lambda: self.dice.sample(self.types, self._few(3))
        )
        selected = [offer for offer in drawn if offer.coverage == Offer.Coverage.SELECTED and not offer.regional_groups]
        half = len(selected) // 2
        self._relate(
            Offer.members_of.through,
            "offer",
            "organization",
            selected[:half],
            lambda: [self.dice.choice(self.with_members)],
        )
        self._relate(
            Offer.states.through, "offer", "state", selected[half:], lambda: self.dice.sample(self.states, self._few(8))
        )
        write_changes(drawn)

    def _offer(self, number: int) -> Offer:
        area, kind = self.dice.choice(self.areas), self.dice.choice(self.types)
        where = self.dice.random()
        return Offer(
            reference=f"OFF-V{number:06d}",
            organization=self.dice.choice(self.organizations),
            title=f"{kind.label}: {area.label} ({number})",
            summary=f"Synthetic offer for measuring. {kind.label} in {area.label.lower()}. {area.description}",
            status=self.dice.choices(["ongoing", "planned", "suspended", "completed"], [75, 10, 5, 10])[0],
            coverage=Offer.Coverage.GLOBAL if where < 0.2 else Offer.Coverage.SELECTED,
            regional_groups=[self.dice.choice(GROUPS)] if 0.2 <= where < 0.6 else [],
            languages=self.dice.choice(LANGUAGES),
            weapon_types=self.dice.choice([[], [], ["BW"], ["CW"], ["NW"], ["NW", "CW", "BW"]]),
            visibility=self.dice.choices(["public", "network", "committee"], [50, 45, 5])[0],
            starts_on=self._near(-400, 200),
            ends_on=self._near(250, 900),
            capacity=self.dice.choice([None, 0, 1, 2, 5]),
            provenance=Provenance.EXAMPLE,
            published_at=timezone.now() - timedelta(minutes=number),
        )

    def _requests(self, count: int) -> None:
        drawn = [self._request(number) for number in range(1, count + 1)]
        AssistanceRequest.objects.bulk_create(drawn, batch_size=BATCH)
        needs = [need for request in drawn for need in self._needs(request)]
        Need.objects.bulk_create(needs, batch_size=BATCH)
        self._relate(
            Need.types.through, "need", "assistancetype", needs, lambda: self.dice.sample(self.types, self._few(2))
        )
        write_changes(drawn)

    def _request(self, number: int) -> AssistanceRequest:
        area = self.dice.choice(self.areas)
        return AssistanceRequest(
            reference=f"REQ-V{number:06d}",
            state=self.dice.choice(self.states),
            title=f"Help with: {area.label} ({number})",
            description=f"Synthetic request for measuring. {area.description}",
            status=self.dice.choices(["submitted", "authenticated", "circulated", "closed"], [25, 20, 45, 10])[0],
            languages=self.dice.choice(LANGUAGES),
            needed_from=self._near(20, 200),
            needed_by=self._near(300, 700),
            received_on=self._near(-500, -1),
            submitted_at=timezone.now(),
            provenance=Provenance.EXAMPLE,
        )

    def _needs(self, request: AssistanceRequest) -> list[Need]:
        chosen = self.dice.sample(self.areas, self._few(3))
        return [
            Need(request=request, area=area, priority=self.dice.choice(Need.Priority.values), position=position)
            for position, area in enumerate(chosen)
        ]

    def _relate(self, through: Any, own: str, other: str, owners: list[Any], draw: Any) -> None:
        rows = [through(**{f"{own}_id": owner.pk, f"{other}_id": chosen.pk}) for owner in owners for chosen in draw()]
        through.objects.bulk_create(rows, batch_size=BATCH)

    def _few(self, most: int) -> int:
        return self.dice.randint(1, most)

    def _near(self, earliest: int, latest: int) -> date:
        return self.today + timedelta(days=self.dice.randint(earliest, latest))
