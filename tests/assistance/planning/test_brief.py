"""The two-monthly matching brief: what it counts, what it lists, its page and its files."""

import io
import re
from datetime import UTC, date, datetime, timedelta

import docx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistance.brief_paper import paper_of
from assistance.brief_periods import Period, last_full_period, next_brief_on
from assistance.services import brief as gathering
from assistance.services.brief import brief
from assistance.services.brief_notices import brief_announce
from assistance.services.offers import offer_withdraw
from cooperation_portal.notices.models import Notice
from tests.factories import MatchFactory, OfferFactory, OrganizationFactory, ProjectFactory, RequestFactory

pytestmark = pytest.mark.django_db
PERIOD = Period(date(2026, 9, 1), date(2026, 10, 31))
INSIDE, BEFORE, AFTER = (datetime(2026, month, 15, 12, tzinfo=UTC) for month in (10, 8, 11))
NASTY = "#[let] *x* _y_ $z$ <b> & @ref"


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to(datetime(2026, 11, 22, 12, tzinfo=UTC), tick=False)


def figure(found, title, label):
    (number,) = [one for group, figures in found.figures if group == title for one in figures if one.label == label]
    return number.now, number.before


# The period


@pytest.mark.parametrize(
    ("day", "start", "end", "label"),
    [
        (date(2026, 11, 1), date(2026, 9, 1), date(2026, 10, 31), "September–October 2026"),
        (date(2026, 12, 31), date(2026, 9, 1), date(2026, 10, 31), "September–October 2026"),
        (date(2027, 1, 1), date(2026, 11, 1), date(2026, 12, 31), "November–December 2026"),
        (date(2028, 3, 1), date(2028, 1, 1), date(2028, 2, 29), "January–February 2028"),
    ],
)
def test_the_last_full_period_is_two_whole_months(day, start, end, label):
    found = last_full_period(day)
    assert (found.start, found.end, found.label) == (start, end, label)


def test_the_clock_is_a_setting(settings):
    settings.MATCHING_BRIEF_MONTHS = 3
    assert last_full_period(date(2026, 11, 22)) == Period(date(2026, 7, 1), date(2026, 9, 30))
    assert next_brief_on(date(2026, 11, 22)) == date(2027, 1, 1)
    settings.MATCHING_BRIEF_MONTHS = 1
    assert last_full_period(date(2027, 1, 5)).label == "December 2026"


def test_a_period_is_compared_with_the_one_of_the_same_length_before():
    assert PERIOD.previous == Period(date(2026, 7, 1), date(2026, 8, 31))
    assert Period(date(2026, 1, 1), date(2026, 2, 28)).previous.label == "November–December 2025"
    ten_days = Period(date(2026, 9, 11), date(2026, 9, 20))
    assert ten_days.previous == Period(date(2026, 9, 1), date(2026, 9, 10))
    assert ten_days.label == "11 September 2026 to 20 September 2026"
    assert Period(date(2026, 12, 1), date(2027, 1, 31)).label == "December 2026–January 2027"


# What it counts and lists


def test_requests_are_counted_in_the_period_of_their_receipt(peru, expert):
    RequestFactory(state=peru, received_on=date(2026, 9, 1), title="First day")
    RequestFactory(state=peru, received_on=date(2026, 10, 31), title="Last day")
    RequestFactory(state=peru, received_on=date(2026, 8, 31), title="Before")
    RequestFactory(state=peru, received_on=date(2026, 11, 1), title="After")
    RequestFactory(state=peru, received_on=None, submitted_at=INSIDE, title="No day of receipt")
    RequestFactory(state=peru, received_on=date(2026, 9, 5), status="draft")
    RequestFactory(state=peru, received_on=date(2026, 9, 5), provenance="public_source")
    found = brief(expert, PERIOD)
    assert figure(found, "Requests", "Received") == (3, 1)
    assert [row.title for row in found.new_requests.rows] == ["First day", "No day of receipt", "Last day"]
    assert found.received_by_region == {"GRULAC": 3}
    assert found.open_by_region == {"GRULAC": 5}
    assert found.open_by_status == {"submitted": 5}


