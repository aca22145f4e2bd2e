"""Limits: told truthfully, counted without gaps, and never in the way when the store is away."""

from __future__ import annotations

import re
import socket
import threading
import time
import uuid

import pytest
import redis
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from cooperation_portal.api import limits
from cooperation_portal.settings import environment
from cooperation_portal.settings.environment import store_url_of
from tests.factories import ApiKeyFactory, OfferFactory, OrganizationFactory

from .conftest import Caller

pytestmark = pytest.mark.django_db

STATES = "/api/v1/states/"


@pytest.fixture
def allow(settings, monkeypatch):
    """Set the limits of one test, with counters of its own."""
    monkeypatch.setattr(limits, "NAMESPACE", f"test-{uuid.uuid4()}")

    def allow(window: int = 60, **quotas: int) -> None:
        many = dict.fromkeys(("key", "organization", "address"), 10**6)
        settings.API_LIMITS = {name: (quota, window) for name, quota in (many | quotas).items()}

    return allow


def left(answer, policy: str) -> int:
    """`r` of one policy; fails where the header does not have the form of the draft."""
    members = dict(
        re.fullmatch(r'"([a-z]+)";r=(\d+);t=\d+', member).groups() for member in answer.headers["RateLimit"].split(", ")
    )
    return int(members[policy])


