"""Writing requests through services: drafts, submission, the procedure, consent and the summary."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from assistance.lifecycles.requests import OPEN, REQUEST_DEEDS, REQUEST_LIFE_CYCLE, deed_problem
from assistance.models import AssistanceRequest, MatchingRun, RequestStep
from assistance.services import requests as services
from assistance.services.requests import (
    ExistingValues,
    NeedValues,
    RequestValues,
    request_ask_clarification,
    request_authenticate,
    request_begin_assistance,
    request_circulate,
    request_clarify,
    request_close,
    request_consent,
    request_consent_withdraw,
    request_create,
    request_discard,
    request_fulfil,
    request_object,
    request_publish_summary,
    request_record,
    request_record_step,
    request_refer,
    request_release,
    request_submit,
    request_update,
    request_withdraw,
    values_of,
)
from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.access.role_table import ROLE_TABLE
from cooperation_portal.access.roles import Role
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from cooperation_portal.notices.models import Notice
from cooperation_portal.records.lifecycle import IllegalTransition
from cooperation_portal.records.write import StaleVersion
from tests.conftest import holder
from tests.factories import (
    AreaFactory,
    AssistanceTypeFactory,
    OfferFactory,
    OrganizationFactory,
    RequestFactory,
    StateFactory,
)

pytestmark = pytest.mark.django_db

Status = AssistanceRequest.Status
LEGAL = {(row.action, status) for row in REQUEST_LIFE_CYCLE.transitions for status in row.sources}


def full_values(**changes):
    values = {
        "title": "Laboratory training",
        "description": "Twenty people need training.",
        "public_summary": "Training of laboratory staff.",
        "weapon_types": ["BW"],
        "languages": ["es", "en"],
        "needed_from": date(2027, 1, 1),
        "needed_by": date(2027, 12, 31),
        "needs": [
            NeedValues(AreaFactory(code="BIO.LAB"), (AssistanceTypeFactory(code="TRNG"),), "high", "For staff"),
            NeedValues(AreaFactory(code="LEG.BIO"), (), "low"),
        ],
    }
    return RequestValues(**(values | changes))


@pytest.fixture
def draft(peru, state_focal_point):
    return request_create(by=state_focal_point, requester=peru, values=full_values())


@pytest.fixture
def submitted(draft, state_focal_point):
    return request_submit(by=state_focal_point, request=draft)


def after_the_window():
    return time_machine.travel(timezone.now() + timedelta(days=14), tick=False)


# The transition table


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize("action", sorted({row.action for row in REQUEST_LIFE_CYCLE.transitions}))
def test_only_listed_transitions_happen(submitted, action, status, settings):
    settings.OBJECTION_WINDOW_WORKING_DAYS = 0
    submitted.steps.filter(kind="authenticated").update(done_on=timezone.localdate())
    submitted.status, submitted.status_before_referral = status, "circulated"
    if (action, status) in LEGAL:
        row = REQUEST_LIFE_CYCLE.move(submitted, action)
        assert submitted.status == ("circulated" if action == "release" else row.target)
    else:
        with pytest.raises(IllegalTransition):
            REQUEST_LIFE_CYCLE.move(submitted, action)
        assert submitted.status == status


def test_the_table_is_the_one_of_the_design():
    assert {row.action: (set(row.sources), row.target) for row in REQUEST_LIFE_CYCLE.transitions} == {
        "submit": ({"draft"}, "submitted"),
        "ask_clarification": ({"submitted"}, "clarification"),
        "clarify": ({"clarification"}, "submitted"),
        "authenticate": ({"submitted"}, "authenticated"),
        "circulate": ({"authenticated"}, "circulated"),
        "begin_assistance": ({"circulated"}, "being_assisted"),
        "fulfil": ({"being_assisted"}, "fulfilled"),
        "close": ({"circulated", "being_assisted"}, "closed"),
        "withdraw": (set(OPEN), "withdrawn"),
        "object": (set(OPEN) - {"referred"}, "referred"),
        "refer": (set(OPEN) - {"referred"}, "referred"),
        "release": ({"referred"}, "submitted"),
    }


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize("deed", REQUEST_DEEDS)
def test_deeds_are_refused_outside_their_statuses(deed, status):
    request = RequestFactory(status=status, public_summary="Summary.")
    if status not in REQUEST_DEEDS[deed][0]:
        assert deed_problem(request, deed) is not None


def test_every_action_of_the_tables_stands_in_the_role_table():
    actions = {row.action for row in REQUEST_LIFE_CYCLE.transitions} | (set(REQUEST_DEEDS) - {"withdraw_consent"})
    assert all(("request", action) in ROLE_TABLE for action in actions)


# Drafts


def test_a_draft_needs_only_a_title(peru, state_focal_point):
    request = request_create(by=state_focal_point, requester=peru, values=RequestValues(title="Later"))
    assert (request.status, request.state, request.description) == ("draft", peru, "")
    assert request.reference.startswith("REQ-")
    assert AuditEntry.objects.about(request).get().action == "request.created"


def test_a_focal_point_drafts_for_a_requesting_organization():
    caricom = OrganizationFactory(acronym="CARICOM")
    person = holder(Role.FOCAL_POINT, organization=caricom)
    request = request_create(by=person, requester=caricom, values=full_values())
    assert (request.organization, request.state) == (caricom, None)


def test_nobody_drafts_for_another_state(state_focal_point, expert, secretariat, observer, focal_point, peru):
    other = StateFactory()
    for person in (state_focal_point, expert, secretariat, observer, focal_point):
        with pytest.raises(NotAllowed):
            request_create(by=person, requester=other, values=full_values())
    with pytest.raises(NotAllowed):
        request_create(by=expert, requester=peru, values=full_values())
    assert not AssistanceRequest.objects.exists()


def test_an_expert_touches_no_draft(draft, expert, secretariat):
    for person in (expert, secretariat):
        with pytest.raises(NotAllowed):
            request_update(by=person, request=draft, values=full_values(title="Mine"))
        with pytest.raises(NotAllowed):
            request_consent(by=person, request=draft)


def test_all_that_is_written_is_stored(draft):
    need, second = draft.needs.all()
    assert (need.area.code, need.priority, need.detail, need.position) == ("BIO.LAB", "high", "For staff", 0)
    assert [kind.code for kind in need.types.all()] == ["TRNG"]
    assert (second.area.code, second.position) == ("LEG.BIO", 1)
    assert draft.weapon_types == ["BW"]
    assert values_of(draft).needed_by == date(2027, 12, 31)


def test_a_need_keeps_its_row_while_its_area_stays(draft, state_focal_point):
    kept = draft.needs.get(area__code="LEG.BIO").pk
    rows = [NeedValues(AreaFactory(code="BOR.CUS")), NeedValues(AreaFactory(code="LEG.BIO"), (), "high")]
    request_update(by=state_focal_point, request=draft, values=full_values(needs=rows))
    assert [(need.area.code, need.priority) for need in draft.needs.all()] == [
        ("BOR.CUS", "medium"),
        ("LEG.BIO", "high"),
    ]
    assert draft.needs.get(area__code="LEG.BIO").pk == kept


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("title", {"title": "  "}),
        ("title", {"title": "x" * 201}),
        ("description", {"description": "x" * 8001}),
        ("public_summary", {"public_summary": "x" * 2001}),
        ("document_reference", {"document_reference": "x" * 121}),
        ("needed_by", {"needed_from": date(2027, 2, 1), "needed_by": date(2027, 1, 1)}),
        ("received_on", {"received_on": date(2999, 1, 1)}),
        ("weapon_types", {"weapon_types": ["XX"]}),
        ("languages", {"languages": ["xx"]}),
        ("origin", {"origin": "rumour"}),
    ],
)
def test_a_wrong_entry_is_told_beside_its_field(peru, state_focal_point, field, changes):
    with pytest.raises(ValidationError) as caught:
        request_create(by=state_focal_point, requester=peru, values=full_values(**changes))
    assert set(caught.value.message_dict) == {field}
    assert not AssistanceRequest.objects.exists()


def test_wrong_rows_are_told_beside_the_rows(peru, state_focal_point, cicte):
    area = AreaFactory(code="BIO.LAB")
    existing = ExistingValues(cicte, area)
    for field, changes in (
        ("needs", {"needs": [NeedValues(area), NeedValues(area)]}),
        ("needs", {"needs": [NeedValues(area, priority="urgent")]}),
        ("needs", {"needs": [NeedValues(area, detail="x" * 501)]}),
        ("needs", {"needs": [NeedValues(AreaFactory()) for _row in range(31)]}),
        ("existing_assistance", {"existing_assistance": [existing, existing]}),
        ("declined_providers", {"preferred_providers": [cicte], "declined_providers": [cicte]}),
    ):
        with pytest.raises(ValidationError) as caught:
            request_create(by=state_focal_point, requester=peru, values=full_values(**changes))
        assert set(caught.value.message_dict) == {field}
    assert not AssistanceRequest.objects.exists()


def test_the_database_itself_wants_a_description_once_submitted(peru):
    with pytest.raises(IntegrityError, match="request_described_once_submitted"), transaction.atomic():
        RequestFactory(state=peru, description="")
    RequestFactory(state=peru, description="", status="draft")


def test_a_draft_starts_no_matching(draft):
    assert not MatchingRun.objects.exists()


def test_a_draft_is_thrown_away_for_good_and_its_words_with_it(draft, state_focal_point):
    key = draft.pk
    request_discard(by=state_focal_point, request=draft, expected_version=1)
    assert not AssistanceRequest.objects.filter(pk=key).exists()
    entry = AuditEntry.objects.filter(object_type="request", object_id=key).order_by("-pk").first()
    assert (entry.action, entry.before, entry.after) == ("request.discarded", {}, {})
    assert Change.objects.filter(object_type="request", object_id=key, op="remove").exists()


def test_what_was_submitted_is_not_thrown_away(submitted, state_focal_point, expert):
    with pytest.raises(IllegalTransition):
        request_discard(by=state_focal_point, request=submitted)
    with pytest.raises(NotAllowed):
        request_discard(by=expert, request=submitted)


# Submission


def test_submitting_starts_the_procedure_tells_the_experts_and_queues_matching(draft, state_focal_point, expert):
    request = request_submit(by=state_focal_point, request=draft, document_reference="NV 12/2027")
    assert (request.status, request.received_on, request.document_reference) == (
        "submitted",
        timezone.localdate(),
        "NV 12/2027",
    )
    assert request.submitted_at is not None
    assert request.steps.get(kind="received").done_on == timezone.localdate()
    assert request.steps.count() == len(RequestStep.Kind)
    notice = Notice.objects.get(action="request.submitted")
    assert (notice.user, notice.path) == (expert, request.get_absolute_url())
    run = MatchingRun.objects.get()
    assert (run.cause, run.request) == ("request", request)
    entry = AuditEntry.objects.about(request).first()
    assert (entry.action, entry.before["status"], entry.after["status"]) == ("request.submitted", "draft", "submitted")
    assert Change.objects.filter(object_type="request", object_id=request.pk).count() == 2


@pytest.mark.parametrize(
    ("missing", "changes"),
    [("needs", {"needs": []}), ("description", {"description": " "})],
)
def test_an_incomplete_draft_is_not_submitted(peru, state_focal_point, missing, changes):
    draft = request_create(by=state_focal_point, requester=peru, values=full_values(**changes))
    with pytest.raises(ValidationError) as caught:
        request_submit(by=state_focal_point, request=draft)
    assert set(caught.value.message_dict) == {missing}
    draft.refresh_from_db()
    assert draft.status == "draft"
    assert not Notice.objects.exists()


def test_a_submitted_request_stays_complete(submitted, state_focal_point):
    with pytest.raises(ValidationError) as caught:
        request_update(by=state_focal_point, request=submitted, values=full_values(needs=[], description=""))
    assert set(caught.value.message_dict) == {"needs", "description"}
    assert submitted.needs.count() == 2


def test_an_expert_records_a_note_verbale_and_it_is_submitted_at_once(expert, peru, state_focal_point):
    colleague = holder(Role.EXPERT, organization=OrganizationFactory(acronym="1540 GoE"))
    day = timezone.localdate() - timedelta(days=20)
    request = request_record(
        by=expert,
        requester=peru,
        values=full_values(origin="note_verbale", document_reference="NV 7", received_on=day),
    )
    assert (request.status, request.received_on, request.document_reference) == ("submitted", day, "NV 7")
    assert request.steps.get(kind="received").done_on == day
    assert request.steps.get(kind="followed_up").due_on == day + timedelta(days=365)
    told = {(notice.action, notice.user) for notice in Notice.objects.all()}
    assert told == {("request.recorded", state_focal_point), ("request.submitted", colleague)}
    assert MatchingRun.objects.get().request == request


def test_recording_asks_for_the_day_and_the_reference(expert, peru):
    with pytest.raises(ValidationError) as caught:
        request_record(by=expert, requester=peru, values=full_values(origin="note_verbale"))
    assert set(caught.value.message_dict) == {"received_on", "document_reference"}


def test_only_experts_and_the_secretariat_record(state_focal_point, observer, focal_point, peru):
    for person in (state_focal_point, observer, focal_point):
        with pytest.raises(NotAllowed):
            request_record(by=person, requester=peru, values=full_values(received_on=date(2026, 1, 1)))


# Editing


def test_the_requester_edits_until_authentication_and_experts_after_it(submitted, state_focal_point, expert):
    request_update(by=state_focal_point, request=submitted, values=full_values(title="Changed"))
    request = request_authenticate(by=expert, request=submitted)
    with pytest.raises(NotAllowed):
        request_update(by=state_focal_point, request=request, values=full_values(title="Too late"))
    assert request_update(by=expert, request=request, values=full_values(title="Corrected")).title == "Corrected"


@pytest.mark.parametrize("status", ["fulfilled", "closed", "withdrawn"])
def test_an_ended_request_is_not_edited(peru, expert, status):
    request = RequestFactory(state=peru, status=status)
    with pytest.raises(IllegalTransition):
        request_update(by=expert, request=request, values=full_values())


def test_a_sourced_record_is_history(expert):
    request = RequestFactory(provenance="public_source")
    with pytest.raises(IllegalTransition, match="public source"):
        request_update(by=expert, request=request, values=full_values())
    with pytest.raises(IllegalTransition, match="public source"):
        request_authenticate(by=expert, request=request)


def test_only_those_who_record_change_the_day_of_receipt(submitted, state_focal_point, expert):
    day = timezone.localdate() - timedelta(days=100)
    request = request_update(by=state_focal_point, request=submitted, values=full_values(received_on=day))
    assert request.received_on == timezone.localdate()
    request = request_update(by=expert, request=request, values=full_values(received_on=day))
    assert request.received_on == day
    assert request.steps.get(kind="followed_up").due_on == day + timedelta(days=365)


def test_an_old_version_is_refused_with_what_is_stored_now(draft, state_focal_point):
    request_update(by=state_focal_point, request=draft, values=full_values(title="First"), expected_version=1)
    with pytest.raises(StaleVersion) as caught:
        request_update(by=state_focal_point, request=draft, values=full_values(title="Second"), expected_version=1)
    assert caught.value.current.title == "First"


def test_editing_a_submitted_request_queues_matching(submitted, state_focal_point):
    MatchingRun.objects.all().delete()
    request_update(by=state_focal_point, request=submitted, values=full_values(title="Changed"))
    assert MatchingRun.objects.get().request == submitted


# The procedure


def test_a_request_travels_to_its_end(submitted, state_focal_point, expert, focal_point, cicte):
    OfferFactory(organization=cicte)
    declined = OrganizationFactory()
    declined_person = holder(Role.FOCAL_POINT, organization=declined)
    OfferFactory(organization=declined)
    submitted.declined_providers.add(declined)
    without_offer = holder(Role.FOCAL_POINT, organization=OrganizationFactory())

    request = request_ask_clarification(by=expert, request=submitted, question="How many people?")
    assert request.status == "clarification"
    assert Notice.objects.get(action="request.clarification_asked").params["question"] == "How many people?"
    request = request_clarify(by=state_focal_point, request=request, answer="Twenty.")
    assert AuditEntry.objects.about(request).first().reason == "Twenty."
    request = request_authenticate(by=expert, request=request, document_reference="NV 3")
    assert (request.status, request.document_reference) == ("authenticated", "NV 3")
    assert Notice.objects.get(action="request.authenticated").user == state_focal_point
    request = request_record_step(by=expert, request=request, kind="acknowledged", note="Letter of today")
    assert request.steps.get(kind="acknowledged").note == "Letter of today"
    with after_the_window():
        request = request_circulate(by=expert, request=request)
    assert request.status == "circulated"
    told = set(Notice.objects.filter(action="request.circulated").values_list("user", flat=True))
    assert told == {state_focal_point.pk, focal_point.pk}
    assert not told & {declined_person.pk, without_offer.pk}
    request = request_begin_assistance(by=expert, request=request)
    request = request_fulfil(by=state_focal_point, request=request, feedback="All trained.")
    assert (request.status, request.requester_feedback) == ("fulfilled", "All trained.")


def test_every_step_queues_matching_and_leaves_one_audit_entry(submitted, expert):
    before = AuditEntry.objects.count()
    MatchingRun.objects.all().delete()
    request_authenticate(by=expert, request=submitted)
    assert AuditEntry.objects.count() == before + 1
    assert MatchingRun.objects.count() == 1
    entry = AuditEntry.objects.about(submitted).first()
    assert any("authenticated due" in step and str(timezone.localdate()) in step for step in entry.after["steps"])


@pytest.mark.parametrize(
    ("service", "argument"),
    [
        (request_ask_clarification, "question"),
        (request_object, "reason"),
        (request_refer, "reason"),
        (request_withdraw, "reason"),
    ],
)
def test_what_asks_for_words_is_refused_without_them(submitted, service, argument):
    with pytest.raises(ValidationError) as caught:
        service(by=SYSTEM, request=submitted, **{argument: "   "})
    assert set(caught.value.message_dict) == {argument}


def test_closing_asks_why(peru, expert, state_focal_point):
    request = RequestFactory(state=peru, status="being_assisted")
    with pytest.raises(ValidationError):
        request_close(by=expert, request=request, reason="")
    assert request_close(by=expert, request=request, reason="No provider went on.").status == "closed"
    assert Notice.objects.get().user == state_focal_point


@pytest.mark.parametrize("status", sorted(OPEN))
def test_a_request_is_withdrawn_from_any_open_status(peru, state_focal_point, status):
    held_at = "circulated" if status == "referred" else ""
    request = RequestFactory(state=peru, status=status, status_before_referral=held_at)
    request = request_withdraw(by=state_focal_point, request=request, reason="Help was found elsewhere.")
    assert (request.status, request.status_before_referral) == ("withdrawn", "")


def test_steps_with_their_own_action_are_not_recorded_by_hand(submitted, expert):
    for kind in ("received", "authenticated", "circulated", "summary_published", "nothing"):
        with pytest.raises(ValidationError) as caught:
            request_record_step(by=expert, request=submitted, kind=kind)
        assert set(caught.value.message_dict) == {"kind"}


def test_a_step_is_recorded_neither_in_the_future_nor_before_receipt(submitted, expert):
    for day in (timezone.localdate() + timedelta(days=1), submitted.received_on - timedelta(days=1)):
        with pytest.raises(ValidationError) as caught:
            request_record_step(by=expert, request=submitted, kind="acknowledged", done_on=day)
        assert set(caught.value.message_dict) == {"done_on"}


# Objections and referrals


@pytest.mark.parametrize("status", ["submitted", "clarification", "authenticated", "circulated", "being_assisted"])
def test_a_referral_holds_the_request_and_the_release_takes_it_back(peru, observer, expert, status):
    request = RequestFactory(state=peru, status=status)
    request = request_refer(by=observer, request=request, reason="Let the group look.")
    assert (request.status, request.status_before_referral) == ("referred", status)
    request = request_release(by=expert, request=request, reason="The group agreed.")
    assert (request.status, request.status_before_referral) == (status, "")


def test_an_objection_keeps_a_request_from_circulation_and_from_the_public(submitted, observer, expert):
    request_consent(by=SYSTEM, request=submitted)
    request_authenticate(by=expert, request=submitted)
    request = request_object(by=observer, request=submitted, reason="Not now.")
    assert Notice.objects.get(action="request.objected").user == expert
    with after_the_window():
        with pytest.raises(IllegalTransition):
            request_circulate(by=expert, request=request)
        with pytest.raises(IllegalTransition):
            request_publish_summary(by=expert, request=request)
        request = request_release(by=expert, request=request, reason="Settled.")
        assert request_circulate(by=expert, request=request).status == "circulated"


def test_members_object_and_experts_refer_but_only_experts_release(submitted, observer, expert, secretariat):
    for person in (expert, secretariat):
        with pytest.raises(NotAllowed):
            request_object(by=person, request=submitted, reason="No.")
    request = request_refer(by=expert, request=submitted, reason="Difficult.")
    for person in (observer, secretariat):
        with pytest.raises(NotAllowed):
            request_release(by=person, request=request, reason="Yes.")


def test_an_observer_changes_nothing_else(submitted, observer):
    for service, extra in (
        (request_authenticate, {}),
        (request_circulate, {}),
        (request_ask_clarification, {"question": "?"}),
        (request_record_step, {"kind": "acknowledged"}),
        (request_withdraw, {"reason": "x"}),
        (request_consent, {}),
        (request_publish_summary, {}),
        (request_update, {"values": full_values()}),
    ):
        with pytest.raises(NotAllowed):
            service(by=observer, request=submitted, **extra)


def test_the_requester_takes_no_decision_of_the_committee(submitted, state_focal_point):
    for service, extra in (
        (request_authenticate, {}),
        (request_circulate, {}),
        (request_begin_assistance, {}),
        (request_close, {"reason": "x"}),
        (request_publish_summary, {}),
        (request_release, {"reason": "x"}),
        (request_object, {"reason": "x"}),
    ):
        with pytest.raises(NotAllowed):
            service(by=state_focal_point, request=submitted, **extra)


def test_strangers_change_nothing(submitted, outsider, editor, focal_point):
    neighbour = holder(Role.STATE_FOCAL_POINT, state=StateFactory())
    for person in (outsider, editor, focal_point, neighbour, None):
        with pytest.raises(NotAllowed):
            request_withdraw(by=person, request=submitted, reason="x")
        with pytest.raises(NotAllowed):
            request_consent(by=person, request=submitted)


# Consent and summary


def test_consent_is_recorded_with_its_day_and_taken_back(submitted, state_focal_point):
    request = request_consent(by=state_focal_point, request=submitted, note="By note verbale 9")
    assert request.summary_consent_on == timezone.localdate()
    assert AuditEntry.objects.about(request).first().reason == "By note verbale 9"
    request = request_consent_withdraw(by=state_focal_point, request=request)
    assert request.summary_consent_on is None


def test_consent_needs_a_summary(peru, state_focal_point):
    draft = request_create(by=state_focal_point, requester=peru, values=full_values(public_summary=""))
    with pytest.raises(IllegalTransition, match="Write the public summary first"):
        request_consent(by=state_focal_point, request=draft)
    with pytest.raises(ValidationError) as caught:
        request_create(by=state_focal_point, requester=peru, values=full_values(public_summary="", has_consent=True))
    assert set(caught.value.message_dict) == {"has_consent"}


def test_consent_is_given_with_the_draft(peru, state_focal_point):
    draft = request_create(by=state_focal_point, requester=peru, values=full_values(has_consent=True))
    draft.refresh_from_db()
    assert draft.summary_consent_on == timezone.localdate()


def published(request, expert):
    request = request_consent(by=SYSTEM, request=request)
    request = request_authenticate(by=expert, request=request)
    with after_the_window():
        return request_publish_summary(by=expert, request=request)


def test_a_summary_is_published_with_consent_after_the_window(submitted, expert, state_focal_point):
    request_authenticate(by=expert, request=submitted)
    with after_the_window(), pytest.raises(IllegalTransition, match="not consented"):
        request_publish_summary(by=expert, request=submitted)
    request_consent(by=state_focal_point, request=submitted)
    with pytest.raises(IllegalTransition, match="object until"):
        request_publish_summary(by=expert, request=submitted)
    with after_the_window():
        request = request_publish_summary(by=expert, request=submitted)
        assert request.summary_published_on == timezone.localdate()
    assert Notice.objects.get(action="request.summary_published").user == state_focal_point


def test_published_consent_is_not_taken_back(submitted, expert, state_focal_point):
    request = published(submitted, expert)
    with pytest.raises(IllegalTransition, match="published"):
        request_consent_withdraw(by=state_focal_point, request=request)


@pytest.mark.parametrize(
    "changes",
    [
        {"public_summary": "Another summary."},
        {"title": "Another title"},
        {"needs": "another"},
    ],
)
def test_a_change_of_what_the_public_reads_takes_the_summary_down(submitted, expert, changes):
    request = published(submitted, expert)
    if "needs" in changes:
        changes = {"needs": [NeedValues(AreaFactory(code="BOR.CUS"))]}
    request = request_update(by=expert, request=request, values=full_values(**changes))
    assert (request.summary_consent_on, request.summary_published_on) == (None, None)
    assert request.steps.get(kind="summary_published").done_on is None


def test_a_change_of_what_stays_confidential_leaves_the_consent(submitted, expert):
    request = published(submitted, expert)
    request = request_update(by=expert, request=request, values=full_values(description="Other words."))
    assert request.summary_published_on is not None


def test_the_database_refuses_a_published_summary_without_consent(peru):
    with pytest.raises(IntegrityError, match="request_summary_only_with_consent"), transaction.atomic():
        RequestFactory(state=peru, public_summary="Words.", summary_published_on=date(2027, 1, 1))


def test_two_experts_at_once_the_second_hears_of_the_first(submitted, expert):
    version = AssistanceRequest.objects.get(pk=submitted.pk).version
    request_authenticate(by=expert, request=submitted, expected_version=version)
    with pytest.raises(StaleVersion):
        request_ask_clarification(by=expert, request=submitted, question="Who?", expected_version=version)


def test_notices_carry_no_word_of_the_description(submitted, expert, state_focal_point, focal_point, cicte):
    OfferFactory(organization=cicte)
    request_authenticate(by=expert, request=submitted)
    with time_machine.travel(datetime(2099, 1, 1, tzinfo=UTC), tick=False):
        request_circulate(by=expert, request=submitted)
    assert not [notice for notice in Notice.objects.all() if "Twenty people" in str(notice.params)]


def test_every_public_service_is_keyword_only():
    import inspect

    for name in services.__all__:
        if name.startswith("request_"):
            kinds = {row.kind for row in inspect.signature(getattr(services, name)).parameters.values()}
            assert kinds == {inspect.Parameter.KEYWORD_ONLY}, name
