"""What no well-behaved caller sends: each is answered with a documented problem, nothing crashes, nothing is kept."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from assistance.models import Offer
from cooperation_portal.api import limits
from cooperation_portal.api.parsers import MAX_BODY_BYTES, MAX_DEPTH, parse_object
from cooperation_portal.api.problems import MAX_ERRORS, Problem
from tests.factories import ApiKeyFactory, OfferFactory

from .conftest import Caller

OFFERS, STATES = "/api/v1/offers/", "/api/v1/states/"


def kind_of(answer) -> str:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.json()["type"].removeprefix("/api/v1/problems/").removesuffix("/")


# Queries


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("&".join(["q=a"] * 200), "invalid-request"),
        ("&".join(["q=a"] * 50), "invalid-request"),
        ("&".join(f"p{n}=a" for n in range(5000)), "invalid-request"),
        (f"limit={10**9}", "invalid-request"),
        ("limit=" + "9" * 5000, "invalid-request"),
        ("limit=٣", "invalid-request"),
        ("limit=1.0", "invalid-request"),
        ("limit=+1", "invalid-request"),
        ("limit=0x1", "invalid-request"),
        ("capacity__gte=" + "9" * 5000, "invalid-request"),
        ("capacity__gte=1e3", "invalid-request"),
        ("capacity__gte=NaN", "invalid-request"),
        ("capacity__gte=²", "invalid-request"),
        (f"id={2**63}", "invalid-request"),
        (f"id=-{2**63}", "invalid-request"),
        ("id__in=" + ",".join(["1"] * 5000), "invalid-request"),
        ("starts_on__gte=0000-00-00", "invalid-request"),
        ("starts_on__gte=2026-02-30", "invalid-request"),
        ("starts_on__gte=10000-01-01", "invalid-request"),
        ("updated_at__gte=2026-01-01T00:00:60Z", "invalid-request"),
        ("updated_at__gte=" + "9" * 400, "invalid-request"),
        ("q=%00", "invalid-request"),
        ("q=\x00", "invalid-request"),
        ("q=%ff%fe", "invalid-request"),
        ("q=%ed%a0%80", "invalid-request"),
        ("%ff=1", "invalid-request"),
        ("cursor=%00", "invalid-request"),
        ("cursor=" + "A" * 5000, "invalid-cursor"),
        ("cursor=::", "invalid-cursor"),
        ("cursor=é", "invalid-cursor"),
        ("cursor=.eJw:1:1", "invalid-cursor"),
        ("cursor=WzEsMV0:1tXYZ1:" + "A" * 43, "invalid-cursor"),
        ("fields[]=title", "invalid-request"),
        ("fields=" + ",".join(["title"] * 5000), "invalid-request"),
        ("fields=__class__", "invalid-request"),
        ("expand=organization.parent", "invalid-request"),
        ("limit", "invalid-request"),
        ("=1", "invalid-request"),
        ("&&;=;&", "invalid-request"),
        ("?limit=1", "invalid-request"),
    ],
)
def test_queries_that_make_no_sense_are_400(query, kind, visitor):
    answer = visitor.get(f"{OFFERS}?{query}")
    assert (answer.status_code, kind_of(answer)) == (400, kind)
    assert len(answer.content) < 30_000


@pytest.mark.django_db
def test_every_altered_cursor_is_refused(visitor):
    for _row in range(3):
        OfferFactory(visibility="public")
    cursor = visitor.get(f"{OFFERS}?limit=1").json()["next"].split("cursor=")[1]
    altered = {
        cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :] for place in range(len(cursor))
    }
    altered |= {cursor[:place] for place in range(1, len(cursor))} | {cursor + "A", cursor + "=", " " + cursor}
    for one in altered:
        answer = visitor.get(f"{OFFERS}?limit=1&cursor={quote(one)}")
        assert (answer.status_code, kind_of(answer)) == (400, "invalid-cursor"), one


@pytest.mark.django_db
def test_a_cursor_outlives_clocks_that_are_off_by_a_day(visitor, time_machine):
    for _row in range(3):
        OfferFactory(visibility="public")
    following = visitor.get(f"{OFFERS}?limit=1").json()["next"]
    for days in (-1, 1):
        time_machine.move_to(timezone.now() + timedelta(days=days))
        assert visitor.get(following).status_code == 200


# Paths


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/offers/%00/",
        "/api/v1/offers/1%00/",
        "/api/v1/%00",
        "/api/%00",
        "/api/v1/offers/%ff/",
        "/api/v1/offers/-1/",
        "/api/v1/offers/" + "9" * 5000 + "/",
        "/api/v1/offers/" + "9" * 19 + "/",
        "/api/v1/offers/٣/",
        "/api/v1/offers/../states/",
        "/api/v1/offers/..%2f..%2f",
        "/api/v1/offers/%0d%0aSet-Cookie:%20a=b/",
        "/api/v1/requests/%00/candidates/",
        "/api/v1/requests/" + "A" * 5000 + "/candidates/",
        "/api/v1/problems/%00/",
        "/api/v1/" + "a/" * 2000,
    ],
)
def test_paths_that_lead_nowhere_are_404(path, visitor, reader):
    for caller in (visitor, reader):
        answer = caller.get(path)
        assert answer.status_code == 404 or (caller is visitor and answer.status_code == 401)
        assert "Set-Cookie" not in answer.headers
        kind_of(answer)


# Headers


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer \x00"}, 401),
        ({"Authorization": "Bearer n1540_é_secret"}, 401),
        ({"Authorization": "Bearer n1540_abcdefgh_" + "x" * 8000}, 401),
        ({"Authorization": "Bearer n1540_abcdefgh_\x00"}, 401),
        ({"If-None-Match": '"' * 4000}, 200),
        ({"If-None-Match": "\x00"}, 200),
        ({"If-None-Match": "é"}, 200),
        ({"If-Modified-Since": "Sun, 01 Jan 2034 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"Range": "bytes=0-10"}, 200),
        ({"Accept": "\x00"}, 406),
        ({"Accept": "," * 4000}, 406),
        ({"Accept": "application/json;q=é"}, 200),
        ({"Accept-Language": "x" * 4000}, 200),
        ({"Accept-Charset": "utf-16"}, 200),
        ({"X-Request-Id": "a\x00b"}, 200),
        ({"X-Forwarded-For": "\x00, é, 1.2.3.4.5"}, 200),
        ({"Content-Length": "ten"}, 200),
        ({"Content-Length": "-1"}, 200),
        ({"Content-Type": "\x00"}, 200),
        ({"Cookie": "sessionid=\x00; csrftoken=é"}, 200),
    ],
)
def test_headers_that_make_no_sense_do_no_harm(headers, status, db):
    answer = Client(headers=headers).get(STATES)
    assert answer.status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize("override", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_methods_are_not_overridden(override, writer, cicte):
    offer = OfferFactory(organization=cicte, status="draft")
    before = writer.get(f"{OFFERS}{offer.pk}/").json()
    for method in ("DELETE", "PATCH", "PUT"):
        assert writer.get(f"{OFFERS}{offer.pk}/", headers={override: method}).status_code == 200
        answer = writer.generic(
            "POST", f"{OFFERS}{offer.pk}/?_method={method}", b"{}", "application/json", headers={override: method}
        )
        assert answer.status_code in (400, 405)
    assert writer.get(f"{OFFERS}{offer.pk}/").json() == before


@pytest.mark.django_db
def test_head_tells_what_get_would_and_options_is_no_method_here(visitor):
    offer = OfferFactory(visibility="public")
    for path in (OFFERS, f"{OFFERS}{offer.pk}/", "/api/v1/", f"{OFFERS}999999/", f"{OFFERS}?limit=0"):
        full, bare = visitor.get(path), visitor.head(path)
        assert (bare.status_code, bare.content) == (full.status_code, b"")
        varying = {"X-Request-Id", "RateLimit"}
        assert {k: v for k, v in bare.headers.items() if k not in varying} == {
            k: v for k, v in full.headers.items() if k not in varying
        }
    answer = visitor.options(OFFERS)
    assert (answer.status_code, kind_of(answer)) == (405, "method-not-allowed")
    assert "GET" in answer.headers["Allow"]


# Bodies


def nested(depth: int) -> bytes:
    return b'{"title": "a", "areas": ' + b"[" * depth + b"]" * depth + b"}"


BODIES = {
    "nested a little too deep": (nested(40), 400),
    **{f"nested {depth} deep": (nested(depth), 400) for depth in (100, 500, 850, 900, 950, 990, 1023, 1024, 5000)},
    "objects nested": (b'{"title": "a", "areas": ' + b'{"a":' * 700 + b"1" + b"}" * 700 + b"}", 400),
    "a number of 5000 digits": (b'{"title": "a", "capacity": ' + b"9" * 5000 + b"}", 400),
    "a number beyond 64 bits": (b'{"title": "a", "capacity": 99999999999999999999}', 400),
    "a number beyond 32 bits": (b'{"title": "a", "capacity": 3000000000}', 400),
    "a number beyond floats": (b'{"title": "a", "capacity": 1e999}', 400),
    "a number that is none": (b'{"title": "a", "capacity": NaN}', 400),
    "infinity": (b'{"title": "a", "capacity": -Infinity}', 400),
    "a fraction": (b'{"title": "a", "capacity": 1.5}', 400),
    "true for a number": (b'{"title": "a", "capacity": true}', 400),
    "a number for a text": (b'{"title": 5}', 400),
    "a text for a list": (b'{"title": "a", "areas": "BIO.LAB"}', 400),
    "a list for a text": (b'{"title": ["a"]}', 400),
    "null for a text": (b'{"title": null}', 400),
    "a NUL": (b'{"title": "a\\u0000b"}', 400),
    "a bare NUL": (b'{"title": "a\x00b"}', 400),
    "a NUL in a name": (b'{"title": "a", "\\u0000": 1}', 400),
    "a member twice": (b'{"title": "a", "title": "a"}', 400),
    "a member twice, once escaped": (b'{"title": "a", "titl\\u0065": "b"}', 400),
    "a member twice below": (b'{"title": "a", "areas": [{"a": 1, "a": 2}]}', 400),
    "UTF-16": ('{"title": "a"}'.encode("utf-16"), 400),
    "a byte order mark": (b'\xef\xbb\xbf{"title": "a"}', 400),
    "broken UTF-8": (b'{"title": "\xc3"}', 400),
    "half a surrogate pair": (b'{"title": "\\udc00"}', 400),
    "two objects": (b'{"title": "a"}{"title": "b"}', 400),
    "a comma too many": (b'{"title": "a",}', 400),
    "a comment": (b'{"title": "a"} // b', 400),
    "compressed": (b"\x1f\x8b\x08\x00" + b"\x00" * 20, 400),
    "one byte too many": (b'{"title": "' + b"a" * (MAX_BODY_BYTES - 12) + b'"}', 413),
    "10 MB": (b" " * 10_000_000, 413),
    "70,000 members": (json.dumps({f"m{n}": 1 for n in range(70_000)}).encode(), 400),
    "200,000 items": (b'{"title": "a", "areas": [' + b",".join([b'"A"'] * 200_000) + b"]}", 400),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", BODIES)
def test_bodies_that_make_no_sense_are_refused_and_nothing_is_kept(name, writer):
    body, status = BODIES[name]
    answer = writer.generic("POST", OFFERS, body, content_type="application/json")
    assert answer.status_code == status, answer.content[:300]
    assert kind_of(answer) in ("malformed-body", "invalid-request", "too-large")
    assert len(answer.content) < 30_000
    assert not Offer.objects.exists()
    again = writer.generic("POST", OFFERS, body, content_type="application/json", headers={"Idempotency-Key": "bad"})
    assert again.status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/json",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "application/merge-patch+json",
        "é",
        "*/*",
    ],
)
def test_other_content_types_are_415(content_type, writer):
    answer = writer.generic("POST", OFFERS, b'{"title": "a"}', content_type=content_type)
    assert (answer.status_code, kind_of(answer)) == (415, "unsupported-media-type")
    assert not Offer.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("content_type", ["application/json", "APPLICATION/JSON", "application/json; charset=utf-8"])
def test_json_is_json_however_it_is_spelled(content_type, writer):
    assert writer.generic("POST", OFFERS, b'{"title": "a"}', content_type=content_type).status_code == 201


@pytest.mark.django_db
def test_of_many_errors_the_first_are_listed_and_their_number_is_told(writer):
    answer = writer.send("POST", OFFERS, {f"m{n}": 1 for n in range(150)})
    assert len(answer.json()["errors"]) == MAX_ERRORS
    assert "the first 100 of 151 errors" in answer.json()["detail"]


def test_nesting_is_allowed_to_one_depth_whatever_the_stack_is():
    def nested_by(depth: int) -> bytes:
        return b'{"a": ' + b"[" * (depth - 1) + b"1" + b"]" * (depth - 1) + b"}"

    assert parse_object(nested_by(MAX_DEPTH))
    for depth in range(MAX_DEPTH + 1, 1200):
        with pytest.raises(Problem) as refused:
            parse_object(nested_by(depth))
        assert refused.value.kind.name == "malformed-body"


def test_a_long_name_is_not_copied_for_each_thing_under_it():
    began = time.process_time()
    parse_object(b'{"' + b"n" * 400_000 + b'": [' + b",".join([b"1"] * 200_000) + b"]}")
    assert time.process_time() - began < 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"areas": [{"a/b": ["", "\\u0000"]}]}', "/areas/0/a~1b/1"),
        (b'{"areas": {"\\u0000": 1}}', "/areas"),
    ],
)
def test_a_nul_is_pointed_at(body, pointer, writer):
    answer = writer.generic("POST", OFFERS, body, content_type="application/json")
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, "nul")]


# Clocks


@pytest.mark.django_db
def test_a_key_ends_by_the_portals_clock_and_lives_on_when_it_goes_back(cicte, time_machine):
    caller = Caller(ApiKeyFactory(organization=cicte))
    caller.get(STATES)
    time_machine.move_to(timezone.now() - timedelta(days=1))
    assert caller.get(STATES).status_code == 200
    time_machine.move_to(timezone.now() + timedelta(days=92))
    assert caller.get(STATES).status_code == 401


@pytest.mark.django_db
def test_limits_follow_the_clock_of_the_store(settings, monkeypatch, cicte, time_machine):
    monkeypatch.setattr(limits, "NAMESPACE", f"test-{random.random()}")
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, (2, 60))
    caller = Caller(ApiKeyFactory(organization=cicte))
    assert [caller.get(STATES).status_code for _turn in range(2)] == [200, 200]
    for days in (-1, 2):
        time_machine.move_to(timezone.now() + timedelta(days=days))
        answer = caller.get(STATES)
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 60


# A server as in production


@pytest.fixture
def server(transactional_db, cicte) -> Iterator[int]:
    """The port of gunicorn serving this test's database."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    process = subprocess.Popen(  # noqa: S603  (the project's own server)
        [
            sys.executable,
            "-m",
            "gunicorn",
            "cooperation_portal.wsgi:application",
            "--bind",
            f"127.0.0.1:{port}",
            "--workers",
            "1",
            "--log-level",
            "error",
        ],
        cwd=settings.BASE_DIR,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "cooperation_portal.settings.test",
            "DATABASE_NAME": connection.settings_dict["NAME"],
            "BROKER_URL": settings.CELERY_BROKER_URL,
        },
    )
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def exchange(port: int, head: list[str], body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
    """Send bytes as they are; give status, headers in lower case and body of the answer."""
    with socket.create_connection(("127.0.0.1", port), 30) as connected:
        connected.sendall("\r\n".join([*head, "Host: 127.0.0.1", "Connection: close", "", ""]).encode("latin-1") + body)
        received = b""
        while part := connected.recv(65536):
            received += part
    first, _, content = received.partition(b"\r\n\r\n")
    status_line, *lines = first.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines if ": " in line)}
    return int(status_line.split()[1]), headers, content


