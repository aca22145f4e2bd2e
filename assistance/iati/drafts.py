"""What an activity says, as what an offer says; and what of it has no place in an offer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cooperation_portal.records.languages import WorkingLanguage
from organizations.models import Organization, State

from ..coverage import COVERAGE_GROUPS
from ..models import Area, AssistanceType, Offer, OfferPartner, WeaponType
from ..services.offer_values import PartnerValues
from . import codes, identifiers
from .reading import Activity, Coded, Named

MAX_NAME = 120


@dataclass(frozen=True)
class Said:
    """Fields of `OfferValues` that the activity speaks about; a field that it does not mention is not there."""

    values: dict[str, Any]
    #: What is not taken over, in sentences.
    left: list[str] = field(default_factory=list)


class Drafting:
    """Turns activities into what offers of one organization say; the known codes are read once."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        states = list(State.objects.all())
        bodies = list(Organization.objects.all())
        self.states = {state.iso2.upper(): state for state in states}
        self.organizations = {body.acronym: body for body in bodies}
        self.areas = {area.code: area for area in Area.objects.all()}
        self.types = {kind.code: kind for kind in AssistanceType.objects.all()}
        known: list[Organization | State] = [*bodies, *states]
        self.by_ref = {identifiers.unregistered(body): body for body in known}
        self.by_ref |= {identifiers.of_body(body): body for body in known}
        self.by_name: dict[str, Organization | State] = {state.name_en.casefold(): state for state in states}
        self.by_name |= {name.casefold(): body for body in bodies for name in (body.name, body.acronym)}

    def said(self, activity: Activity) -> Said:
        """What to write into the offer. Nothing is guessed: a code that the portal does not know is left and told."""
        left = list(activity.left)
        values: dict[str, Any] = {"title": activity.title}
        if activity.description:
            values["summary"] = activity.description
        if activity.start:
            values["starts_on"] = activity.start
        if activity.end:
            values["ends_on"] = activity.end
        values |= self._coverage(activity, left)
        values |= self._subjects(activity, left)
        values |= self._partners(activity.organizations, left)
        if activity.status and activity.status not in ("1", "2"):
            name = codes.STATUS_NAMES.get(activity.status, "unknown")
            left.append(f"activity-status {activity.status} ({name}): the status of an offer is moved in the portal")
        return Said(values, left)

    def _coverage(self, activity: Activity, left: list[str]) -> dict[str, Any]:
        groups, bodies, is_world = [], [], False
        for region in activity.regions:
            if region.vocabulary == codes.M49 and region.code == codes.WORLD:
                is_world = True
            elif region.is_of(codes.REGIONAL_GROUPS) and region.code in COVERAGE_GROUPS:
                groups.append(region.code)
            elif region.is_of(codes.MEMBERS_OF) and region.code in self.organizations:
                bodies.append(self.organizations[region.code])
            else:
                left.append(_unknown("recipient-region", region))
        states = [self.states[one.code.upper()] for one in activity.countries if one.code.upper() in self.states]
        left += [
            f"recipient-country {one.code} (line {one.line}), no State Member of the United Nations"
            for one in activity.countries
            if one.code.upper() not in self.states
        ]
        named = bool(groups or bodies or states)
        if is_world or (activity.scope == codes.GLOBAL and not (activity.regions or activity.countries)):
            if named:
                left.append("countries and regions beside the whole world")
            return _covering(Offer.Coverage.GLOBAL)
        if not named:
            return {}
        return _covering(
            Offer.Coverage.SELECTED, regional_groups=_once(groups), members_of=_once(bodies), states=_once(states)
        )

    def _subjects(self, activity: Activity, left: list[str]) -> dict[str, Any]:
        found: dict[str, list[Any]] = {"areas": [], "types": [], "weapon_types": [], "languages": []}
        places = (
            ("areas", codes.AREAS, self.areas),
            ("types", codes.ASSISTANCE_TYPES, self.types),
            ("weapon_types", codes.WEAPON_TYPES, {code: code for code in WeaponType.values}),
            ("languages", codes.LANGUAGES, {code: code for code in WorkingLanguage.values}),
        )
        for element, coded in (("sector", activity.sectors), ("tag", activity.tags)):
            for one in coded:
                match = next(
                    (
                        (name, known[one.code])
                        for name, path, known in places
                        if one.is_of(path) and one.code in known and (name == "areas") == (element == "sector")
                    ),
                    None,
                )
                if match is None:
                    left.append(_unknown(element, one))
                else:
                    found[match[0]].append(match[1])
        return {name: _once(codes_found) for name, codes_found in found.items() if codes_found}

    def _partners(self, organizations: list[Named], left: list[str]) -> dict[str, Any]:
        """Funders and implementers other than the organization itself."""
        roles = {
            codes.FUNDING: OfferPartner.PartnerRole.FUNDER,
            codes.IMPLEMENTING: OfferPartner.PartnerRole.IMPLEMENTER,
        }
        partners: list[PartnerValues] = []
        for one in organizations:
            body = self.by_ref.get(one.ref) or self.by_name.get(one.name.casefold())
            if body == self.organization:
                continue
            said = f"participating-org {one.name or one.ref} as {codes.ROLE_NAMES.get(one.role, 'unknown role')}"
            if one.role not in roles:
                left.append(said)
            elif body is None and not 0 < len(one.name) <= MAX_NAME:
                left.append(f"{said}: its name has {len(one.name)} characters, an offer takes 1 to {MAX_NAME}")
            else:
                partners.append(
                    PartnerValues(
                        role=roles[one.role],
                        organization=body if isinstance(body, Organization) else None,
                        state=body if isinstance(body, State) else None,
                        other_name="" if body else one.name,
                    )
                )
        return {"partners": _once(partners)} if partners else {}


def _covering(coverage: str, **selections: Any) -> dict[str, Any]:
    nothing = {"regional_groups": (), "members_of": (), "states": ()}
    return {"coverage": coverage, **nothing, **selections}


def _once(items: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(items))


def _unknown(element: str, one: Coded) -> str:
    vocabulary = f"{one.vocabulary} {one.uri}".strip()
    return f"{element} {one.code} of vocabulary {vocabulary} (line {one.line})"
