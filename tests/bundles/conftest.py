"""A portal with one of everything, bundles of it, and the same database without a record."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from cooperation_portal.bundles.catalogue import record_files
from cooperation_portal.records.models import next_reference
from organizations.models import InformationItem
from tests import factories as make

#: Text that a careless writer of files would break.
AWKWARD = 'Tab\there, "quotes", back\\slash, \\N, \\u0000,\nnew line, “” العربية, 中文, \x7f'


@pytest.fixture
def everything(db) -> None:
    make_everything()


def make_everything() -> None:
    """At least one record of each type, with every part filled; drafts, ended and confidential ones among them."""
    _who()
    offer, request = _what()
    _where(offer, request)
    for prefix, year in (("OFF", 2026), ("OFF", 2026), ("REQ", 2025)):
        next_reference(prefix, year)
    make.AreaFactory(code="ZZZ").delete()
    make.ContactFactory(organization=offer.organization).delete()


def _who() -> None:
    lone = make.StateFactory(iso3="PER", iso2="PE", m49="604", name_en="Peru", name_ar="بيرو", note=AWKWARD)
    child = make.OrganizationFactory(acronym="CICTE", note=AWKWARD, mandate_areas=["a, b", 'c "d"', "{e}", "\\"])
    parent = make.OrganizationFactory(acronym="OAS", suspended_on=date(2026, 2, 1))
    child.parent = parent
    child.slug = "cicte-of-old"
    child.save()
    make.MembershipFactory(organization=parent, state=lone, iso3="PER", source="Treaty", note="Since long ago")
    make.MembershipFactory(organization=parent, state=None, iso3="VAT", status="former")
    before = make.ContactFactory(
        organization=None, state=lone, valid_from=date(2025, 8, 1), valid_until=date(2026, 8, 1), languages=["es", "en"]
    )
    make.ContactFactory(organization=None, state=lone, replaces=before, job_title=AWKWARD[:100], visibility="committee")
    sheet = make.InformationSheetFactory(organization=child, status="draft")
    for kind in ("training", "legislation", "training"):
        InformationItem.objects.create(sheet=sheet, kind=kind, description=AWKWARD, terms="open")


def _what() -> tuple[Any, Any]:
    from assistance.models import MatrixField
    from organizations.models import Organization, State

    cicte, oas, peru = (
        Organization.objects.get(acronym="CICTE"),
        Organization.objects.get(acronym="OAS"),
        State.objects.get(iso3="PER"),
    )
    MatrixField.objects.create(
        section="OP2", op_reference="OP2", row_number=1, label="Row", weapon_types=["NW"], answer_columns="-", source=""
    )
    make.GlossaryConceptFactory(kind="place", concept="Ä/place", areas=[], types=["TRNG"], ru=["слово*"])
    make.PolicyFactory(version=3, weights={"needs": 38.5, "b": 1e-07, "a": [1, None, {"z": "é"}]}, note=AWKWARD)
    make.ParagraphFactory(paragraph=22)
    draft = make.OfferFactory(reference="OFF-2026-9001", organization=cicte, status="draft", summary="", areas=[])
    offer = make.OfferFactory(
        reference="OFF-2026-9002",
        organization=cicte,
        title=AWKWARD,
        summary=AWKWARD,
        areas=["LEG.BIO", "BIO.LAB"],
        types=["TRNG", "LEGD"],
        coverage="selected",
        regional_groups=["GRULAC", "African"],
        members_of=[oas],
        states=[peru],
        weapon_types=["BW"],
        capacity=0,
        ends_precision="month",
        visibility="committee",
        confirmed_on=date(2026, 3, 1),
        confidence="low",
        provenance="public_source",
    )
    offer.partners.create(role="implementer", other_name="CICTE")
    offer.partners.create(role="funder", other_name=AWKWARD)
    offer.partners.create(role="funder", organization=oas)
    offer.partners.create(role="funder", state=peru)
    request = make.RequestFactory(
        reference="REQ-2026-9001",
        state=peru,
        description=AWKWARD,
        status="referred",
        status_before_referral="circulated",
        needs=[("LEG.BIO", ["TRNG", "LEGD"], "high"), ("BIO.LAB", [], "low")],
        summary_consent_on=date(2026, 5, 1),
        summary_published_on=date(2026, 5, 9),
        public_summary="For the public.",
        requester_feedback="Not yet.",
        document_reference="Note verbale 7",
        received_as_stated="spring",
        needed_from=date(2026, 6, 1),
    )
    request.needs.filter(priority="low").update(detail=AWKWARD)
    request.preferred_providers.set([cicte])
    request.declined_providers.set([oas])
    request.existing_assistance.create(organization=oas, area=offer.areas.first(), until=date(2027, 1, 1))
    request.steps.create(kind="received", due_on=date(2026, 3, 1), done_on=date(2026, 3, 2), done_by_label="Expert")
    request.steps.create(kind="circulated", due_on=date(2026, 4, 1), note="Awaited")
    make.RequestFactory(reference="REQ-2026-9002", organization=cicte, state=None, status="draft", description="")
    match = make.MatchFactory(
        request=request,
        offer=offer,
        status="dismissed",
        score="64.10",
        explanation={"fit": 0.8806, "gates": [{"code": "live", "params": {"n": None}}], "é": [AWKWARD, 100.0, -1]},
        inputs="abc",
        decided_by_label="An expert",
        decided_at=datetime(2026, 4, 1, 9, 30, 0, 123456, tzinfo=UTC),
        decision_reason="Too far.",
        misfit="timing",
        superseded_because="No longer.",
    )
    make.MatchFactory(request=request, offer=draft)
    match.answers.create(
        side="provider", answer="declined", reason="No room.", misfit="capacity", answered_by_label="X"
    )
    project = make.ProjectFactory(reference="PRJ-2026-9001", organization=cicte, outcome=AWKWARD)
    project.states.set([peru])
    project.areas.set(offer.areas.all())
    project.matches.set([match])
    project.contributions.create(organization=oas, what="A room", is_confirmed=True)
    for due in (None, date(2026, 9, 1), None, date(2026, 8, 1)):
        project.milestones.create(title=f"By {due}", due_on=due, done_on=date(2026, 9, 2))
    project.feedback.create(state=peru, was_need_met=True, text=AWKWARD, given_by_label="Peru")
    return offer, request


def _where(offer: Any, request: Any) -> None:
    first = make.MeetingFactory(reference="MTG-2026-9001", country=request.state, organization=offer.organization)
    later = make.MeetingFactory(reference="MTG-2025-9002", starts_on=None, ends_on=None, regional_group="GRULAC")
    first.follows_up = later
    first.save()
    first.participations.create(organization=offer.organization, role="host", head_count=4)
    first.participations.create(state=request.state, role="participant")
    first.agenda.create(day=2, starts_at=time(9, 30), title="Later", position=1)
    first.agenda.create(day=1, title="Earlier", position=2)
    make.ActionItemFactory(meeting=first, organization=None, state=request.state, due_on=date(2026, 12, 1))
    note = make.NoteFactory(meeting=first, status="draft", background=AWKWARD)
    note.paragraphs.set(make.ParagraphFactory._meta.model.objects.all())
    issue = note.future_issues.create(text="An issue", position=1)
    issue.areas.set(offer.areas.all())
    make.DocumentFactory(meeting=first, organization=offer.organization, file_name="Papier, é.PDF")
    plan = make.ConferencePlanFactory(meeting=later, first_day=date(2026, 1, 1), last_day=date(2026, 1, 2))
    make.AppointmentFactory(
        plan=plan,
        requester_state=request.state,
        provider_organization=offer.organization,
        subjects=[(request, offer)],
        is_cancelled=True,
        revision=2,
    )


@pytest.fixture(scope="session")
def exported_once(django_db_setup, django_db_blocker, tmp_path_factory) -> Path:
    """A bundle of everything; the database is as it was before."""
    folder = tmp_path_factory.mktemp("bundle") / "bundle"
    with django_db_blocker.unblock(), transaction.atomic():
        make_everything()
        export(folder)
        transaction.set_rollback(True)
    return folder


@pytest.fixture
def bundle(exported_once, db, tmp_path) -> Path:
    """A bundle of everything, one's own; the portal is empty."""
    empty_portal()
    return shutil.copytree(exported_once, tmp_path / "bundle")