def test_steps_are_counted_by_the_day_on_which_they_were_done(peru, expert):
    request = RequestFactory(state=peru, status="circulated", received_on=date(2026, 9, 2))
    request.steps.create(kind="received", done_on=date(2026, 9, 2))
    request.steps.create(kind="authenticated", done_on=date(2026, 9, 4))
    request.steps.create(kind="circulated", done_on=date(2026, 8, 4))
    found = brief(expert, PERIOD)
    assert figure(found, "Requests", "Received") == (1, 0)
    assert figure(found, "Requests", "Authenticated") == (1, 0)
    assert figure(found, "Requests", "Circulated to providers") == (0, 1)


def test_offers_are_counted_when_published_and_when_they_end(cicte, editor, expert, time_machine):
    OfferFactory(organization=cicte, published_at=INSIDE)
    OfferFactory(organization=cicte, published_at=BEFORE)
    OfferFactory(organization=cicte, published_at=INSIDE, provenance="public_source")
    over = OfferFactory(organization=cicte, published_at=AFTER)
    time_machine.move_to(INSIDE, tick=False)
    offer_withdraw(by=editor, offer=over, reason="Example")
    time_machine.move_to(AFTER, tick=False)
    found = brief(expert, PERIOD)
    assert figure(found, "Offers", "Published") == (1, 1)
    assert figure(found, "Offers", "Withdrawn") == (1, 0)


def match(status, *, proposed_at=None, decided_at=None, reason="", answers=()):
    made = MatchFactory(
        status=status, proposed_at=proposed_at, decided_at=decided_at or proposed_at, decision_reason=reason
    )
    type(made).objects.filter(pk=made.pk).update(created_at=proposed_at or decided_at or INSIDE)
    for side, answer, at, why in answers:
        row = made.answers.create(side=side, answer=answer, reason=why, answered_by_label="Example")
        type(row).objects.filter(pk=row.pk).update(answered_at=at)
    return made


def test_decided_matches_are_listed_with_what_became_of_them_and_why(expert):
    match("suggested")
    match("proposed", proposed_at=INSIDE, reason="Example note")
    both = (("requester", "accepted", BEFORE, ""), ("provider", "accepted", INSIDE, ""))
    match("project", proposed_at=BEFORE, answers=both)
    match("declined", proposed_at=INSIDE, answers=(("requester", "declined", INSIDE, "Example: no staff"),))
    match("dismissed", decided_at=INSIDE, reason="Example: too late")
    match("dismissed", decided_at=AFTER, reason="After the period")
    later = (("requester", "accepted", INSIDE, ""), ("provider", "accepted", AFTER, ""))
    match("agreed", proposed_at=INSIDE, answers=later)
    found = brief(expert, PERIOD)
    assert sorted((one.outcome, one.reason) for one in found.decisions.rows) == [
        ("Agreed", ""),
        ("Declined", "Example: no staff"),
        ("Dismissed", "Example: too late"),
        ("Proposed", ""),
        ("Proposed", "Example note"),
    ]
    group = "Matches and projects"
    assert figure(found, group, "Proposed to both parties") == (3, 1)
    assert figure(found, group, "Agreed by both parties") == (1, 0)
    assert figure(found, group, "Declined by a party") == (1, 0)
    assert figure(found, group, "Dismissed by the experts") == (1, 0)
    assert figure(found, group, "Suggested by the matching service") == (5, 1)


def test_projects_are_counted_when_they_are_started(expert):
    project = ProjectFactory()
    type(project).objects.filter(pk=project.pk).update(created_at=INSIDE)
    ProjectFactory()
    assert figure(brief(expert, PERIOD), "Matches and projects", "Projects started") == (1, 0)


