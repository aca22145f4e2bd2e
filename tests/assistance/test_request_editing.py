"""Writing a request in the browser: drafts, rows, submission, conflicts, and the confirmation pages."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from assistance.models import AssistanceRequest
from assistance.services.requests import RequestValues, request_create, request_update
from assistance.views.request_action_pages import ACTION_PAGES
from cooperation_portal.access.roles import Role
from tests.conftest import holder
from tests.factories import (
    AffiliationFactory,
    AreaFactory,
    AssistanceTypeFactory,
    OrganizationFactory,
    RequestFactory,
    StateFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def vocabulary(db):
    for code in ("BIO.LAB", "LEG.BIO", "BOR.CUS"):
        AreaFactory(code=code)
    AssistanceTypeFactory(code="TRNG")


def typed(needs=(("BIO.LAB", ["TRNG"], "high", ""),), existing=(), *, initial_needs=0, initial_existing=0, **changes):
    """What a browser sends: the form, its needs and the help already running."""
    data = {
        "title": "Laboratory training",
        "description": "Twenty people need training.",
        "public_summary": "",
        "origin": "note_verbale",
        "document_reference": "",
        "needed_from": "",
        "needed_by": "",
        "needs-TOTAL_FORMS": len(needs) + 1,
        "needs-INITIAL_FORMS": initial_needs,
        "existing-TOTAL_FORMS": len(existing) + 1,
        "existing-INITIAL_FORMS": initial_existing,
        f"needs-{len(needs)}-priority": "medium",
    }
    for number, (area, types, priority, detail) in enumerate(needs):
        data |= {
            f"needs-{number}-area": area,
            f"needs-{number}-types": types,
            f"needs-{number}-priority": priority,
            f"needs-{number}-detail": detail,
        }
    for number, (provider, area, until) in enumerate(existing):
        data |= {
            f"existing-{number}-organization": provider,
            f"existing-{number}-area": area,
            f"existing-{number}-until": until,
        }
    return data | changes


NEW = "/requests/new/"
RECORD = "/requests/record/"


def edit_url(record):
    return reverse("assistance:request_edit", args=[record.reference])


def action_url(record, action):
    return reverse("assistance:request_transition", args=[record.reference, action])


def test_a_focal_point_saves_a_draft_with_several_needs(signed_in, state_focal_point, peru, cicte):
    client = signed_in(state_focal_point)
    page = client.get(NEW).content.decode()
    for words in ("Asked by <strong>Peru</strong>", "note verbale", "only you and your colleagues", "The public never"):
        assert words in page
    response = client.post(
        NEW,
        typed(
            needs=[("BIO.LAB", ["TRNG"], "high", "For staff"), ("LEG.BIO", [], "low", "")],
            existing=[("CICTE", "BOR.CUS", "2027-05-01")],
            weapon_types=["BW"],
            languages=["es"],
            needed_from="2027-01-01",
            needed_by="2027-12-31",
            preferred_providers=["CICTE"],
            public_summary="Training.",
            has_consent="on",
        ),
    )
    record = AssistanceRequest.objects.get()
    assert response.status_code == 302
    assert response["Location"] == record.get_absolute_url()
    assert (record.status, record.state, record.weapon_types) == ("draft", peru, ["BW"])
    assert [(need.area.code, need.priority) for need in record.needs.all()] == [("BIO.LAB", "high"), ("LEG.BIO", "low")]
    assert record.existing_assistance.get().until == date(2027, 5, 1)
    assert record.preferred_providers.get() == cicte
    assert record.summary_consent_on == timezone.localdate()


def test_a_title_alone_is_enough_for_a_draft(signed_in, state_focal_point):
    client = signed_in(state_focal_point)
    assert client.post(NEW, typed(needs=(), description="")).status_code == 302
    refused = client.post(NEW, typed(needs=(), title=" ", description="Kept words"))
    assert refused.status_code == 422
    assert "Kept words" in refused.content.decode()
    assert AssistanceRequest.objects.count() == 1


def test_another_row_appears_without_losing_or_judging_what_was_typed(signed_in, state_focal_point):
    client = signed_in(state_focal_point)
    response = client.post(NEW, typed(title="", description="Half written", add_need="1"))
    page = response.content.decode()
    assert response.status_code == 200
    assert page.count('-area" ') >= 3
    assert "Need 3" in page
    assert response.context["needs"].forms[2]["priority"].value() == "medium"
    assert "Half written" in page
    assert "another look" not in page
    assert not AssistanceRequest.objects.exists()
    page = client.post(NEW, typed(add_existing="1")).content.decode()
    assert "Help 2" in page


def test_a_row_is_removed_by_its_box(signed_in, state_focal_point, peru):
    record = RequestFactory(state=peru, status="draft", needs=[("BIO.LAB", ["TRNG"], "high"), ("LEG.BIO", [], "low")])
    client = signed_in(state_focal_point)
    data = typed(
        needs=[("BIO.LAB", ["TRNG"], "high", ""), ("LEG.BIO", [], "low", "")],
        initial_needs=2,
        expected_version=record.version,
        **{"needs-0-DELETE": "on"},
    )
    assert client.post(edit_url(record), data).status_code == 302
    assert [need.area.code for need in record.needs.all()] == ["LEG.BIO"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": "x" * 201}, "Shorten this to 200"),
        ({"description": "x" * 8001}, "Shorten this to 8000"),
        ({"needed_from": "2027-02-01", "needed_by": "2027-01-01"}, "The end is before the start"),
        ({"needed_from": "31.12.2027"}, "Write the date as year, month and day"),
        ({"needs": [("NO.SUCH", [], "high", "")]}, "not one of the available choices"),
        ({"needs": [("BIO.LAB", ["XXXX"], "high", "")]}, "not one of the available choices"),
        ({"needs": [("BIO.LAB", [], "urgent", "")]}, "not one of the available choices"),
        ({"needs": [("", ["TRNG"], "high", "")]}, "Choose the area of this need"),
        ({"needs": [("BIO.LAB", [], "high", ""), ("BIO.LAB", [], "low", "")]}, "is named twice"),
        ({"existing": [("CICTE", "", "")]}, "Choose the area of this help"),
        ({"existing": [("NOBODY", "BIO.LAB", "")]}, "not one of the available choices"),
        ({"preferred_providers": ["CICTE"], "declined_providers": ["CICTE"]}, "Preferred and declined at once"),
        ({"declined_providers": ["NOBODY"]}, "not one of the available choices"),
        ({"weapon_types": ["XX"]}, "not one of the available choices"),
        ({"has_consent": "on"}, "Write the public summary first"),
        ({"needs-TOTAL_FORMS": "31"}, "30"),
        ({"needs-TOTAL_FORMS": "many"}, "ManagementForm"),
    ],
)
def test_a_wrong_entry_comes_back_with_what_was_typed(signed_in, state_focal_point, cicte, changes, words):
    data = typed(**({"description": "Kept words"} | changes))
    if changes.get("needs-TOTAL_FORMS") == "31":
        data |= {f"needs-{number}-area": "BIO.LAB" for number in range(31)}
        data |= {f"needs-{number}-priority": "low" for number in range(31)}
    response = signed_in(state_focal_point).post(NEW, data)
    assert response.status_code == 422
    page = response.content.decode()
    assert words in page
    assert "Kept words" in page or "description" in changes
    assert not AssistanceRequest.objects.exists()


def test_a_focal_point_of_several_bodies_says_for_whom(signed_in, state_focal_point, peru):
    caricom = OrganizationFactory(acronym="CARICOM")
    AffiliationFactory(user=state_focal_point, role=Role.FOCAL_POINT, organization=caricom)
    client = signed_in(state_focal_point)
    assert client.post(NEW, typed()).status_code == 422
    other = StateFactory()
    assert client.post(NEW, typed(requester=f"state:{other.iso3}")).status_code == 422
    assert client.post(NEW, typed(requester="organization:CARICOM")).status_code == 302
    assert AssistanceRequest.objects.get().organization == caricom


@pytest.mark.parametrize(
    ("role", "new", "record"),
    [
        ("visitor", 302, 302),
        ("newcomer", 403, 403),
        ("editor", 403, 403),
        ("focal_point", 200, 403),
        ("state_focal_point", 200, 403),
        ("observer", 403, 403),
        ("expert", 403, 200),
        ("secretariat", 403, 200),
    ],
)
def test_who_drafts_and_who_records(people, signed_in, role, new, record):
    client = signed_in(people[role])
    assert (client.get(NEW).status_code, client.get(RECORD).status_code) == (new, record)
    assert (client.post(NEW, {}).status_code == 403) == (new == 403)
    assert (client.post(RECORD, {}).status_code == 403) == (record == 403)


def test_an_expert_records_a_note_verbale(signed_in, expert, peru):
    client = signed_in(expert)
    day = (timezone.localdate() - timedelta(days=9)).isoformat()
    refused = client.post(RECORD, typed(requester="state:PER"))
    assert refused.status_code == 422
    assert "Give the day on which the request was received" in refused.content.decode()
    assert "Give the reference of the note verbale" in refused.content.decode()
    response = client.post(RECORD, typed(requester="state:PER", received_on=day, document_reference="NV 4"))
    record = AssistanceRequest.objects.get()
    assert response["Location"] == record.get_absolute_url()
    assert (record.status, record.state, record.received_on.isoformat()) == ("submitted", peru, day)
    page = client.get(record.get_absolute_url()).content.decode()
    assert "Authenticate the request" in page
    assert "Secretariat and experts" in page


def test_a_request_is_recorded_for_an_organization(signed_in, expert):
    OrganizationFactory(acronym="CARICOM")
    data = typed(requester="organization:CARICOM", received_on="2026-01-05", origin="other")
    assert signed_in(expert).post(RECORD, data).status_code == 302
    assert AssistanceRequest.objects.get().organization.acronym == "CARICOM"


def test_retired_words_are_not_offered_but_stay_on_the_record(signed_in, state_focal_point, peru):
    old = AreaFactory(code="OLD.AA", is_retired=True)
    record = RequestFactory(state=peru, status="draft", needs=[(old, [], "low")])
    client = signed_in(state_focal_point)
    assert "OLD.AA" not in client.get(NEW).content.decode()
    assert "OLD.AA" in client.get(edit_url(record)).content.decode()
    assert client.post(NEW, typed(needs=[("OLD.AA", [], "low", "")])).status_code == 422
    data = typed(needs=[("OLD.AA", [], "high", "")], initial_needs=1, expected_version=record.version)
    assert client.post(edit_url(record), data).status_code == 302


def test_the_form_asks_as_often_for_one_need_as_for_ten(
    signed_in, state_focal_point, peru, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries(number):
        needs = [(f"A{chr(65 + n)}A.BB", ["TRNG"], "high") for n in range(number)]
        record = RequestFactory(state=peru, status="draft", needs=needs)
        client = signed_in(state_focal_point)
        client.get(edit_url(record))
        with CaptureQueriesContext(connection) as captured:
            client.get(edit_url(record))
        return len(captured)

    assert queries(1) == queries(10)


# Conflicts


def test_a_stale_edit_shows_both_versions_and_saves_on_the_second_try(signed_in, state_focal_point, peru):
    colleague = holder(Role.STATE_FOCAL_POINT, state=peru)
    record = request_create(by=state_focal_point, requester=peru, values=RequestValues(title="Before"))
    request_update(by=colleague, request=record, values=RequestValues(title="By a colleague", description="Theirs"))
    client = signed_in(state_focal_point)
    response = client.post(edit_url(record), typed(title="Mine", description="Mine too", expected_version=1))
    page = response.content.decode()
    assert response.status_code == 409
    for words in ("By a colleague", "Theirs", "Mine too", colleague.name, "This record changed while you were writing"):
        assert words in page
    assert 'name="expected_version" value="2"' in page
    record.refresh_from_db()
    assert record.title == "By a colleague"
    assert client.post(edit_url(record), typed(title="Mine", expected_version=2)).status_code == 302


def test_an_edit_without_its_version_is_refused(signed_in, state_focal_point, peru):
    record = RequestFactory(state=peru, status="draft", title="Before")
    assert signed_in(state_focal_point).post(edit_url(record), typed(title="After")).status_code == 422
    record.refresh_from_db()
    assert record.title == "Before"


def test_a_stale_confirmation_keeps_the_words_and_asks_again(signed_in, expert, state_focal_point, peru):
    record = RequestFactory(state=peru)
    request_update(by=expert, request=record, values=RequestValues(**_values(record, "Changed meanwhile")))
    response = signed_in(expert).post(
        action_url(record, "ask_clarification"), {"expected_version": 1, "question": "How many?"}
    )
    page = response.content.decode()
    assert response.status_code == 409
    assert "How many?" in page
    assert 'value="2"' in page
    record.refresh_from_db()
    assert record.status == "submitted"


def _values(record, title):
    from dataclasses import asdict

    from assistance.services.requests import values_of

    stored = values_of(record)
    return {name: getattr(stored, name) for name in asdict(stored)} | {"title": title}


# Confirmation pages


def test_save_and_submit_goes_over_the_confirmation(signed_in, state_focal_point):
    client = signed_in(state_focal_point)
    response = client.post(NEW, typed(submit="1"))
    record = AssistanceRequest.objects.get()
    assert response["Location"] == action_url(record, "submit")
    page = client.get(response["Location"]).content.decode()
    assert "note verbale" in page
    assert "What will happen" in page
    done = client.post(response["Location"], {"expected_version": record.version, "document_reference": "NV 1"})
    assert done["Location"] == record.get_absolute_url()
    record.refresh_from_db()
    assert (record.status, record.document_reference) == ("submitted", "NV 1")


def test_an_incomplete_draft_is_sent_back_to_the_form(signed_in, state_focal_point, peru):
    record = RequestFactory(state=peru, status="draft", needs=[])
    client = signed_in(state_focal_point)
    response = client.get(action_url(record, "submit"), follow=True)
    assert response.redirect_chain[-1][0] == edit_url(record)
    assert "Name at least one need" in response.content.decode()
    refused = client.post(action_url(record, "submit"), {"expected_version": record.version})
    assert refused.status_code == 422
    assert "Name at least one need" in refused.content.decode()


def test_a_draft_is_thrown_away_over_a_confirmation(signed_in, state_focal_point, peru):
    record = RequestFactory(state=peru, status="draft")
    client = signed_in(state_focal_point)
    assert "Delete this draft for good" in client.get(action_url(record, "discard")).content.decode()
    response = client.post(action_url(record, "discard"), {"expected_version": record.version})
    assert response["Location"] == "/requests/"
    assert not AssistanceRequest.objects.exists()


def test_a_missing_reason_comes_back_beside_the_field(signed_in, expert, peru):
    record = RequestFactory(state=peru)
    response = signed_in(expert).post(action_url(record, "withdraw"), {"expected_version": record.version})
    assert response.status_code == 422
    assert "Fill this in" in response.content.decode()


def test_nothing_happens_by_following_a_link(signed_in, expert, observer, state_focal_point, peru):
    for person in (expert, observer, state_focal_point):
        for status in AssistanceRequest.Status.values:
            if status == "draft" and person != state_focal_point:
                continue
            record = RequestFactory(state=peru, status=status, public_summary="Words.")
            for action in ACTION_PAGES:
                assert signed_in(person).get(action_url(record, action)).status_code in (200, 302, 403)
            record.refresh_from_db()
            assert (record.status, record.version) == (status, 1)


def test_unknown_actions_and_missing_tokens_are_refused(expert, signed_in, peru):
    from django.test import Client

    record = RequestFactory(state=peru)
    assert signed_in(expert).get(action_url(record, "promote")).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(expert, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = strict.post(action_url(record, "authenticate"), {"expected_version": 1})
    assert answer.status_code == 403


def test_the_procedure_is_walked_on_the_web(signed_in, people, peru, settings):
    settings.OBJECTION_WINDOW_WORKING_DAYS = 0
    record = RequestFactory(state=peru, public_summary="Open words.")
    walk = [
        ("expert", "record_step", {"kind": "acknowledged", "done_on": timezone.localdate().isoformat()}),
        ("expert", "ask_clarification", {"question": "How many?"}),
        ("state_focal_point", "clarify", {"answer": "Twenty."}),
        ("state_focal_point", "consent", {"note": ""}),
        ("state_focal_point", "withdraw_consent", {}),
        ("expert", "consent", {"note": "By note verbale 3"}),
        ("expert", "authenticate", {"document_reference": "NV 3"}),
        ("observer", "object", {"reason": "Not yet."}),
        ("expert", "release", {"reason": "Settled."}),
        ("secretariat", "circulate", {"note": ""}),
        ("expert", "publish_summary", {}),
        ("expert", "begin_assistance", {}),
        ("state_focal_point", "fulfil", {"feedback": "All trained."}),
    ]
    for role, action, data in walk:
        client = signed_in(people[role])
        record.refresh_from_db()
        assert client.get(action_url(record, action)).status_code == 200, action
        done = client.post(action_url(record, action), {"expected_version": record.version, **data})
        assert done.status_code == 302, (action, done.content.decode())
    record.refresh_from_db()
    assert (record.status, record.requester_feedback) == ("fulfilled", "All trained.")
    assert "Open words." in signed_in(None).get(record.get_absolute_url()).content.decode()


def test_the_clarification_is_read_by_the_requester(signed_in, people, peru):
    record = RequestFactory(state=peru)
    signed_in(people["expert"]).post(
        action_url(record, "ask_clarification"), {"expected_version": 1, "question": "How many people?"}
    )
    page = signed_in(people["state_focal_point"]).get(record.get_absolute_url()).content.decode()
    assert "The experts ask" in page
    assert "How many people?" in page


def test_the_consent_page_quotes_what_the_public_will_read(signed_in, state_focal_point, peru):
    record = RequestFactory(state=peru, public_summary="These very words.", title="This very title")
    page = signed_in(state_focal_point).get(action_url(record, "consent")).content.decode()
    assert "These very words." in page
    assert "This very title" in page
    assert record.description not in page


def test_a_deactivated_person_is_out_at_once(signed_in, state_focal_point):
    client = signed_in(state_focal_point)
    state_focal_point.is_active = False
    state_focal_point.save()
    assert client.get(NEW).status_code == 302
