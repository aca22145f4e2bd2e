"""A repeated POST is answered, not repeated."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from assistance.models import Offer
from cooperation_portal.api import idempotency
from cooperation_portal.api.models import IdempotentAnswer
from cooperation_portal.api.tasks import remove_old_answers
from tests.factories import ApiKeyFactory, OfferFactory

from .conftest import Caller

OFFERS = "/api/v1/offers/"
BODY = {"title": "A course", "summary": "For laboratories"}


def post(caller, body=None, key="order-1", path=OFFERS, **headers):
    return caller.send("POST", path, BODY if body is None else body, Idempotency_Key=key, **headers)


@pytest.mark.django_db
def test_the_same_request_gets_the_same_answer_and_happens_once(writer):
    first, again = post(writer), post(writer, {"summary": "For laboratories", "title": "A course"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    for name in ("ETag", "Location", "Content-Type"):
        assert again.headers[name] == first.headers[name]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert Offer.objects.count() == 1


@pytest.mark.django_db
def test_without_a_key_a_repeat_is_a_second_offer(writer):
    for _turn in range(2):
        writer.send("POST", OFFERS, BODY)
    assert Offer.objects.count() == 2


@pytest.mark.django_db
def test_another_request_under_the_same_key_is_422(writer):
    post(writer)
    offer = OfferFactory(reference="OFF-2020-0001", organization=writer.key.organization)
    for answer in (
        post(writer, {"title": "Another"}),
        post(writer, {"title": ["A course"]}),
        post(writer, path=f"{OFFERS}{offer.pk}/suspend/", If_Match="*"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (422, "/api/v1/problems/key-reused/")
    assert Offer.objects.count() == 2


@pytest.mark.django_db
def test_keys_of_two_callers_do_not_meet(writer, stranger):
    assert post(writer).json()["organization"] == "CICTE"
    assert post(stranger).json()["organization"] == "STRANGER"
    second_key = Caller(ApiKeyFactory(organization=writer.key.organization, scopes=["write"]))
    assert post(second_key).json()["id"] != post(writer).json()["id"]


@pytest.mark.django_db
def test_an_answer_is_kept_for_24_hours(writer):
    first = post(writer).json()
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=23, minutes=59))
    assert post(writer).json() == first
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24, minutes=1))
    assert post(writer).json()["id"] != first["id"]
    assert IdempotentAnswer.objects.count() == 1


@pytest.mark.django_db
def test_answers_of_a_key_that_never_comes_again_go_after_24_hours_too(writer, stranger):
    post(writer)
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24, minutes=1))
    kept = post(stranger)
    assert remove_old_answers.delay().get() == 1
    assert [bytes(answer.body) for answer in IdempotentAnswer.objects.all()] == [kept.content]


def test_the_schedule_removes_old_answers_every_hour():
    schedules = [
        row["schedule"] for row in settings.CELERY_BEAT_SCHEDULE.values() if row["task"] == remove_old_answers.name
    ]
    assert [(len(schedule.hour), len(schedule.minute)) for schedule in schedules] == [(24, 1)]


@pytest.mark.django_db
def test_a_refusal_for_the_body_is_kept_and_one_for_the_moment_is_not(writer, stranger):
    refused = post(writer, {"title": "A course", "publish": True})
    again = post(writer, {"title": "A course", "publish": True})
    assert (refused.status_code, again.status_code, again.headers["Idempotent-Replayed"]) == (400, 400, "true")
    assert again.content == refused.content

    offer = OfferFactory(reference="OFF-2020-0001", organization=writer.key.organization, status="suspended")
    suspend, resume = f"{OFFERS}{offer.pk}/suspend/", f"{OFFERS}{offer.pk}/resume/"
    assert post(writer, {"reason": "x"}, key="2", path=suspend, If_Match="*").status_code == 409
    assert post(writer, {}, key="3", path=resume, If_Match="*").status_code == 200
    assert post(writer, {"reason": "x"}, key="2", path=suspend, If_Match="*").status_code == 200

    theirs = OfferFactory(reference="OFF-2020-0002", organization=stranger.key.organization)
    refusal = post(writer, {"reason": "x"}, key="4", path=f"{OFFERS}{theirs.pk}/suspend/", If_Match="*")
    assert refusal.status_code == 403
    assert not IdempotentAnswer.objects.filter(key="4").exists()


@pytest.mark.django_db
def test_a_crash_leaves_neither_an_effect_nor_an_answer(writer, monkeypatch):
    def crash(*args, **kwargs):
        raise RuntimeError("power cut")

    monkeypatch.setattr(idempotency.IdempotentAnswer.objects, "create", crash)
    with pytest.raises(RuntimeError):
        post(writer)
    assert not Offer.objects.exists()
    monkeypatch.undo()
    assert post(writer).status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 129, "ü", "tab\t"])
def test_a_key_that_is_none_is_refused(key, writer):
    answer = post(writer, key=key)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "Idempotency-Key"
    assert not Offer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_request_in_flight_is_told_apart_from_one_that_died(writer):
    holding, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            idempotency._claim(writer.key, "order-1")
            holding.set()
            done.wait(10)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(10)
    try:
        waiting = post(writer)
        assert (waiting.status_code, waiting.json()["type"]) == (409, "/api/v1/problems/in-flight/")
        assert waiting.headers["Retry-After"] == "1"
    finally:
        done.set()
        thread.join()
    assert post(writer).status_code == 201


def send_twenty_at_once(writer) -> list[int]:
    barrier = threading.Barrier(20)

    def send(_number):
        caller = Caller(writer.key)
        caller.raise_request_exception = False
        barrier.wait()
        try:
            return post(caller).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(send, range(20)))


@pytest.fixture
def attempts(monkeypatch) -> list[int]:
    """Counts how often the effect was tried."""
    counted = []
    first_answer = idempotency._first_answer

    def counting(*args):
        counted.append(1)
        return first_answer(*args)

    monkeypatch.setattr(idempotency, "_first_answer", counting)
    return counted


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one_offer(writer, attempts):
    statuses = send_twenty_at_once(writer)
    assert Offer.objects.count() == len(attempts) == 1
    assert 201 in statuses
    assert set(statuses) <= {201, 409}


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_same_race_tries_more_than_once(writer, attempts, monkeypatch):
    """The drill above can fail: what stops a second attempt is the lock."""
    monkeypatch.setattr(idempotency, "_claim", lambda *args: None)
    send_twenty_at_once(writer)
    assert len(attempts) > 1
