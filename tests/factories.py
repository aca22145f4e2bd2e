"""One factory a model. Defaults make a valid, current, readable record; tests say only what matters to them."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import factory
from django.core.files.base import ContentFile
from django.utils import timezone
from factory.django import DjangoModelFactory

from assistance.models import (
    Area,
    AssistanceRequest,
    AssistanceType,
    GlossaryConcept,
    Match,
    MatchingPolicy,
    Offer,
    PortfolioPlan,
    Project,
    ResolutionParagraph,
)
from cooperation_portal.access.roles import Role
from cooperation_portal.api.models import ApiKey
from cooperation_portal.webhooks.models import Webhook
from cooperation_portal.webhooks.sealing import seal
from cooperation_portal.webhooks.signing import new_secret
from meetings.models import (
    ActionItem,
    Appointment,
    ConferencePlan,
    Document,
    Meeting,
    Note,
    Participation,
)
from organizations.models import (
    Affiliation,
    InformationSheet,
    Membership,
    Organization,
    PointOfContact,
    State,
    User,
)

PASSWORD = "a long enough example"


def _letters(number: int, length: int) -> str:
    text = ""
    for _place in range(length):
        number, digit = divmod(number, 26)
        text = chr(ord("A") + digit) + text
    return text


class StateFactory(DjangoModelFactory):
    class Meta:
        model = State
        django_get_or_create = ("iso3",)

    # Q is never the first letter of an assigned code but Qatar's, so generated States never collide with real ones.
    iso3 = factory.Sequence(lambda n: "Q" + _letters(n, 2))
    # Real codes are capital letters and digits; these never meet one, however many tests came before.
    iso2 = factory.LazyAttribute(lambda state: state.iso3[1:].lower())
    m49 = factory.Sequence(lambda n: _letters(n, 3))
    name_en = factory.LazyAttribute(lambda state: f"State {state.iso3}")
    name_ar = factory.SelfAttribute("name_en")
    name_zh = factory.SelfAttribute("name_en")
    name_fr = factory.SelfAttribute("name_en")
    name_ru = factory.SelfAttribute("name_en")
    name_es = factory.SelfAttribute("name_en")
    regional_group = "GRULAC"
    m49_region = "Americas"
    m49_subregion = "South America"


class OrganizationFactory(DjangoModelFactory):
    class Meta:
        model = Organization
        django_get_or_create = ("acronym",)

    acronym = factory.Sequence(lambda n: f"ORG{n}")
    name = factory.LazyAttribute(lambda organization: f"Example organization {organization.acronym}")
    category = Organization.Category.REGIONAL


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    organization = factory.SubFactory(OrganizationFactory)
    state = factory.SubFactory(StateFactory)
    iso3 = factory.SelfAttribute("state.iso3")


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@tests.example")
    name = factory.Sequence(lambda n: f"Example Person {n}")
    password = factory.django.Password(PASSWORD)


class AffiliationFactory(DjangoModelFactory):
    class Meta:
        model = Affiliation

    user = factory.SubFactory(UserFactory)
    organization = factory.Maybe("state", None, factory.SubFactory(OrganizationFactory))
    state = None
    role = factory.LazyAttribute(lambda row: Role.STATE_FOCAL_POINT if row.state else Role.EDITOR)
    status = Affiliation.Status.ACTIVE


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = PointOfContact

    organization = factory.Maybe("state", None, factory.SubFactory(OrganizationFactory))
    state = None
    name = factory.Sequence(lambda n: f"Example Contact {n}")
    email = factory.Sequence(lambda n: f"contact{n}@tests.example")
    phone = "+00 1540"
    valid_from = factory.LazyFunction(lambda: timezone.localdate() - timedelta(days=30))
    verified_on = factory.LazyFunction(timezone.localdate)


class InformationSheetFactory(DjangoModelFactory):
    class Meta:
        model = InformationSheet

    organization = factory.SubFactory(OrganizationFactory)
    status = InformationSheet.Status.PUBLISHED
    summary = "What the organization holds."


class AreaFactory(DjangoModelFactory):
    class Meta:
        model = Area
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"{_letters(n, 3)}")
    label = factory.LazyAttribute(lambda area: f"Area {area.code}")

    @factory.lazy_attribute
    def parent(self) -> Area | None:
        top, _point, below = self.code.partition(".")
        return AreaFactory(code=top) if below else None


class AssistanceTypeFactory(DjangoModelFactory):
    class Meta:
        model = AssistanceType
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: _letters(n, 4))
    label = factory.LazyAttribute(lambda kind: f"Type {kind.code}")
    family = AssistanceType.Family.TRAINING


class ParagraphFactory(DjangoModelFactory):
    class Meta:
        model = ResolutionParagraph
        django_get_or_create = ("resolution", "paragraph")

    resolution = 2325
    year = 2016
    paragraph = factory.Sequence(lambda n: 19 + n % 6)
    addressed_to = "Committee"
    summary = "Summary in own words."
    is_confirmed = True


class GlossaryConceptFactory(DjangoModelFactory):
    class Meta:
        model = GlossaryConcept

    kind = GlossaryConcept.Kind.SUBJECT
    concept = factory.Sequence(lambda n: f"example concept {n}")
    areas = ["BIO.LAB"]
    en = ["example term"]


def _areas(codes: Any) -> list[Area]:
    return [code if isinstance(code, Area) else AreaFactory(code=code) for code in codes]


def _types(codes: Any) -> list[AssistanceType]:
    return [code if isinstance(code, AssistanceType) else AssistanceTypeFactory(code=code) for code in codes]


class OfferFactory(DjangoModelFactory):
    """A published, ongoing offer open to all States, unless `states`, `members_of` or `regional_groups` narrow it."""

    class Meta:
        model = Offer
        skip_postgeneration_save = True

    reference = factory.Sequence(lambda n: f"OFF-2026-{n + 1:04d}")
    organization = factory.Maybe("state", None, factory.SubFactory(OrganizationFactory))
    state = None
    title = factory.Sequence(lambda n: f"Example programme {n}")
    summary = "Courses for laboratory staff."
    status = Offer.Status.ONGOING
    coverage = Offer.Coverage.GLOBAL
    visibility = "network"
    languages = ["en"]
    starts_on = date(2026, 1, 1)
    ends_on = date(2099, 12, 31)
    published_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def areas(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        self.areas.set(_areas(["BIO.LAB"] if extracted is None else extracted))

    @factory.post_generation
    def types(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        self.types.set(_types(["TRNG"] if extracted is None else extracted))

    @factory.post_generation
    def states(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        self.states.set(extracted or [])

    @factory.post_generation
    def members_of(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        self.members_of.set(extracted or [])


class RequestFactory(DjangoModelFactory):
    """A submitted request of a State with one need, unless `needs=[(area, [types], priority), ...]` says otherwise."""

    class Meta:
        model = AssistanceRequest
        skip_postgeneration_save = True

    reference = factory.Sequence(lambda n: f"REQ-2026-{n + 1:04d}")
    state = factory.Maybe("organization", None, factory.SubFactory(StateFactory))
    organization = None
    title = factory.Sequence(lambda n: f"Example request {n}")
    description = "Training of laboratory staff is needed."
    status = AssistanceRequest.Status.SUBMITTED
    languages = ["en"]
    received_on = factory.LazyFunction(lambda: timezone.localdate() - timedelta(days=3))
    submitted_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def needs(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        rows = [("BIO.LAB", ["TRNG"], "high")] if extracted is None else extracted
        for position, (area, types, priority) in enumerate(rows):
            need = self.needs.create(area=_areas([area])[0], priority=priority, position=position)
            need.types.set(_types(types))


class PolicyFactory(DjangoModelFactory):
    class Meta:
        model = MatchingPolicy

    version = factory.Sequence(lambda n: n + 1)
    weights = {}
    threshold = 40


class MatchFactory(DjangoModelFactory):
    class Meta:
        model = Match

    request = factory.SubFactory(RequestFactory)
    offer = factory.SubFactory(OfferFactory)
    score = 70
    rank = 1
    policy_version = 1


class PortfolioPlanFactory(DjangoModelFactory):
    """A finished plan with the given `pairs` of a request and an offer, all new; `left=[request]` gets nothing."""

    class Meta:
        model = PortfolioPlan

    class Params:
        pairs = ()
        left = ()

    status = PortfolioPlan.Status.DONE
    asked_by_label = "Example Expert"
    policy_version = 1
    started_at = factory.LazyFunction(timezone.now)
    finished_at = factory.LazyFunction(timezone.now)
    is_proven = True
    gap = 0.0

    @factory.lazy_attribute
    def result(self) -> dict[str, Any]:
        requests = [*(request for request, _offer in self.pairs), *self.left]
        need = {"area": "BIO.LAB", "priority": "high"}
        return {
            "size": {"requests": len(requests), "offers": len(self.pairs), "pairs": len(self.pairs)},
            "requesters": {request.reference: request.requester.ref for request in requests},
            "helped": sorted({request.requester.ref for request, _offer in self.pairs}),
            "helped_bound": len({request.requester.ref for request, _offer in self.pairs}),
            "left": {request.requester.ref: "no_offer" for request in self.left},
            "met": float(len(self.pairs)),
            "met_bound": float(len(self.pairs)),
            "asked": float(len(requests)),
            "pairs": [
                {
                    "request": request.reference,
                    "offer": offer.reference,
                    "score": 70.0,
                    "status": "",
                    "change": "new",
                    "needs": [need | {"met": 1.0}],
                }
                for request, offer in self.pairs
            ],
            "freed": [],
            "open_needs": [need | {"request": request.reference, "reason": "no_offer"} for request in self.left],
            "offers": [
                {"offer": offer.reference, "provider": offer.provider.ref, "stated": 2, "places": 2, "taken": 1}
                for offer in dict.fromkeys(offer for _request, offer in self.pairs)
            ],
            "margins": [
                {"area": "BIO.LAB", "helped": 0, "met": 0.6, "offer": offer.reference, "is_exact": True}
                for _request, offer in self.pairs[:1]
            ],
        }


class ProjectFactory(DjangoModelFactory):
    class Meta:
        model = Project

    reference = factory.Sequence(lambda n: f"PRJ-2026-{n + 1:04d}")
    title = factory.Sequence(lambda n: f"Example project {n}")
    summary = "What the project does."
    organization = factory.Maybe("state", None, factory.SubFactory(OrganizationFactory))
    state = None
    status = Project.Status.COMMITTED


class MeetingFactory(DjangoModelFactory):
    class Meta:
        model = Meeting

    reference = factory.Sequence(lambda n: f"MTG-2026-{n + 1:03d}")
    title = factory.Sequence(lambda n: f"Example meeting {n}")
    kind = Meeting.Kind.IRO_MEETING
    starts_on = date(2027, 3, 1)
    ends_on = date(2027, 3, 2)
    place = "Example city"


class ParticipationFactory(DjangoModelFactory):
    class Meta:
        model = Participation

    meeting = factory.SubFactory(MeetingFactory)
    organization = factory.Maybe("state", None, factory.SubFactory(OrganizationFactory))
    state = None


class DocumentFactory(DjangoModelFactory):
    class Meta:
        model = Document
        skip_postgeneration_save = True

    meeting = factory.SubFactory(MeetingFactory)
    organization = factory.SubFactory(OrganizationFactory)
    title = factory.Sequence(lambda n: f"Example paper {n}")
    file_name = "paper.pdf"
    content_type = "application/pdf"

    class Params:
        content = b"%PDF-1.7 example"

    file = factory.LazyAttribute(lambda document: ContentFile(document.content, name="paper.pdf"))
    size = factory.LazyAttribute(lambda document: len(document.content))
    sha256 = factory.LazyAttribute(lambda document: hashlib.sha256(document.content).hexdigest())


class ActionItemFactory(DjangoModelFactory):
    class Meta:
        model = ActionItem

    meeting = factory.SubFactory(MeetingFactory)
    organization = factory.SubFactory(OrganizationFactory)
    what = factory.Sequence(lambda n: f"Send example paper {n}")


class NoteFactory(DjangoModelFactory):
    class Meta:
        model = Note

    meeting = factory.SubFactory(MeetingFactory)
    status = Note.Status.PUBLISHED
    prepared_by = "Group of Experts"
    background = "Why the meeting took place."
    highlights = "What was said."


class ConferencePlanFactory(DjangoModelFactory):
    """The schedule of a planned assistance conference for Latin America and the Caribbean, without appointments."""

    class Meta:
        model = ConferencePlan

    meeting = factory.SubFactory(MeetingFactory, kind=Meeting.Kind.ASSISTANCE_CONFERENCE, visibility="network")
    region = "group:GRULAC"
    time_zone = "America/Panama"
    first_day = factory.LazyAttribute(lambda plan: plan.meeting.starts_on)
    last_day = factory.LazyAttribute(lambda plan: plan.meeting.ends_on or plan.meeting.starts_on)
    options = factory.LazyAttribute(
        lambda plan: {
            "hours": {
                "first": plan.first_day.isoformat(),
                "last": plan.last_day.isoformat(),
                "zone": plan.time_zone,
                "begins": "09:00",
                "ends": "17:00",
                "minutes": 30,
                "pause": 0,
                "breaks": "",
                "tables": 3,
                "most": None,
            },
            "requesters": [],
            "providers": [],
            "absent": [],
            "pins": [],
            "dropped": [],
        }
    )
    policy_version = "1"
    value = 100
    bound = 100


class AppointmentFactory(DjangoModelFactory):
    """A State's meeting with an organization, half an hour; `subjects=[(request, offer), ...]` is what it is about."""

    class Meta:
        model = Appointment
        skip_postgeneration_save = True

    plan = factory.SubFactory(ConferencePlanFactory)
    requester_state = factory.Maybe("requester_organization", None, factory.SubFactory(StateFactory))
    requester_organization = None
    provider_organization = factory.Maybe("provider_state", None, factory.SubFactory(OrganizationFactory))
    provider_state = None
    starts_at = datetime(2027, 3, 1, 14, tzinfo=UTC)
    ends_at = factory.LazyAttribute(lambda row: row.starts_at + timedelta(minutes=30))
    table = factory.Sequence(lambda n: n + 1)
    value = 100

    @factory.post_generation
    def subjects(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        for request, offer in extracted or ():
            self.subjects.create(request=request, offer=offer, score=5000)


class WebhookFactory(DjangoModelFactory):
    class Meta:
        model = Webhook

    organization = factory.SubFactory(OrganizationFactory)
    name = "Example mirror"
    url = factory.Sequence(lambda n: f"https://hooks.organization.example/{n}")
    secret_sealed = factory.LazyFunction(lambda: seal(new_secret()))


class ApiKeyFactory(DjangoModelFactory):
    """A live key; `key.plain` is the text to send."""

    class Meta:
        model = ApiKey

    organization = factory.SubFactory(OrganizationFactory)
    name = "Example system"
    prefix = factory.Sequence(lambda n: f"test{n:06d}")
    scopes = ["read"]
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=90))
    secret_hash = factory.LazyAttribute(lambda key: hashlib.sha256(f"secret-{key.prefix}".encode()).hexdigest())

    @classmethod
    def _create(cls, model_class: type[ApiKey], *args: Any, **kwargs: Any) -> ApiKey:
        key = super()._create(model_class, *args, **kwargs)
        key.plain = f"n1540_{key.prefix}_secret-{key.prefix}"
        return key
