"""Offers: read by whoever may, written by their providers."""

from __future__ import annotations

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from cooperation_portal.access.actors import Actor
from cooperation_portal.access.levels import Level
from cooperation_portal.api.fields import EXACT, OPTIONAL, RANGE, REQUIRED
from cooperation_portal.api.kinds import Choice, Codes, Day, Integer, Key, Moment, Text
from cooperation_portal.api.relations import Keys, Link, many
from cooperation_portal.api.resources import REASON, Action, Removal, Resource, Writes
from cooperation_portal.records.languages import WorkingLanguage
from cooperation_portal.records.searching import contains_q, plain_names, words_of
from organizations.models import Organization, State
from organizations.models.states import RegionalGroup

from ..models import Offer, OfferPartner, WeaponType
from ..models.offers import DatePrecision
from ..searching import offer_text
from ..serializers import PUBLISH, create_offer, update_offer
from ..services.offers import OFFER_SERVICES, offer_discard

#: A partner is named by acronym, by ISO code or, if neither knows it, by its name.
_PARTNER_KEY = Coalesce("organization__acronym", "state__iso3", NullIf("other_name", Value("")))


def _partners(role: str) -> Link:
    return Link(OfferPartner, "offer_id", _PARTNER_KEY, where=Q(role=role))


def _step(name: str, help_text: str, *, takes_reason: bool = False) -> Action:
    service = OFFER_SERVICES[name]

    def run(*, by: object, record: Offer, expected_version: int, reason: str = "") -> object:
        return service(by=by, offer=record, expected_version=expected_version, reason=reason)

    return Action(name=name, help=help_text, run=run, fields=(REASON,) if takes_reason else ())


def _discard(*, by: object, record: Offer, expected_version: int) -> None:
    offer_discard(by=by, offer=record, expected_version=expected_version)


def _containing(rows: QuerySet, text: str, actor: Actor) -> QuerySet:
    """Every word is in title, summary, reference or the provider's name; case and accents do not matter."""
    rows = rows.alias(offer_text=offer_text())
    organizations = Organization.objects.alias(names=plain_names("acronym", "name"))
    states = State.objects.alias(names=plain_names("iso3", "name_en", "name_fr", "name_es"))
    for word in words_of(text):
        named = contains_q("names", word)
        rows = rows.filter(
            contains_q("offer_text", word)
            | Q(reference=word.upper())
            | Q(organization__in=organizations.filter(named))
            | Q(state__in=states.filter(named))
        )
    return rows


EXAMPLE = {
    "title": "Example course for laboratory staff",
    "summary": "Two weeks for those who run laboratories.",
    "areas": ["BIO.LAB"],
    "types": ["TRNG"],
    "weapon_types": ["BW"],
    "coverage": "selected",
    "regional_groups": ["GRULAC"],
    "languages": ["en", "es"],
    "starts_on": "2027-03-01",
    "ends_on": "2027-12-31",
    "capacity": 3,
    "funders": ["Example fund"],
    "visibility": "network",
}