def test_headers_count_down_to_nothing_exactly_when_429_comes(allow, reader):
    allow(key=3)
    answers = [reader.get(STATES) for _turn in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert [left(answer, "key") for answer in answers] == [2, 1, 0, 0, 0]
    assert answers[3].json()["type"] == "/api/v1/problems/too-many-requests/"
    for answer in answers:
        assert answer.headers["RateLimit-Policy"] == '"key";q=3;w=60, "organization";q=1000000;w=60'
    assert 1 <= int(answers[4].headers["Retry-After"]) <= 60


def test_after_retry_after_the_next_request_succeeds(allow, reader):
    allow(key=2, window=1)
    assert [reader.get(STATES).status_code for _turn in range(3)] == [200, 200, 429]
    time.sleep(int(reader.get(STATES).headers["Retry-After"]))
    assert reader.get(STATES).status_code == 200


def test_what_is_refused_is_not_counted(allow, cicte):
    allow(key=1)
    first, second = (Caller(ApiKeyFactory(organization=cicte)) for _key in range(2))
    for _turn in range(5):
        answer = first.get(STATES)
    assert answer.status_code == 429
    assert left(second.get(STATES), "organization") == 10**6 - 2


def test_keys_of_one_organization_share_its_limit_and_no_other_is_touched(allow, cicte, stranger, visitor):
    allow(organization=4)
    first, second = (Caller(ApiKeyFactory(organization=cicte)) for _key in range(2))
    answers = [caller.get(STATES) for caller in (first, second, first, second, first, second)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429, 429]
    assert [left(answer, "organization") for answer in answers[:4]] == [3, 2, 1, 0]
    assert "organization" in answers[-1].json()["detail"]
    assert stranger.get(STATES).status_code == 200
    assert visitor.get(STATES).status_code == 200


def test_a_304_costs_a_tenth(allow, reader):
    OfferFactory(visibility="public")
    allow(key=4)
    tag = reader.get(STATES).headers["ETag"]
    answers = [reader.get(STATES, headers={"If-None-Match": tag}) for _turn in range(20)]
    assert {answer.status_code for answer in answers} == {304}
    assert [left(answer, "key") for answer in answers] == [2] * 10 + [1] * 10
    assert [reader.get(STATES).status_code for _turn in range(2)] == [200, 429]


def test_a_write_costs_five_reads(allow, writer):
    allow(key=7)
    answer = writer.send("POST", "/api/v1/offers/", {"title": "Example course"})
    assert (answer.status_code, left(answer, "key")) == (201, 2)
    assert writer.send("POST", "/api/v1/offers/", {"title": "Another"}).status_code == 429
    assert writer.get(STATES).status_code == 200


def test_visitors_are_counted_by_address(allow, db):
    allow(address=2)
    here, there = Client(REMOTE_ADDR="192.0.2.1"), Client(REMOTE_ADDR="192.0.2.2")
    assert [here.get(STATES).status_code for _turn in range(3)] == [200, 200, 429]
    answer = there.get(STATES)
    assert (answer.status_code, left(answer, "address")) == (200, 1)


def test_the_address_is_the_one_that_the_proxy_saw(allow, settings, db):
    allow(address=1)
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    claimed = [
        Client().get(STATES, headers={"X-Forwarded-For": f"198.51.100.{turn}, 192.0.2.1"}).status_code
        for turn in range(2)
    ]
    assert claimed == [200, 429]
    assert Client().get(STATES, headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 200


def test_a_network_of_addresses_counts_as_one(allow, db):
    allow(address=1)
    asked = ["2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"]
    assert [Client(REMOTE_ADDR=one).get(STATES).status_code for one in asked] == [200, 429, 200]


def test_guessing_keys_is_slowed_down_and_hurts_nobody_with_a_key(allow, reader):
    allow(address=30)
    guesses = [Client().get(STATES, headers={"Authorization": f"Bearer n1540_abcdefgh_{turn}"}) for turn in range(4)]
    assert [guess.status_code for guess in guesses] == [401, 401, 401, 429]
    assert left(guesses[0], "address") == 20
    assert reader.get(STATES).status_code == 200


def test_every_kind_of_answer_tells_what_is_left(allow, reader):
    allow(key=100)
    for method, path, status in (
        ("GET", "/api/v1/nowhere/", 404),
        ("GET", "/api/v1/states/999999/", 404),
        ("PUT", STATES, 405),
        ("POST", "/api/v1/offers/", 403),
        ("GET", "/api/v1/states/?limit=0", 400),
        ("GET", "/api/", 404),
    ):
        answer = reader.send(method, path)
        assert answer.status_code == status
        assert left(answer, "key") < 100
    assert reader.get(STATES, headers={"Accept": "text/csv"}).headers["RateLimit"]


def test_a_crash_and_a_refusal_name_their_request_too(allow, reader, monkeypatch):
    allow(key=1)
    reader.raise_request_exception = False

    def crash(*_args):
        raise RuntimeError

    monkeypatch.setattr("cooperation_portal.api.querystring.read_list", crash)
    for status in (500, 429):
        answer = reader.get(STATES, headers={"X-Request-Id": "caller-0001"})
        assert (answer.status_code, answer.headers["X-Request-Id"]) == (status, "caller-0001")
        assert answer.headers["RateLimit"]


@pytest.mark.django_db(transaction=True)
def test_no_burst_slips_past(allow):
    allow(key=10)
    counters = limits.of_key(ApiKeyFactory())
    taken: list[bool] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        taken.extend(not limits.Tally(counters, limits.READ).is_refused for _turn in range(10))

    threads = [threading.Thread(target=ask) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (taken.count(True), len(taken)) == (10, 80)


def test_a_price_above_the_whole_limit_is_taken_once_in_a_window(allow, cicte):
    allow(key=2)
    counters = limits.of_key(ApiKeyFactory(organization=cicte))
    assert [limits.Tally(counters, 5).is_refused for _turn in range(2)] == [False, True]


def test_counting_is_one_round_trip(allow, reader, monkeypatch):
    allow()
    store = limits.store(limits.settings.CELERY_BROKER_URL)
    reader.get(STATES)
    ran = []
    monkeypatch.setattr(
        limits.Store, "run", lambda self, *args, run=limits.Store.run: ran.append(1) or run(self, *args)
    )
    reader.get(STATES)
    assert store is limits.store(limits.settings.CELERY_BROKER_URL)
    assert len(ran) == 1


def test_without_the_store_nobody_is_refused_and_the_log_says_so_once_a_minute(
    allow, settings, reader, caplog, monkeypatch
):
    allow(key=1)
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(limits, "REST", 0)
    limits.store.cache_clear()
    answers = [reader.get(STATES) for _turn in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert not any("RateLimit" in answer.headers for answer in answers)
    assert all(answer.headers["RateLimit-Policy"] for answer in answers)
    assert len([record for record in caplog.records if record.name == limits.__name__]) == 1
    monkeypatch.setattr(limits, "SILENCE", -1)
    limits.store.cache_clear()
    for _turn in range(2):
        reader.get(STATES)
    assert len([record for record in caplog.records if record.name == limits.__name__]) == 3


def test_a_store_that_hangs_holds_up_one_request_shortly(allow, settings, reader):
    allow()
    reader.get(STATES)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        began = time.monotonic()
        assert [reader.get(STATES).status_code for _turn in range(10)] == [200] * 10
        assert time.monotonic() - began < limits.PATIENCE * 2 + 1


def test_a_store_that_was_started_anew_is_asked_again_at_once(allow, reader):
    allow(key=10)
    reader.get(STATES)
    with redis.Redis.from_url(store_url_of(limits.settings.CELERY_BROKER_URL)) as other:
        other.client_kill_filter(_type="normal", skipme=True)
    answers = [reader.get(STATES) for _turn in range(2)]
    assert [left(answer, "key") for answer in answers] == [8, 7]


def test_a_whole_sync_fits_into_one_window():
    for quota, _window in environment.API_LIMITS.values():
        assert quota >= 2 * 100_000 / 200


@pytest.mark.parametrize("text", ["", "3000", "3000/", "a/b", "0/60", "10/-1", "1/2/3"])
def test_a_limit_that_is_none_is_refused_at_the_start(text, monkeypatch):
    monkeypatch.setenv("API_LIMIT_KEY", text)
    with pytest.raises(ImproperlyConfigured, match="API_LIMIT_KEY"):
        environment.allowance("API_LIMIT_KEY", "3000/600")


def test_limits_are_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("API_LIMIT_KEY", "10/20")
    assert environment.allowance("API_LIMIT_KEY", "3000/600") == (10, 20)


def test_another_organization_with_the_same_limit_counts_for_itself(allow):
    allow(organization=1)
    for _turn in range(2):
        assert Caller(ApiKeyFactory(organization=OrganizationFactory())).get(STATES).status_code == 200
