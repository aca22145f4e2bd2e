"""A poll that is repeated is answered by one statement, and by nothing else than what the usual way would answer."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistance.models import Offer
from cooperation_portal import changes
from cooperation_portal.api import deprecation, limits, polls
from cooperation_portal.api.authentication import LAST_USED_STEP
from cooperation_portal.api.models import ApiKey
from cooperation_portal.changes import feed
from cooperation_portal.changes.models import Change
from organizations.models import Organization
from tests.factories import ApiKeyFactory, OfferFactory, OrganizationFactory

from .conftest import Caller

pytestmark = pytest.mark.django_db

OFFERS = "/api/v1/offers/"
FEED = "/api/v1/changes/"
OF_NOW = {"ratelimit", "x-request-id"}


@pytest.fixture(autouse=True)
def learnt_from_nothing(monkeypatch):
    monkeypatch.setattr(polls, "_known", {})


@pytest.fixture
def offer(cicte):
    return OfferFactory(organization=cicte, visibility="public")


@pytest.fixture
def poll(offer, reader):
    """Ask again for what the reader has; it was asked before, so that the answer is remembered."""
    reader.get(OFFERS)  # notes the use of the key

    def poll(path: str = OFFERS, caller: Caller = reader, **headers: str):
        return caller.get(path, headers={"If-None-Match": tag} | headers)

    tag = reader.get(OFFERS).headers["ETag"]
    assert [poll().status_code for _turn in range(2)] == [304, 304]
    return poll


def test_the_second_poll_asks_one_statement_and_answers_the_same(offer, reader):
    reader.get(OFFERS)
    tag = reader.get(OFFERS).headers["ETag"]
    answers, asked = [], []
    for _turn in range(3):
        with CaptureQueriesContext(connection) as captured:
            answers.append(reader.get(OFFERS, headers={"If-None-Match": tag}))
        asked.append(len(captured))
    assert asked == [2, 1, 1]
    assert [answer.status_code for answer in answers] == [304] * 3
    usual, *others = [{name: text for name, text in answer.items() if name.lower() not in OF_NOW} for answer in answers]
    assert usual["ETag"] == tag
    assert others == [usual, usual]


@pytest.mark.parametrize(
    "query", ["?limit=1", "?status=ongoing", "?q=training", "?fields=title", "?expand=organization"]
)
def test_any_page_of_a_list_can_be_polled(poll, reader, query, offer):
    offer.refresh_from_db()
    Offer.objects.filter(pk=offer.pk).update(status="ongoing", title="A training")
    tag = reader.get(OFFERS + query).headers["ETag"]
    for _turn in range(2):
        assert reader.get(OFFERS + query, headers={"If-None-Match": tag}).status_code == 304
    Offer.objects.filter(pk=offer.pk).update(title="Another training")
    assert reader.get(OFFERS + query, headers={"If-None-Match": tag}).status_code == 200


def test_what_is_written_is_felt_at_once(poll, offer, cicte):
    Offer.objects.filter(pk=offer.pk).update(title="Another")
    assert poll().status_code == 200


def test_what_goes_is_felt_at_once(poll, offer):
    offer.delete()
    assert poll().status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda keys: keys.update(revoked_at=timezone.now()), 401),
        (lambda keys: keys.update(expires_at=timezone.now() - timedelta(seconds=1)), 401),
        (lambda keys: keys.update(secret_hash="0" * 64), 401),
        (lambda keys: keys.update(scopes=["read:meetings"]), 403),
        (lambda keys: keys.update(organization=OrganizationFactory()), 200),
        (
            lambda keys: Organization.objects.filter(pk=keys.get().organization_id).update(suspended_on="2026-01-01"),
            401,
        ),
        (lambda keys: keys.delete(), 401),
    ],
    ids=["revoked", "ended", "another secret", "fewer scopes", "moved", "suspended", "removed"],
)
def test_what_happens_to_the_key_is_felt_at_once(poll, reader, change, status):
    change(ApiKey.objects.filter(pk=reader.key.pk))
    assert poll().status_code == status


def test_a_key_ends_though_nothing_is_written(poll, reader, time_machine):
    time_machine.move_to(reader.key.expires_at + timedelta(seconds=1))
    assert poll().status_code == 401


def test_another_day_is_another_answer(poll, time_machine):
    time_machine.move_to(timezone.now() + timedelta(days=1))
    assert poll().status_code == 200


def test_the_use_of_a_key_is_still_noted_and_decides_nothing(poll, reader, time_machine):
    time_machine.move_to(timezone.now() + LAST_USED_STEP + timedelta(seconds=1))
    asked = []
    for _turn in range(2):
        with CaptureQueriesContext(connection) as captured:
            assert poll().status_code == 304
        asked.append(len(captured))
    assert asked == [2, 1], "one more to note the use"
    reader.key.refresh_from_db()
    assert timezone.now() - reader.key.last_used_at < LAST_USED_STEP


def test_another_key_gets_nothing_by_the_poll_of_the_first(poll, cicte, stranger, visitor):
    colleague = Caller(ApiKeyFactory(organization=cicte))
    assert poll(caller=colleague).status_code == 304, "the same tag, asked the usual way"
    assert poll(caller=stranger).status_code == 200
    assert poll(caller=visitor).status_code == 200
    wrong = {"Authorization": f"Bearer n1540_{colleague.key.prefix}_wrong"}
    assert poll(caller=visitor, **wrong).status_code == 401


def test_what_else_is_asked_goes_the_usual_way(poll):
    assert poll(Accept="text/csv").status_code == 406
    assert poll("/api/v1/offers/?limit=0").status_code == 400
    assert poll(**{"If-None-Match": '"other"'}).status_code == 200
    assert poll(**{"Transfer-Encoding": "chunked"}).status_code == 400


def test_visitors_and_counts_are_asked_anew(poll, reader, visitor):
    known = len(polls._known)
    for caller, path in ((visitor, OFFERS), (reader, f"{OFFERS}?count=true")):
        tag = caller.get(path).headers["ETag"]
        assert [poll(path, caller, **{"If-None-Match": tag}).status_code for _turn in range(2)] == [304, 304]
    assert len(polls._known) == known


def test_what_is_going_away_is_told_again(offer, reader, monkeypatch):
    from cooperation_portal.api.views import CollectionView

    today = timezone.localdate()
    going = deprecation.Deprecation(since=today, link="/api/v1/docs/", sunset=today + timedelta(days=400))
    monkeypatch.setattr(CollectionView, "deprecated", going)
    reader.get(OFFERS)
    tag = reader.get(OFFERS).headers["ETag"]
    told = [reader.get(OFFERS, headers={"If-None-Match": tag}).headers["Sunset"] for _turn in range(3)]
    assert len(set(told)) == 1
    assert len(polls._known) == 1


def test_polls_count_down_to_429_like_everything(poll, settings, monkeypatch):
    monkeypatch.setattr(limits, "NAMESPACE", f"test-{uuid.uuid4()}")
    settings.API_LIMITS = settings.API_LIMITS | {"key": (2, 60)}
    answers = [poll() for _turn in range(13)]
    assert [answer.status_code for answer in answers] == [304] * 11 + [429] * 2
    left = [answer.headers["RateLimit"].split(";")[1] for answer in answers]
    assert left == ["r=1"] * 10 + ["r=0"] * 3


def test_without_its_database_a_poll_is_answered_as_everything_is(poll, monkeypatch):
    def away(*args):
        raise OperationalError("connection refused")

    monkeypatch.setattr("cooperation_portal.records.statements._rows", away)
    answer = poll()
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_a_process_remembers_so_many_and_no_more(poll, reader, monkeypatch):
    monkeypatch.setattr(polls, "MOST", 2)
    for limit in range(1, 6):
        tag = reader.get(f"{OFFERS}?limit={limit}").headers["ETag"]
        for _turn in range(2):
            assert poll(f"{OFFERS}?limit={limit}", **{"If-None-Match": tag}).status_code == 304
        assert len(polls._known) <= 2


class TestFeed:
    """The change feed, polled by a mirror that has everything."""

    @pytest.fixture
    def wait(self, offer, reader, secretariat):
        """Ask again for changes after all that was told so far; give the answer and the number of statements."""
        with transaction.atomic():
            changes.record(offer)
        mine = reader.get(FEED).json()["meta"]["cursor"]
        waiting = f"{FEED}?cursor={mine}"
        tag = reader.get(waiting).headers["ETag"]

        def wait():
            with CaptureQueriesContext(connection) as captured:
                answer = reader.get(waiting, headers={"If-None-Match": tag})
            return answer, len(captured)

        wait()
        return wait

    def test_nothing_new_is_one_statement(self, wait):
        for _turn in range(2):
            answer, asked = wait()
            assert (answer.status_code, asked) == (304, 1)

    def test_what_is_for_others_alone_does_not_show(self, wait, stranger):
        draft = OfferFactory(organization=stranger.key.organization, status="draft")
        with transaction.atomic():
            changes.record(draft)
        answer, asked = wait()
        assert (answer.status_code, asked) == (304, 1)

    def test_news_come_at_once(self, wait, cicte):
        draft = OfferFactory(organization=cicte, status="draft")
        with transaction.atomic():
            changes.record(draft)
        answer, _asked = wait()
        assert [item["id"] for item in answer.json()["data"]] == [draft.pk]

    def test_behind_much_for_others_the_cursor_moves_on(self, wait, stranger, monkeypatch):
        monkeypatch.setattr(feed, "MOVES_AFTER", 0)
        polls._known.clear()
        assert [wait()[0].status_code for _turn in range(2)] == [304, 304]
        draft = OfferFactory(organization=stranger.key.organization, status="draft")
        with transaction.atomic():
            changes.record(draft)
        answer, _asked = wait()
        assert answer.status_code == 200
        assert answer.json()["data"] == []

    def test_a_restored_database_is_noticed(self, wait):
        Change.objects.all().delete()
        answer, _asked = wait()
        assert answer.status_code == 410