def test_overdue_steps_stand_with_whose_turn_it_is(peru, expert):
    late = RequestFactory(state=peru, status="authenticated", received_on=date(2026, 8, 1))
    late.steps.create(kind="circulated", due_on=date(2026, 11, 12))
    RequestFactory(state=peru, status="closed").steps.create(kind="followed_up", due_on=date(2026, 11, 1))
    RequestFactory(state=peru).steps.create(kind="authenticated", due_on=date(2026, 11, 22))
    found = brief(expert, PERIOD)
    assert [step.request for step in found.overdue.rows] == [late]
    (table,) = [
        block
        for section in paper_of(found).sections
        if section.title == "Overdue steps"
        for block in section.blocks
        if hasattr(block, "rows")
    ]
    assert table.rows[0][1:] == (
        "Peru",
        "Note verbale sent to possible providers",
        "Chair of the Committee",
        "12 Nov 2026",
        10,
    )


def test_gaps_are_listed_the_most_urgent_first(peru, cicte, expert):
    needs = [("BOR.CUS", [], "low"), ("NUC.DET", [], "high"), ("BIO.LAB", [], "high")]
    RequestFactory(state=peru, status="circulated", needs=needs)
    OfferFactory(organization=cicte, areas=["BIO"])
    found = brief(expert, PERIOD)
    assert [need.area.code for need in found.gaps.rows] == ["NUC.DET", "BOR.CUS"]
    paper = paper_of(found)
    words = [block.text for section in paper.sections for block in section.blocks if hasattr(block, "text")]
    assert "2 of 3 open needs are out of reach: no live offer with a free place answers them." in words


def test_lists_are_bounded_and_say_what_is_left_out(peru, expert, monkeypatch):
    monkeypatch.setattr(gathering, "MOST_ROWS", 2)
    for _number in range(5):
        RequestFactory(state=peru, received_on=date(2026, 9, 5))
    found = brief(expert, PERIOD)
    assert (len(found.new_requests.rows), found.new_requests.total) == (2, 5)
    words = [block.text for section in paper_of(found).sections for block in section.blocks if hasattr(block, "text")]
    assert "3 more are in the portal." in words


def grow(peru, number):
    for _place in range(number):
        request = RequestFactory(state=peru, status="circulated", received_on=date(2026, 9, 5))
        request.steps.create(kind="summary_published", due_on=date(2026, 10, 1))
        offer = OfferFactory(organization=OrganizationFactory(), areas=["BOR.CUS"])
        MatchFactory(request=request, offer=offer, status="proposed", proposed_at=INSIDE, decided_at=INSIDE)


def test_as_many_queries_for_many_records_as_for_few(peru, expert, signed_in, django_assert_num_queries):
    client = signed_in(expert)
    grow(peru, 2)
    client.get("/planning/brief/")
    with CaptureQueriesContext(connection) as few:
        client.get("/planning/brief/")
    grow(peru, 8)
    with django_assert_num_queries(len(few)):
        client.get("/planning/brief/")


# Page and files


def test_the_page_shows_the_last_full_period_and_its_files(peru, expert, signed_in):
    RequestFactory(state=peru, received_on=date(2026, 9, 5), title=NASTY)
    page = signed_in(expert).get("/planning/brief/").content.decode()
    for words in (
        "September–October 2026",
        "July–August 2026",
        "The Committee, its experts",
        "#[let] *x* _y_ $z$ &lt;b&gt; &amp; @ref",
        "/planning/brief/pdf/?start=2026-09-01&amp;end=2026-10-31",
        "1 January 2027",
    ):
        assert words in page, words


