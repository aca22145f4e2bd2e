"""`Idempotency-Key` over a real server: many at once, a crash after the commit, a caller who hangs up."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from assistance.models import Offer
from cooperation_portal.api import write_views
from cooperation_portal.api.models import IdempotentAnswer
from tests.factories import ApiKeyFactory

pytestmark = pytest.mark.django_db(transaction=True)

OFFERS = "/api/v1/offers/"
BODY = json.dumps({"title": "A course"}).encode()
SENDERS = 20


@pytest.fixture
def key(cicte):
    return ApiKeyFactory(organization=cicte, scopes=["write"])


def headers_of(key, name="order-1"):
    return {
        "Authorization": f"Bearer {key.plain}",
        "Content-Type": "application/json",
        "Idempotency-Key": name,
        "Connection": "close",
    }


def post(server, key, name="order-1", body=BODY):
    """Status, headers and body of the answer."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    try:
        connection.request("POST", OFFERS, body, headers_of(key, name))
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def post_until_done(server, key, seconds=20):
    """Repeat while the first request is in flight, as a client should."""
    deadline = time.monotonic() + seconds
    while (answer := post(server, key))[0] == 409 and time.monotonic() < deadline:
        time.sleep(0.1)
    return answer


def test_twenty_requests_at_once_have_one_effect_and_one_answer(live_server, key):
    barrier = threading.Barrier(SENDERS)

    def send(_number):
        barrier.wait(30)
        return post(live_server, key)

    with ThreadPoolExecutor(SENDERS) as pool:
        answers = list(pool.map(send, range(SENDERS)))
    assert Offer.objects.count() == IdempotentAnswer.objects.count() == 1
    assert {status for status, _headers, _body in answers} <= {201, 409}
    made = [(headers.get("Idempotent-Replayed"), body) for status, headers, body in answers if status == 201]
    assert [replayed for replayed, _body in made].count(None) == 1
    assert len({body for _replayed, body in made}) == 1
    assert all(headers["Retry-After"] == "1" for status, headers, _body in answers if status == 409)
    assert post(live_server, key)[2] == made[0][1]


def test_many_keys_at_once_do_not_meet(live_server, cicte):
    keys = [ApiKeyFactory(organization=cicte, scopes=["write"]) for _number in range(5)]
    with ThreadPoolExecutor(len(keys)) as pool:
        answers = list(pool.map(lambda key: post(live_server, key), keys))
    assert [status for status, _headers, _body in answers] == [201] * 5
    assert len({json.loads(body)["id"] for _status, _headers, body in answers}) == 5


def test_after_a_crash_between_commit_and_answer_a_repeat_gets_the_answer(live_server, key, monkeypatch):
    def crash(*args, **kwargs):
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(write_views.WritableCollectionView, "finalize_response", crash)
        assert post(live_server, key)[0] == 500
    assert Offer.objects.count() == 1
    status, headers, body = post(live_server, key)
    assert (status, headers["Idempotent-Replayed"]) == (201, "true")
    assert json.loads(body)["id"] == Offer.objects.get().pk


def test_who_hangs_up_before_the_answer_gets_it_by_asking_again(live_server, key):
    place = urlsplit(live_server.url)
    lines = [f"POST {OFFERS} HTTP/1.1", f"Host: {place.netloc}", f"Content-Length: {len(BODY)}"]
    lines += [f"{name}: {value}" for name, value in headers_of(key).items()]
    with socket.create_connection((place.hostname, place.port), timeout=10) as raw:
        raw.sendall("\r\n".join([*lines, "", ""]).encode() + BODY)
    status, _headers, body = post_until_done(live_server, key)
    assert status == 201
    assert Offer.objects.get().pk == json.loads(body)["id"]
