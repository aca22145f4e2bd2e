"""What the reference data holds once it is loaded."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import transaction

from assistance.models import Area, AssistanceRequest, Offer, ResolutionParagraph
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from meetings.models import Meeting, Note
from organizations.models import Membership, Organization, State

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loaded")]


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The reference data, loaded once for the tests of this file and taken back after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_reference", verbosity=0)
        yield
        transaction.set_rollback(True)


def test_every_loaded_record_has_an_audit_entry_and_a_change_row():
    for model in (State, Organization, Area, Offer, AssistanceRequest, Meeting, Note):
        keys = set(model.objects.values_list("pk", flat=True))
        for log in (AuditEntry, Change):
            assert set(log.objects.filter(object_type=model.record_type).values_list("object_id", flat=True)) == keys
    assert set(AuditEntry.objects.values_list("actor_kind", "source")) == {("system", "command")}


def test_states_have_names_in_six_languages_and_sort_without_accents():
    state = State.objects.get(iso3="CIV")
    assert all(getattr(state, f"name_{language}") for language in State.NAME_LANGUAGES)
    assert state.sort_key == "cote d'ivoire"


def test_categories_parents_and_doubts_are_kept():
    unlirec = Organization.objects.get(acronym="UNLIREC")
    assert (unlirec.category, unlirec.parent.acronym) == (Organization.Category.UN_ENTITY, "UNODA")
    committee = Organization.objects.get(acronym="1540 Committee")
    assert (committee.parent, committee.parent_name) == (None, "UNSC")
    assert Organization.objects.get(acronym="OIC").confidence == "low"


def test_members_outside_the_united_nations_are_kept_by_code():
    assert Membership.objects.filter(state=None).count() == 9
    niger = Membership.objects.get(organization__acronym="MERCOSUR", iso3="VEN")
    assert (niger.state.iso3, niger.status) == ("VEN", Membership.Status.SUSPENDED)


def test_only_five_paragraphs_are_confirmed():
    confirmed = ResolutionParagraph.objects.filter(is_confirmed=True).values_list("resolution", "paragraph")
    assert set(confirmed) == {(2325, 19), (2325, 20), (2325, 22), (2325, 23), (2325, 24)}


def test_history_is_neither_live_nor_open():
    assert Offer.objects.live().count() == 0
    assert AssistanceRequest.objects.open().count() == 0


def test_offers_say_who_pays_and_how_well_their_dates_are_known():
    offer = Offer.objects.get(reference="OF005")
    assert [partner.organization.acronym for partner in offer.partners.all()] == ["EU"]
    ended = Offer.objects.get(reference="OF010")
    assert (str(ended.starts_on), ended.starts_precision) == ("2017-10-01", "month")
    assert (str(ended.ends_on), ended.ends_precision, ended.status) == ("2018-12-31", "year", Offer.Status.COMPLETED)


def test_offer_to_named_states_does_not_cover_their_whole_region():
    offer = Offer.objects.get(reference="OF007")
    assert offer.regional_groups == []
    assert {state.iso3 for state in offer.states.all()} == {"ARG", "BRA", "CHL", "MEX", "PAN", "PRY"}


def test_visitor_reads_sourced_requests():
    assert AssistanceRequest.objects.visible_to(None).count() == 20


def test_meeting_known_to_the_month_alone_says_so():
    meeting = Meeting.objects.get(title__contains="Asia-Pacific (1st)")
    assert (str(meeting.starts_on), meeting.ends_on, meeting.date_precision) == ("2015-09-01", None, "month")


def test_meeting_without_a_date_is_loaded_without_one():
    meeting = Meeting.objects.get(reference="MTG-ND-001")
    assert (meeting.starts_on, meeting.status) == (None, Meeting.Status.HELD)


def test_latin_american_note_is_tied_to_paragraphs_areas_and_organizations():
    meeting = Meeting.objects.get(reference="MTG-2022-001")
    assert {paragraph.ref for paragraph in meeting.note.paragraphs.all()} == {
        "2325/19",
        "2325/20",
        "2325/22",
        "2325/23",
        "2325/24",
    }
    areas = [{area.code for area in issue.areas.all()} for issue in meeting.note.future_issues.all()]
    assert areas == [{"LAW"}, {"CAP"}, {"BIO"}]
    parts = {(part.organization.acronym, part.role) for part in meeting.participations.all()}
    assert ("CICTE", "organizer") in parts
    assert len(parts) == 16


def test_vienna_note_is_tied_to_areas_and_keeps_what_the_source_does_not_name():
    meeting = Meeting.objects.get(reference="MTG-2010-001")
    areas = [{area.code for area in issue.areas.all()} for issue in meeting.note.future_issues.all()]
    assert areas == [{"CAP"}, {"LEG"}, {"STD"}, {"BPR"}]
    assert meeting.participations.get(role="host").state.iso3 == "AUT"
    assert "which the report does not name" in meeting.participants_as_stated