OFFERS = Resource(
    name="offers",
    model=Offer,
    ref="reference",
    help="Programmes and standing offers of those who can help. Drafts are read by their owner alone.",
    fields=(
        Key(
            name="organization",
            help="Who offers, if it is an organization. New offers belong to the key's own; others cannot be named.",
            source="organization__acronym",
            nullable=True,
            lookups=(*EXACT, "isnull"),
            to="organizations",
            write=OPTIONAL,
        ),
        Key(
            name="state",
            help="Who offers, if it is a State.",
            source="state__iso3",
            nullable=True,
            lookups=(*EXACT, "isnull"),
            to="states",
        ),
        Choice(name="kind", help="A programme or a standing offer.", choices=Offer.Kind, lookups=EXACT, write=OPTIONAL),
        Text(name="title", help="What it is called.", max_length=200, write=REQUIRED),
        Text(name="summary", help="What it does, in plain text or Markdown.", max_length=4000, write=OPTIONAL),
        Choice(
            name="status",
            help="Where it stands. Changed by the steps publish, start, suspend, resume, complete and withdraw.",
            choices=Offer.Status,
            lookups=EXACT,
        ),
        Keys(name="areas", help="Areas, by code.", link=many(Offer, "areas", "code"), to="areas", write=OPTIONAL),
        Keys(
            name="types",
            help="Types of assistance, by code.",
            link=many(Offer, "types", "code"),
            to="assistance-types",
            write=OPTIONAL,
        ),
        Codes(name="weapon_types", help="Nuclear, chemical, biological.", choices=WeaponType, write=OPTIONAL),
        Choice(
            name="coverage",
            help="Open to all States, or to those selected by groups, memberships and single States together.",
            choices=Offer.Coverage,
            lookups=EXACT,
            write=OPTIONAL,
        ),
        Codes(
            name="regional_groups",
            help="Regional groups whose States are covered.",
            choices=RegionalGroup,
            write=OPTIONAL,
        ),
        Keys(
            name="members_of",
            help="Organizations whose member States are covered, by acronym.",
            link=many(Offer, "members_of", "acronym"),
            to="organizations",
            write=OPTIONAL,
        ),
        Keys(
            name="states",
            help="Single States that are covered, by ISO code.",
            link=many(Offer, "states", "iso3"),
            to="states",
            write=OPTIONAL,
        ),
        Codes(
            name="languages",
            help="Languages in which help is given, by ISO 639-1 code.",
            choices=WorkingLanguage,
            write=OPTIONAL,
        ),
        Day(name="starts_on", help="First day.", nullable=True, write=OPTIONAL),
        Choice(name="starts_precision", help="How exactly the first day is known.", choices=DatePrecision),
        Day(name="ends_on", help="Last day.", nullable=True, write=OPTIONAL),
        Choice(name="ends_precision", help="How exactly the last day is known.", choices=DatePrecision),
        Integer(
            name="capacity",
            help="How many more States can be helped; null if there is no limit.",
            nullable=True,
            maximum=32767,
            lookups=("gte", "lt", "isnull"),
            write=OPTIONAL,
        ),
        Keys(
            name="funders",
            help="Who pays: acronym of an organization, ISO code of a State, or a name.",
            link=_partners(OfferPartner.PartnerRole.FUNDER),
            write=OPTIONAL,
        ),
        Keys(
            name="implementers",
            help="Who carries it out beside the provider: acronym, ISO code or name.",
            link=_partners(OfferPartner.PartnerRole.IMPLEMENTER),
            write=OPTIONAL,
        ),
        Text(
            name="iati_identifier",
            help="Identifier of the IATI activity from which it was imported; empty if it was not.",
            lookups=EXACT,
        ),
        Moment(name="published_at", help="When it was published.", nullable=True, lookups=RANGE),
        Choice(
            name="visibility",
            help="Who reads it once it is not a draft.",
            choices=Level,
            without=(Level.PARTICIPANTS,),
            lookups=EXACT,
            write=OPTIONAL,
        ),
    ),
    search=_containing,
    writes=Writes(
        create=create_offer,
        update=update_offer,
        extra=(PUBLISH,),
        pointers={"partners": "funders"},
        example=EXAMPLE,
        change_example={"capacity": 5},
        remove=Removal(
            action="discard", help="Throw a draft away; what was published is withdrawn instead", run=_discard
        ),
        actions=(
            _step("publish", "Publish a draft: planned if its start lies ahead, else ongoing"),
            _step("start", "Begin a planned offer now"),
            _step("suspend", "Hold an offer: it stays visible and is not matched", takes_reason=True),
            _step("resume", "Go on after a suspension"),
            _step("complete", "Say that an offer has done its work"),
            _step("withdraw", "Take an offer back for good", takes_reason=True),
            _step("confirm", "Say that what an offer says is still true"),
        ),
    ),
)