def export(folder: Path) -> None:
    call_command("export_bundle", str(folder), verbosity=0, stderr=StringIO())


def bring_in(folder: Path, *options: str) -> str:
    """What `import_bundle` says."""
    told = StringIO()
    call_command("import_bundle", str(folder), *options, stdout=told)
    return told.getvalue()


def refusal(folder: Path, *options: str) -> str:
    """What `import_bundle` says when it refuses."""
    with pytest.raises(CommandError) as problem:
        bring_in(folder, *options)
    assert problem.value.returncode != 0
    return str(problem.value)


def empty_portal() -> None:
    """Leave the tables of records as `migrate` leaves them."""
    tables = sorted({model._meta.db_table for one in record_files() for model in one.models})
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        quoted = ", ".join(f'"{table}"' for table in tables)
        cursor.execute(f"TRUNCATE {quoted}, audit_auditentry, changes_change RESTART IDENTITY CASCADE")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a bundle by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def held() -> int:
    return sum(model._base_manager.count() for one in record_files() for model in one.models)


def change_line(folder: Path, file: str, number: int, change: Callable[[dict[str, Any]], Any]) -> None:
    """Rewrite one line of a file, counted from 1."""
    path = folder / file
    lines = path.read_text().splitlines()
    told = json.loads(lines[number - 1])
    lines[number - 1] = json.dumps(change(told) or told, ensure_ascii=False)
    path.write_text("\n".join(lines) + "\n")
