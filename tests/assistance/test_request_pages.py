"""Pages of requests: who reads how much, filters that tell nothing of what is hidden, and the procedure's buttons."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assistance.disclosure import Reading, public_status, reading_of
from assistance.models import AssistanceRequest, Need
from assistance.services.procedure import complete_step
from assistance.services.requests import request_refer
from cooperation_portal.access.roles import Role
from tests.conftest import holder
from tests.factories import (
    AreaFactory,
    MatchFactory,
    OfferFactory,
    OrganizationFactory,
    RequestFactory,
    StateFactory,
)

pytestmark = pytest.mark.django_db

LIST = reverse("assistance:request_list")
#: Words that stand only in what must stay hidden.
CANARIES = {
    "description": "canarydescription",
    "detail": "canarydetail",
    "preferred": "CANPREF",
    "declined": "CANDECL",
    "document": "canarydocument",
    "step": "canarystep",
    "reason": "canaryreason",
    "existing": "CANEXIST",
}


@pytest.fixture
def request_of_peru(peru, expert):
    """A request with something secret in every field; its summary is published."""

    def build(status="submitted", *, published=True, **fields):
        today = timezone.localdate()
        shown = {"public_summary": "Open words.", "summary_consent_on": today, "summary_published_on": today}
        record = RequestFactory(
            state=peru,
            status=status,
            title="Laboratories of the coast",
            description=f"We need {CANARIES['description']} for staff.",
            document_reference=CANARIES["document"],
            needs=[("BIO.LAB", ["TRNG"], "high")],
            **(shown if published else {}),
            **fields,
        )
        record.needs.update(detail=CANARIES["detail"])
        record.preferred_providers.add(OrganizationFactory(acronym=CANARIES["preferred"]))
        record.declined_providers.add(OrganizationFactory(acronym=CANARIES["declined"]))
        record.existing_assistance.create(
            organization=OrganizationFactory(acronym=CANARIES["existing"]), area=AreaFactory(code="BIO.LAB")
        )
        complete_step(record, "acknowledged", by=expert, note=CANARIES["step"])
        return record

    return build


def shown_canaries(client, url):
    response = client.get(url)
    text = response.content.decode()
    # A choice of a filter names an organization without saying anything of a request.
    text = re.sub(r"<form.*?</form>", "", text, flags=re.DOTALL)
    return response.status_code, {name for name, word in CANARIES.items() if word in text}


TEXT = {"description", "detail", "existing"}
INSIDE = TEXT | {"preferred", "declined", "document", "step"}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (
            "submitted",
            {
                "visitor": set(),
                "newcomer": set(),
                "outsider": set(),
                "editor": set(),
                "focal_point": set(),
                "state_focal_point": INSIDE,
                "expert": INSIDE,
                "observer": INSIDE,
                "secretariat": INSIDE,
            },
        ),
        (
            "circulated",
            {
                "visitor": set(),
                "newcomer": set(),
                "outsider": TEXT,
                "editor": TEXT,
                "focal_point": TEXT,
                "state_focal_point": INSIDE,
                "expert": INSIDE,
                "observer": INSIDE,
                "secretariat": INSIDE,
            },
        ),
    ],
)
def test_each_reader_gets_as_much_as_the_status_allows(people, signed_in, request_of_peru, status, expected):
    record = request_of_peru(status)
    for name, person in people.items():
        client = signed_in(person)
        assert shown_canaries(client, record.get_absolute_url()) == (200, expected[name]), name
        assert shown_canaries(client, LIST) == (200, set()), name


def test_another_states_focal_point_reads_the_summary_only(signed_in, request_of_peru):
    neighbour = signed_in(holder(Role.STATE_FOCAL_POINT, state=StateFactory()))
    record = request_of_peru("circulated")
    assert shown_canaries(neighbour, record.get_absolute_url()) == (200, set())
    assert "Open words." in neighbour.get(record.get_absolute_url()).content.decode()


@pytest.mark.parametrize("status", ["submitted", "clarification", "authenticated", "referred", "fulfilled", "closed"])
def test_without_a_published_summary_outsiders_find_nothing(people, signed_in, request_of_peru, status):
    record = request_of_peru(status, published=False)
    for name in ("visitor", "newcomer", "outsider", "editor", "focal_point"):
        client = signed_in(people[name])
        assert client.get(record.get_absolute_url()).status_code == 404, name
        assert record.reference not in client.get(LIST).content.decode()


def test_a_draft_is_read_by_its_owner_alone(people, signed_in, request_of_peru):
    record = request_of_peru("draft")
    for name, person in people.items():
        client = signed_in(person)
        is_owner = name == "state_focal_point"
        for url in (
            record.get_absolute_url(),
            reverse("assistance:request_edit", args=[record.reference]),
            reverse("assistance:request_transition", args=[record.reference, "submit"]),
        ):
            status = client.get(url).status_code
            assert status == (
                200 if is_owner else 404 if person or ("/edit/" not in url and "/submit/" not in url) else 302
            )
        assert (record.reference in client.get(LIST).content.decode()) == is_owner


def test_a_withdrawn_request_takes_its_summary_along(signed_in, request_of_peru):
    record = request_of_peru("withdrawn")
    assert signed_in(None).get(record.get_absolute_url()).status_code == 404


def test_hidden_words_answer_no_search(people, signed_in, request_of_peru):
    record = request_of_peru()
    for name in ("visitor", "newcomer", "outsider", "focal_point"):
        client = signed_in(people[name])
        for word in (*CANARIES.values(), "coast canarydescription"):
            assert record.reference not in client.get(LIST, {"q": word}).content.decode(), (name, word)


@pytest.mark.parametrize(
    ("word", "found_by"),
    [
        ("coast", {"visitor", "outsider", "state_focal_point", "expert"}),
        ("LABORATORIES coast", {"visitor", "outsider", "state_focal_point", "expert"}),
        ("peru", {"visitor", "outsider", "state_focal_point", "expert"}),
        (CANARIES["description"], {"outsider", "state_focal_point", "expert"}),
        (CANARIES["detail"], {"outsider", "state_focal_point", "expert"}),
        (CANARIES["document"], {"state_focal_point", "expert"}),
        ("100%", set()),
        ("_", set()),
    ],
)
def test_search_finds_what_the_reader_may_read(people, signed_in, request_of_peru, word, found_by):
    record = request_of_peru("circulated")
    for name in ("visitor", "outsider", "state_focal_point", "expert"):
        text = signed_in(people[name]).get(LIST, {"q": word}).content.decode()
        assert (record.reference in text) == (name in found_by), name


@pytest.mark.parametrize(
    "query",
    [{"type": "TRNG"}, {"priority": "high"}, {"status": "authenticated"}, {"overdue": "on"}],
)
def test_filters_on_hidden_facts_find_nothing_for_outsiders(people, signed_in, request_of_peru, query):
    record = request_of_peru("authenticated")
    record.steps.filter(kind="followed_up").update(due_on=timezone.localdate() - timedelta(days=1))
    for name in ("outsider", "editor", "focal_point"):
        assert record.reference not in signed_in(people[name]).get(LIST, query).content.decode(), name
    assert record.reference in signed_in(people["expert"]).get(LIST, query).content.decode()
    visitor = signed_in(None).get(LIST, query).content.decode()
    assert record.reference not in visitor


def test_visitors_sort_by_nothing_hidden(signed_in, request_of_peru, expert):
    request_of_peru()
    assert "cannot be sorted" in signed_in(None).get(LIST, {"sort": "-due"}).content.decode()
    assert "cannot be sorted" not in signed_in(expert).get(LIST, {"sort": "-due"}).content.decode()


@pytest.mark.parametrize("status", AssistanceRequest.Status.values)
def test_the_public_hears_little_of_the_procedure(peru, status):
    value, _label = public_status(RequestFactory(state=peru, status=status))
    assert value == (status if status in ("being_assisted", "fulfilled", "closed") else "open")


def test_the_public_is_not_told_of_a_referral(signed_in, request_of_peru, observer):
    record = request_of_peru("circulated")
    request_refer(by=observer, request=record, reason=CANARIES["reason"])
    for url in (LIST, record.get_absolute_url()):
        text = signed_in(None).get(url).content.decode()
        assert "Referred" not in text
        assert "working group" not in text


def test_the_requester_learns_of_a_referral_but_not_who_and_why(signed_in, request_of_peru, observer, people):
    record = request_of_peru("circulated")
    request_refer(by=observer, request=record, reason=CANARIES["reason"])
    mine = signed_in(people["state_focal_point"]).get(record.get_absolute_url()).content.decode()
    assert "Referred to the working group" in mine
    assert CANARIES["reason"] not in mine
    assert observer.name not in mine
    theirs = signed_in(people["expert"]).get(record.get_absolute_url()).content.decode()
    assert CANARIES["reason"] in theirs
    assert observer.name in theirs


@pytest.mark.parametrize("status", AssistanceRequest.Status.values)
def test_the_two_ways_to_say_who_reads_agree(people, request_of_peru, status):
    record = request_of_peru(status)
    for person in people.values():
        row = AssistanceRequest.objects.visible_to(person).with_full_text_for(person).filter(pk=record.pk).first()
        if row is None:
            continue
        in_full = AssistanceRequest.objects.filter(AssistanceRequest.objects.all().full_text_q(_actor(person)))
        assert (reading_of(row) > Reading.SUMMARY) == in_full.filter(pk=record.pk).exists()


def _actor(person):
    from cooperation_portal.access.actors import actor_for

    return actor_for(person)


# The list


def rows_of(response):
    return [row["shown"].reference for row in response.context["rows"]]


def test_history_is_shown_only_when_asked_for(signed_in, peru):
    RequestFactory(
        state=peru,
        reference="RQ007",
        provenance="public_source",
        received_on=None,
        received_as_stated="2008–2011",
        source="Public page",
        confidence="high",
    )
    client = signed_in(None)
    assert rows_of(client.get(LIST)) == []
    response = client.get(LIST, {"historical": "on"})
    assert rows_of(response) == ["RQ007"]
    assert "2008–2011" in response.content.decode()
    detail = client.get(reverse("assistance:request_detail", args=["RQ007"])).content.decode()
    for words in ("2008–2011", "Public page", "High", "Historical record"):
        assert words in detail


def test_history_never_counts_as_open(signed_in, peru):
    RequestFactory(state=peru, provenance="public_source", status="circulated")
    assert rows_of(signed_in(None).get(LIST, {"historical": "on", "status": "open"})) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "PER"}, ["A"]),
        ({"organization": "CARICOM"}, ["B"]),
        ({"area": "BIO.LAB"}, ["A"]),
        ({"area": "BIO"}, ["A"]),
        ({"area": "LEG"}, ["B"]),
        ({"type": "TRNG"}, ["A"]),
        ({"priority": "low"}, ["B"]),
        ({"status": "circulated"}, ["B"]),
        ({"status": "open"}, ["A", "B"]),
        ({"overdue": "on"}, ["B"]),
        ({"sort": "title"}, ["B", "A"]),
        ({"sort": "-title"}, ["A", "B"]),
        ({"sort": "requester"}, ["B", "A"]),
        ({"sort": "due"}, ["B", "A"]),
        ({"sort": "received"}, ["B", "A"]),
        ({"sort": "-received"}, ["A", "B"]),
    ],
)
def test_filters_and_orders(signed_in, expert, peru, query, found):
    today = timezone.localdate()
    RequestFactory(reference="A", state=peru, title="Zeta", needs=[("BIO.LAB", ["TRNG"], "high")], received_on=today)
    other = RequestFactory(
        reference="B",
        organization=OrganizationFactory(acronym="CARICOM"),
        state=None,
        title="alpha",
        status="circulated",
        needs=[("LEG.BIO", [], "low")],
        received_on=today - timedelta(days=400),
    )
    complete_step(other, "acknowledged", by=expert, done_on=today)
    assert rows_of(signed_in(expert).get(LIST, query)) == found


@pytest.mark.parametrize(
    "query",
    [
        {"area": "NO.SUCH"},
        {"state": "XXX"},
        {"status": "lost"},
        {"priority": "urgent"},
        {"colour": "red"},
        {"sort": "colour"},
        {"q": "x" * 101},
    ],
)
def test_an_unknown_filter_is_said_to_be_so(signed_in, expert, query):
    RequestFactory()
    response = signed_in(expert).get(LIST, query)
    assert response.status_code == 200
    assert rows_of(response) == []
    assert "another look" in response.content.decode()


def test_a_draft_stands_first_in_its_owners_list(signed_in, peru, state_focal_point):
    RequestFactory(reference="OLD", state=peru)
    RequestFactory(reference="DRAFT", state=peru, status="draft", received_on=None)
    assert rows_of(signed_in(state_focal_point).get(LIST)) == ["DRAFT", "OLD"]


def test_the_list_pages_by_twenty_five(signed_in, expert):
    state = StateFactory()
    RequestFactory.create_batch(26, state=state)
    client = signed_in(expert)
    assert len(rows_of(client.get(LIST))) == 25
    assert len(rows_of(client.get(LIST, {"page": 2}))) == 1


@pytest.mark.parametrize("role", ["visitor", "outsider", "state_focal_point", "expert"])
def test_the_list_asks_as_often_for_two_rows_as_for_thirty(people, signed_in, role, expert):
    today = timezone.localdate()

    def add(number):
        for _row in range(number):
            record = RequestFactory(
                status="circulated",
                public_summary="Words.",
                summary_consent_on=today,
                summary_published_on=today,
                needs=[("BIO.LAB", ["TRNG"], "high"), ("LEG.BIO", ["DRFT"], "low")],
            )
            complete_step(record, "authenticated", by=expert)

    def queries():
        client = signed_in(people[role])
        client.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        return len(captured)

    add(2)
    few = queries()
    add(22)
    assert queries() == few


def test_the_page_asks_as_often_for_two_needs_as_for_ten(signed_in, expert, peru):
    def queries(record):
        client = signed_in(expert)
        client.get(record.get_absolute_url())
        with CaptureQueriesContext(connection) as captured:
            client.get(record.get_absolute_url())
        return len(captured)

    def build(number):
        areas = [f"A{chr(65 + n)}A.BB" for n in range(number)]
        record = RequestFactory(state=peru, needs=[(area, ["TRNG"], "high") for area in areas])
        for _row in range(number):
            MatchFactory(request=record, explanation={"needs": [{"area": area, "met_by": area} for area in areas]})
            record.existing_assistance.create(organization=OrganizationFactory(), area=Need.objects.first().area)
        return record

    assert queries(build(2)) == queries(build(10))


# The page of one request


def test_needs_show_what_would_meet_them(signed_in, expert, peru, cicte, state_focal_point):
    record = RequestFactory(state=peru, needs=[("BIO.LAB", ["TRNG"], "high"), ("LEG.BIO", [], "low")])
    offer = OfferFactory(organization=cicte, title="Courses of the coast")
    MatchFactory(request=record, offer=offer, explanation={"needs": [{"area": "BIO.LAB", "met_by": "BIO"}]})
    text = signed_in(expert).get(record.get_absolute_url()).content.decode()
    assert "Courses of the coast of CICTE" in text
    assert "through the area BIO" in text
    assert text.count("Met by nobody so far") == 1
    # A suggestion is not the parties' business yet.
    mine = signed_in(state_focal_point).get(record.get_absolute_url()).content.decode()
    assert "Courses of the coast" not in mine


def buttons(client, record):
    """The actions to which the page links; pages that change nothing are left out."""
    text = client.get(record.get_absolute_url()).content.decode()
    return set(re.findall(rf"/requests/{record.reference}/(\w+)/", text)) - {"candidates", "compare", "packages"}


@pytest.mark.parametrize(
    ("status", "role", "expected"),
    [
        ("draft", "state_focal_point", {"submit", "edit", "consent", "discard"}),
        ("submitted", "state_focal_point", {"edit", "withdraw", "consent"}),
        ("clarification", "state_focal_point", {"clarify", "edit", "withdraw", "consent"}),
        ("authenticated", "state_focal_point", {"withdraw", "consent"}),
        ("being_assisted", "state_focal_point", {"fulfil", "withdraw", "consent"}),
        ("fulfilled", "state_focal_point", set()),
        ("submitted", "observer", {"object", "refer"}),
        ("referred", "observer", set()),
        (
            "submitted",
            "expert",
            {"edit", "ask_clarification", "authenticate", "refer", "withdraw", "record_step", "consent"},
        ),
        ("referred", "expert", {"edit", "release", "withdraw", "record_step", "consent"}),
        ("circulated", "outsider", set()),
        (
            "submitted",
            "secretariat",
            {"edit", "ask_clarification", "authenticate", "withdraw", "record_step", "consent"},
        ),
    ],
)
def test_buttons_are_those_that_role_and_status_allow(people, signed_in, peru, status, role, expected):
    record = RequestFactory(state=peru, status=status, public_summary="Words.", status_before_referral="submitted")
    assert buttons(signed_in(people[role]), record) == expected


def test_circulation_waits_visibly_for_the_window(signed_in, expert, peru):
    record = RequestFactory(state=peru, status="authenticated")
    complete_step(record, "authenticated", by=expert)
    text = signed_in(expert).get(record.get_absolute_url()).content.decode()
    assert "circulate" not in buttons(signed_in(expert), record)
    assert "Circulate to providers: Members may object until" in text


def test_what_people_typed_is_never_markup(signed_in, expert, peru):
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    record = RequestFactory(
        state=peru, title=attack, description=attack, public_summary=attack, document_reference=attack
    )
    record.needs.update(detail=attack)
    text = signed_in(expert).get(record.get_absolute_url()).content.decode()
    assert "<script>alert" not in text
    assert "<img src=x" not in text


def test_a_missing_request_and_an_invisible_one_answer_alike(signed_in, peru):
    record = RequestFactory(state=peru)
    client = signed_in(None)
    missing = client.get(reverse("assistance:request_detail", args=["REQ-2000-9999"]))
    hidden = client.get(record.get_absolute_url())
    assert (missing.status_code, hidden.status_code) == (404, 404)


@pytest.mark.parametrize(
    ("status", "role", "main"),
    [
        ("clarification", "state_focal_point", "clarify"),
        ("clarification", "expert", None),
        ("submitted", "expert", "authenticate"),
        ("submitted", "state_focal_point", None),
        ("referred", "expert", "release"),
        ("draft", "state_focal_point", "submit"),
    ],
)
def test_the_main_button_is_for_whoever_acts_next(people, signed_in, peru, status, role, main):
    record = RequestFactory(state=peru, status=status)
    turn = signed_in(people[role]).get(record.get_absolute_url()).context["turn"]
    assert (turn and turn.name) == main
