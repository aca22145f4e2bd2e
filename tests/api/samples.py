"""For each resource: how to make a record that everyone reads, and one that only its owner or the Committee reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from cooperation_portal.records.models import Record
from tests import factories as make


def public_request(**values: Any) -> Record:
    given = {"public_summary": "In short.", "summary_consent_on": date(2026, 1, 1)} | values
    return make.RequestFactory(summary_published_on=date(2026, 1, 8), **given)


def paragraph() -> Record:
    number = make.ResolutionParagraph.objects.count()
    return make.ParagraphFactory(resolution=1540 + number // 10, paragraph=1 + number % 10)


def full_offer(**values: Any) -> Record:
    offer = make.OfferFactory(
        visibility=values.pop("visibility", "public"),
        states=[make.StateFactory(), make.StateFactory()],
        members_of=[make.OrganizationFactory()],
        areas=["BIO.LAB", "LEG.BIO"],
        **values,
    )
    offer.partners.create(role="funder", other_name="Example fund")
    offer.partners.create(role="implementer", organization=make.OrganizationFactory())
    return offer


def full_request(**values: Any) -> Record:
    request = public_request(needs=[("BIO.LAB", ["TRNG", "EQUI"], "high"), ("LEG.BIO", ["DRFT"], "low")], **values)
    request.preferred_providers.add(make.OrganizationFactory())
    request.declined_providers.add(make.OrganizationFactory())
    request.existing_assistance.create(organization=make.OrganizationFactory(), area=make.AreaFactory(code="BIO.LAB"))
    request.steps.create(kind="received", done_on=date(2026, 1, 1))
    return request


def full_project(**values: Any) -> Record:
    project = make.ProjectFactory(visibility=values.pop("visibility", "public"), **values)
    project.states.add(make.StateFactory())
    project.areas.add(make.AreaFactory(code="BIO.LAB"))
    project.matches.add(make.MatchFactory())
    project.milestones.create(title="First course", due_on=date(2027, 1, 1))
    project.contributions.create(organization=make.OrganizationFactory(), what="A laboratory")
    return project


def full_meeting(**values: Any) -> Record:
    meeting = make.MeetingFactory(country=make.StateFactory(), **values)
    make.ParticipationFactory(meeting=meeting)
    make.ParticipationFactory(meeting=meeting, state=make.StateFactory())
    make.ActionItemFactory(meeting=meeting, visibility="public")
    meeting.agenda.create(title="Opening", starts_at="10:00")
    return meeting


def full_note(**values: Any) -> Record:
    note = make.NoteFactory(visibility=values.pop("visibility", "public"), **values)
    note.paragraphs.add(make.ParagraphFactory(paragraph=20))
    note.future_issues.create(text="Laboratories").areas.add(make.AreaFactory(code="BIO.LAB"))
    return note


def full_sheet(**values: Any) -> Record:
    sheet = make.InformationSheetFactory(visibility=values.pop("visibility", "public"), **values)
    sheet.items.create(kind="training", description="Course material", terms="open")
    return sheet


def full_organization() -> Record:
    organization = make.OrganizationFactory(parent=make.OrganizationFactory())
    make.MembershipFactory(organization=organization)
    return organization


def no_hidden() -> None:
    """Everyone reads everything of this resource."""


PUBLIC: dict[str, Callable[[], Record]] = {
    "states": make.StateFactory,
    "organizations": full_organization,
    "contacts": lambda: make.ContactFactory(visibility="public"),
    "information-sheets": full_sheet,
    "areas": lambda: make.AreaFactory(),
    "assistance-types": lambda: make.AssistanceTypeFactory(),
    "resolution-paragraphs": paragraph,
    "offers": full_offer,
    "requests": full_request,
    "projects": full_project,
    "meetings": full_meeting,
    "notes": full_note,
    "documents": lambda: make.DocumentFactory(visibility="public"),
}
HIDDEN: dict[str, Callable[[], Record | None]] = {
    "states": no_hidden,
    "organizations": no_hidden,
    "contacts": lambda: make.ContactFactory(visibility="committee"),
    "information-sheets": lambda: make.InformationSheetFactory(status="draft"),
    "areas": no_hidden,
    "assistance-types": no_hidden,
    "resolution-paragraphs": no_hidden,
    "offers": lambda: make.OfferFactory(status="draft"),
    "requests": make.RequestFactory,
    "matches": make.MatchFactory,
    "projects": lambda: make.ProjectFactory(visibility="committee"),
    "meetings": lambda: make.MeetingFactory(visibility="committee"),
    "notes": lambda: make.NoteFactory(status="draft"),
    "documents": make.DocumentFactory,
}