def test_what_only_a_real_server_gets(server, cicte):
    """One test for all, since each start of the server takes seconds."""
    key = ApiKeyFactory(organization=cicte, scopes=["read", "write"])
    offer = OfferFactory(organization=cicte, status="planned")
    sends = [f"POST {OFFERS} HTTP/1.1", f"Authorization: Bearer {key.plain}", "Content-Type: application/json"]

    # The answer comes although the 10 MB never do: they are not waited for.
    status, headers, content = exchange(server, [*sends, "Content-Length: 10000000"], b'{"title": "')
    assert (status, headers["content-type"]) == (413, "application/problem+json")
    assert headers["x-request-id"]
    assert headers["ratelimit"]

    # A body in chunks is refused and not taken for none, which a step would accept.
    tag = exchange(server, [f"GET {OFFERS}{offer.pk}/ HTTP/1.1", sends[1]])[1]["etag"]
    step = [f"POST {OFFERS}{offer.pk}/publish/ HTTP/1.1", *sends[1:], f"If-Match: {tag}", "Transfer-Encoding: chunked"]
    status, _, content = exchange(server, step, b'7\r\n{"a":1}\r\n0\r\n\r\n')
    assert (status, json.loads(content)["type"]) == (400, "/api/v1/problems/malformed-body/")

    for head, expected in (
        (["GET /api/v1/states/?q=%00 HTTP/1.1"], 400),
        (["GET /api/v1/states/%00/ HTTP/1.1"], 404),
        (["GET /api/v1/requests/%00/candidates/ HTTP/1.1", sends[1]], 404),
        (["GET /api/v1/states/\xff/ HTTP/1.1"], 400),
        (["GET /api/v1/states/ HTTP/1.1", "Authorization: Bearer n1540_\xe9"], 401),
        (["GET /api/v1/states/ HTTP/1.1", "X-HTTP-Method-Override: DELETE"], 200),
        (["OPTIONS * HTTP/1.1"], 404),
        (["TRACE /api/v1/states/ HTTP/1.1"], 405),
        (["GARBAGE /api/v1/states/ HTTP/1.1"], 405),
        ([*sends, "Content-Length: ten"], 400),
        ([*sends, "Content-Length: -5"], 400),
        ([*sends, "Content-Length: 2", "Content-Length: 3"], 400),
        (["GET /api/v1/states/ HTTP/1.1", "X-Bad: a\x00b"], 400),
        (["GET /api/v1/states/?" + "q" * 10_000 + " HTTP/1.1"], 414),
        (["GET /api/v1/states/ HTTP/1.1", "X-Long: " + "a" * 10_000], 431),
    ):
        status, headers, content = exchange(server, head)
        assert status == expected, (head, status, content[:200])
    assert exchange(server, [f"GET /api/v1/states/?key={key.plain} HTTP/1.1"])[0] == 400
    status, headers, content = exchange(server, ["GET /api/v1/states/ HTTP/1.1"])
    assert (status, json.loads(content)["data"]) == (200, [])
    assert set(Offer.objects.values_list("pk", "version")) == {(offer.pk, offer.version)}
