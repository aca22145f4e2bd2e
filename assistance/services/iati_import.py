"""Takes IATI activities over into drafts of an organization's offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from cooperation_portal import changes
from organizations.models import Organization, State

from ..iati import identifiers
from ..iati.drafts import Drafting
from ..iati.reading import Activity, Problem
from ..models import Offer
from ..models.offers import IATI_IDENTIFIER_MAX_LENGTH
from .offer_values import OfferValues
from .offers import offer_create, offer_update

ADDED, CHANGED, UNCHANGED, SKIPPED = "added", "changed", "unchanged", "skipped"


class ImportRefused(Exception):
    """Something is wrong with some activities; nothing was written. `problems` are (activity, problem)."""

    def __init__(self, problems: list[tuple[Activity, Problem]]) -> None:
        self.problems = problems
        super().__init__(f"{len(problems)} problems")


@dataclass(frozen=True)
class Outcome:
    activity: Activity
    what: str
    #: Of the offer; empty where the activity was skipped.
    reference: str = ""
    #: What of the activity has no place in an offer.
    left: list[str] = field(default_factory=list)
    #: Why the activity was skipped, as what is said of it.
    reason: str = ""


def iati_import(
    *, by: Any, organization: Organization, activities: Sequence[Activity], dry_run: bool = False
) -> list[Outcome]:
    """Draft an offer for each activity that the organization has none of, change those that it has, all or nothing.

    An offer is known again by its IATI identifier: the one it was imported with, or the one under which the portal
    publishes it. What the file does not speak about stays as it is in the offer. Nothing is published by it. What
    another organization or State of the portal reports, or has as its own offer, is skipped.
    Raises `ImportRefused` and `NotAllowed`. With `dry_run` everything is done and taken back.
    """
    outcomes: list[Outcome] = []
    problems: list[tuple[Activity, Problem]] = []
    with transaction.atomic():
        with changes.together():
            # Two imports for one organization take turns, so that neither misses what the other adds.
            organization = Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=organization.pk)
            drafting, known = Drafting(organization), _known_offers(organization)
            others = Offer.objects.exclude(organization=organization) | Offer.objects.filter(organization=None)
            theirs = identifiers.held_by(others, {activity.identifier for activity in activities})
            for activity in activities:
                if reason := _reason_to_skip(activity, organization, drafting, theirs):
                    outcomes.append(Outcome(activity, SKIPPED, reason=reason))
                    continue
                if activity.problems:
                    problems += [(activity, problem) for problem in activity.problems]
                    continue
                said = drafting.said(activity)
                offer = known.get(activity.identifier)
                try:
                    with transaction.atomic():
                        what, offer = _write(by, organization, activity, offer, said.values)
                except ValidationError as error:
                    problems += [(activity, problem) for problem in _problems(activity, error)]
                else:
                    outcomes.append(Outcome(activity, what, offer.reference, left=said.left))
            if problems:
                raise ImportRefused(sorted(problems, key=lambda row: (row[0].line, row[1].line)))
        transaction.set_rollback(dry_run)
    return outcomes


def _reason_to_skip(
    activity: Activity, organization: Organization, drafting: Drafting, theirs: dict[str, Offer]
) -> str:
    """Why the activity is another provider's; empty where it may be taken over."""
    reporter = drafting.by_ref.get(activity.reporter)
    if reporter is not None and reporter != organization:
        return f"is reported by {_said_of(reporter)}"
    held = theirs.get(activity.identifier)
    return f"is {held.reference} of {_said_of(held.provider)}" if held else ""


def _said_of(body: Organization | State) -> str:
    if isinstance(body, State):
        return f"{body.name_en}, a State; its offers are written in the portal"
    return f"{body.acronym} ({body.name}); give --organization {body.acronym}"


def _known_offers(organization: Organization) -> dict[str, Offer]:
    """All offers of the organization by IATI identifier, locked in the order of their ids."""
    offers = Offer.objects.filter(organization=organization).select_related("organization", "state")
    offers = offers.select_for_update(of=("self",), no_key=True).order_by("pk")
    return {identifiers.of_offer(offer): offer for offer in offers}


def _write(
    by: Any, organization: Organization, activity: Activity, offer: Offer | None, said: dict[str, Any]
) -> tuple[str, Offer]:
    if offer is None:
        if len(activity.identifier) > IATI_IDENTIFIER_MAX_LENGTH:
            raise ValidationError(f"The identifier is longer than {IATI_IDENTIFIER_MAX_LENGTH} characters.")
        values = OfferValues(**said)
        added = offer_create(by=by, provider=organization, values=values, iati_identifier=activity.identifier)
        return ADDED, added
    present = OfferValues.of(offer)
    values = replace(present, **said)
    if _compared(values) == _compared(present):
        return UNCHANGED, offer
    return CHANGED, offer_update(by=by, offer=offer, values=values, expected_version=offer.version)


def _compared(values: OfferValues) -> dict[str, Any]:
    """The values in a form in which the order of a selection says nothing."""
    tidied = values.tidied()
    told = {name: getattr(tidied, name) for name in tidied.__dataclass_fields__}
    sets = ("areas", "types", "members_of", "states", "partners", "weapon_types", "regional_groups", "languages")
    return told | {name: frozenset(told[name]) for name in sets}


def _problems(activity: Activity, error: ValidationError) -> list[Problem]:
    """What the offer's own rules say, at the place in the file from which the field comes."""
    if not hasattr(error, "error_dict"):
        return [Problem(activity.line, sentence) for sentence in error.messages]
    return [
        Problem(activity.lines.get(name, activity.line), sentence if name == "__all__" else f"{name}: {sentence}")
        for name, sentences in error.message_dict.items()
        for sentence in sentences
    ]