@pytest.mark.parametrize("kind", ["pdf", "word"])
def test_the_files_are_downloads_named_by_the_period(kind, peru, expert, signed_in):
    RequestFactory(state=peru, received_on=date(2026, 9, 5), title=f"{NASTY} مختبرات 实验室 {'x' * 150}"[:200])
    response = signed_in(expert).get(f"/planning/brief/{kind}/?start=2026-09-01&end=2026-10-31")
    ending = {"pdf": "pdf", "word": "docx"}[kind]
    name = f"matching-brief-2026-09-01-to-2026-10-31.{ending}"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response["Cache-Control"] == "private, no-store"
    if kind == "pdf":
        assert response["Content-Type"] == "application/pdf"
        assert response.content.startswith(b"%PDF-")
        assert "Matching brief: September–October 2026".encode() in response.content
        assert b"<pdf:Keywords>Committee</pdf:Keywords>" in response.content
    else:
        document = docx.Document(io.BytesIO(response.content))
        assert [row.text for row in document.paragraphs if row.style.name == "Heading 1"] == [
            "Figures",
            "New requests",
            "Decided matches",
            "Overdue steps",
            "Gaps",
        ]
        assert any(NASTY in cell.text for table in document.tables for row in table.rows for cell in row.cells)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("start=2026-10-31&end=2026-09-01", "The end is before the start"),
        ("start=2026-09-01&end=2026-12-31", "still to come"),
        ("start=2020-01-01&end=2026-09-01", "at most 400 days"),
        ("start=2026-09-01", "Give both days"),
        ("start=yesterday&end=2026-09-01", "date"),
        ("month=9", "knows no “month”"),
    ],
)
def test_a_period_that_cannot_be_is_said_to_be_so(query, said, expert, signed_in):
    client = signed_in(expert)
    page = client.get(f"/planning/brief/?{query}").content.decode()
    assert said in page
    assert "No brief for these days" in page
    refused = client.get(f"/planning/brief/pdf/?{query}")
    assert refused.status_code == 400
    assert said in refused.content.decode()


def test_an_empty_period_says_so_in_every_part(expert, signed_in):
    page = signed_in(expert).get("/planning/brief/").content.decode()
    for words in (
        "No request was received in the period.",
        "No match was proposed, agreed, declined or dismissed in the period.",
        "No step of the procedure is overdue on 22 November 2026.",
        "No request is open, so no need can be out of reach.",
    ):
        assert words in page


@pytest.mark.parametrize("path", ["/planning/brief/", "/planning/brief/pdf/", "/planning/brief/word/"])
def test_the_brief_is_the_committees(path, people, signed_in):
    for role, person in people.items():
        expected = {"visitor": 302, "expert": 200, "observer": 200, "secretariat": 200}.get(role, 403)
        assert signed_in(person).get(path).status_code == expected, role


def test_a_draft_is_in_no_file(peru, expert, signed_in):
    RequestFactory(state=peru, status="draft", received_on=date(2026, 9, 5), title="Secret draft")
    response = signed_in(expert).get("/planning/brief/word/")
    document = docx.Document(io.BytesIO(response.content))
    text = " ".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    assert "Secret draft" not in text


# That it is due


def test_the_experts_desk_says_that_it_is_ready(expert, observer, signed_in):
    page = signed_in(expert).get("/dashboard/").content.decode()
    assert "Matching brief for September–October 2026 is ready to print" in page
    assert "/planning/brief/?start=2026-09-01&amp;end=2026-10-31" in page
    assert "ready to print" not in signed_in(observer).get("/dashboard/").content.decode()


def test_experts_are_told_once_when_a_period_has_ended(expert, observer, time_machine):
    time_machine.move_to(datetime(2026, 11, 1, 5, tzinfo=UTC), tick=False)
    assert brief_announce() == 1
    assert brief_announce() == 0
    (notice,) = Notice.objects.all()
    assert (notice.user, notice.action) == (expert, "brief.due")
    assert notice.path == "/planning/brief/?start=2026-09-01&end=2026-10-31"
    assert notice.params == {"period": "September–October 2026"}
    time_machine.move_to(datetime(2027, 1, 1, 5, tzinfo=UTC), tick=False)
    assert brief_announce() == 1
    assert len(set(Notice.objects.values_list("object_id", flat=True))) == 2


def test_nobody_is_told_of_a_period_that_ended_long_ago(expert):
    assert timezone.localdate() - last_full_period().end > timedelta(days=14)
    assert brief_announce() == 0


def test_the_schedule_asks_for_the_announcement_every_day(settings):
    assert settings.CELERY_BEAT_SCHEDULE["brief-due"]["task"] == "assistance.tasks.announce_brief"
    assert re.fullmatch(r"<crontab: 0 5 .*>", repr(settings.CELERY_BEAT_SCHEDULE["brief-due"]["schedule"]))
