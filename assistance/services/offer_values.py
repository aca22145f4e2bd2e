"""What is said in an offer, and the rules for saying it: one set for the form, the API, the admin and imports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.levels import Level
from cooperation_portal.records.languages import WorkingLanguage
from organizations.models import Organization, State

from ..coverage import COVERAGE_GROUPS, CoverageTable
from ..models import Area, AssistanceType, Offer, OfferPartner, WeaponType
from ..models.offers import DatePrecision

MAX_PARTNERS = 20

Problems = dict[str, list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerValues:
    """Who pays or carries out: an organization, a State or, if neither lists it, a name. Exactly one of the three."""

    role: str
    organization: Organization | None = None
    state: State | None = None
    other_name: str = ""

    @property
    def name(self) -> str:
        return self.other_name or str(self.organization or self.state or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferValues:
    """Everything a provider says in an offer. Reference, provider, status and dates of writing are not said but kept.

    Relations are given as records, codes as plain text. `replace(OfferValues.of(offer), title="…")` changes one thing.
    With `coverage="global"` the three selections must be empty. `capacity=None` means that there is no limit.
    """

    title: str
    kind: str = Offer.Kind.PROGRAMME
    summary: str = ""
    areas: Sequence[Area] = ()
    types: Sequence[AssistanceType] = ()
    weapon_types: Sequence[str] = ()
    coverage: str = Offer.Coverage.SELECTED
    regional_groups: Sequence[str] = ()
    members_of: Sequence[Organization] = ()
    states: Sequence[State] = ()
    languages: Sequence[str] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    capacity: int | None = None
    visibility: str = Level.NETWORK
    partners: Sequence[PartnerValues] = field(default=())

    @classmethod
    def of(cls, offer: Offer) -> OfferValues:
        """What an offer says now."""
        return cls(
            **{name: getattr(offer, name) for name in PLAIN_FIELDS},
            areas=tuple(offer.areas.all()),
            types=tuple(offer.types.all()),
            members_of=tuple(offer.members_of.all()),
            states=tuple(offer.states.all()),
            partners=tuple(
                PartnerValues(
                    role=partner.role,
                    organization=partner.organization,
                    state=partner.state,
                    other_name=partner.other_name,
                )
                for partner in offer.partners.select_related("organization", "state")
            ),
        )

    def tidied(self) -> OfferValues:
        """The same without stray spaces and repeats, codes in their usual order."""
        return replace(
            self,
            title=" ".join(self.title.split()),
            summary=self.summary.replace("\r\n", "\n").strip(),
            weapon_types=_in_order(self.weapon_types, WeaponType.values),
            regional_groups=_in_order(self.regional_groups, COVERAGE_GROUPS),
            languages=_in_order(self.languages, WorkingLanguage.values),
            partners=tuple(replace(row, other_name=" ".join(row.other_name.split())) for row in self.partners),
        )

    def covered(self, table: CoverageTable | None = None) -> frozenset[str]:
        """The States that this coverage names, by ISO code."""
        return (table or CoverageTable.read()).of_values(
            is_global=self.coverage == Offer.Coverage.GLOBAL,
            regional_groups=self.regional_groups,
            organization_ids=[body.pk for body in self.members_of],
            states=[state.iso3 for state in self.states],
        )


#: Fields that are written as they are given.
PLAIN_FIELDS = (
    "title",
    "kind",
    "summary",
    "weapon_types",
    "coverage",
    "regional_groups",
    "languages",
    "starts_on",
    "ends_on",
    "capacity",
    "visibility",
)
LIST_FIELDS = frozenset({"weapon_types", "regional_groups", "languages"})
RELATIONS = ("areas", "types", "members_of", "states")


def write_plain(offer: Offer, values: OfferValues) -> None:
    """Put the plain values on the record. A date that changes is known to the day from then on."""
    for name in ("starts", "ends"):
        if getattr(offer, f"{name}_on") != getattr(values, f"{name}_on"):
            setattr(offer, f"{name}_precision", DatePrecision.DAY)
    for name in PLAIN_FIELDS:
        value = getattr(values, name)
        setattr(offer, name, list(value) if name in LIST_FIELDS else value)


def write_relations(offer: Offer, values: OfferValues) -> None:
    """Set the relations of a saved offer; partners are written anew only if they differ."""
    for name in RELATIONS:
        getattr(offer, name).set(getattr(values, name))
    if tuple(OfferValues.of(offer).partners) != tuple(values.partners):
        offer.partners.all().delete()
        OfferPartner.objects.bulk_create(
            OfferPartner(
                offer=offer,
                role=row.role,
                organization=row.organization,
                state=row.state,
                other_name=row.other_name,
            )
            for row in values.partners
        )


def check(offer: Offer, values: OfferValues, *, to_publish: bool, also: Problems | None = None) -> None:
    """Raise `ValidationError`, by field, for everything that keeps the offer from being saved or published.

    `offer` carries the plain values already; of the relations it has those that were saved before. `also` are problems
    that the caller found.
    """
    problems: Problems = {}
    try:
        offer.full_clean(exclude=["reference"])
    except ValidationError as error:
        problems.update(error.update_error_dict({}))
    _add(problems, _wrong_coverage(values))
    _add(problems, _retired(offer, values))
    _add(problems, _wrong_partners(values))
    if to_publish:
        _add(problems, missing(values))
    _add(problems, also or {})
    if problems:
        raise ValidationError(problems)


def missing(values: OfferValues) -> Problems:
    """What a published offer needs and this one lacks, by field."""
    problems: Problems = {}
    if not values.summary.strip():
        problems["summary"] = [_("Write a summary. Without one it can only be kept as a draft.")]
    if not values.areas:
        problems["areas"] = [_("Tick at least one area. Without one it can only be kept as a draft.")]
    if not values.types:
        problems["types"] = [_("Tick at least one type of assistance. Without one it can only be kept as a draft.")]
    if not values.languages:
        problems["languages"] = [_("Tick at least one language. Without one it can only be kept as a draft.")]
    if values.coverage != Offer.Coverage.GLOBAL and not values.covered():
        problems["coverage"] = [_no_state_covered(values)]
    return problems


def already_over(values: OfferValues) -> Problems:
    """What has ended is not published any more."""
    if values.ends_on is not None and values.ends_on < timezone.localdate():
        return {"ends_on": [_("The end has passed. What has ended cannot be published; check the date.")]}
    return {}


def _no_state_covered(values: OfferValues) -> Any:
    if values.members_of:
        return _("No member State of the chosen organizations is on record. Add a regional group or a State.")
    return _(
        "Say who can be helped: all States, or at least one regional group, organization or State. Without that it can "
        "only be kept as a draft."
    )


def _wrong_coverage(values: OfferValues) -> Problems:
    problems: Problems = {}
    if unknown := [group for group in values.regional_groups if group not in COVERAGE_GROUPS]:
        problems["regional_groups"] = [
            ValidationError(
                _("“%(group)s” is not a regional group of the United Nations."), params={"group": unknown[0]}
            )
        ]
    if values.coverage == Offer.Coverage.GLOBAL:
        for name in ("members_of", "states"):
            if getattr(values, name):
                problems[name] = [_("An offer open to all States names none of them. Clear one of the two.")]
    return problems


def _retired(offer: Offer, values: OfferValues) -> Problems:
    """Retired terms stay where they are and are not chosen anew."""
    problems: Problems = {}
    for name in ("areas", "types"):
        retired = [term for term in getattr(values, name) if term.is_retired]
        if not retired:
            continue
        kept = set(getattr(offer, name).values_list("pk", flat=True)) if offer.pk else set()
        if fresh := [term for term in retired if term.pk not in kept]:
            problems[name] = [
                ValidationError(_("“%(term)s” is no longer used. Choose another."), params={"term": fresh[0]})
            ]
    return problems


def _wrong_partners(values: OfferValues) -> Problems:
    problems: list[Any] = []
    if len(values.partners) > MAX_PARTNERS:
        problems.append(ValidationError(_("Name at most %(most)d partners."), params={"most": MAX_PARTNERS}))
    seen = set()
    for row in values.partners:
        partner = OfferPartner(role=row.role, organization=row.organization, state=row.state, other_name=row.other_name)
        try:
            partner.full_clean(exclude=["offer"])
        except ValidationError as error:
            problems += [
                ValidationError(
                    _("Partner “%(name)s”: %(problem)s"), params={"name": row.name[:60] or "–", "problem": message}
                )
                for message in error.messages
            ]
        key = (row.role, row.organization, row.state, row.other_name.casefold())
        if key in seen:
            problems.append(ValidationError(_("“%(name)s” is named twice."), params={"name": row.name}))
        seen.add(key)
    return {"partners": problems} if problems else {}


def _add(problems: Problems, more: Problems) -> None:
    """Join problems; one that a field has already is not said twice."""
    for name, messages in more.items():
        known = {message for given in problems.get(name, ()) for message in ValidationError(given).messages}
        fresh = [given for given in messages if not known & set(ValidationError(given).messages)]
        if fresh:
            problems.setdefault(name, []).extend(fresh)


def _in_order(values: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """Codes without repeats, in the vocabulary's order; unknown ones last, for the checks to name."""
    places = {str(code): place for place, code in enumerate(known)}
    return tuple(sorted(dict.fromkeys(str(value) for value in values), key=lambda code: places.get(code, len(places))))
