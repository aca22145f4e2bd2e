"""What the one-file client sends, where, how often, and what it makes of errors."""

from __future__ import annotations

import ast
import email.utils
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clients import portal_client
from clients.portal_client import KeyRefused, NotFound, PortalClient, PortalError, Unavailable, Uncertain

from .fake import cuts, offer, refuses, resets

FILE = Path(portal_client.__file__)


def test_it_is_one_file_for_python_3_9_without_other_packages():
    tree = ast.parse(FILE.read_text(), feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names


@pytest.mark.parametrize("address", ["http://portal.example", "http://10.0.0.1:8000", "http://localhost.example"])
def test_a_key_never_goes_over_plain_http(address):
    with pytest.raises(ValueError, match="https"):
        PortalClient(address, "n1540_abc_secret")
    PortalClient(address)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000"])
def test_this_machine_may_be_spoken_to_plainly(address):
    PortalClient(address, "n1540_abc_secret")


@pytest.mark.parametrize("address", ["portal.example", "ftp://portal.example", "", "https://"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ValueError, match="address"):
        PortalClient(address)


@pytest.mark.parametrize("given", ["", "/", "/api/v1", "/api/v1/"])
def test_addresses_are_below_the_interface_however_it_was_given(given):
    client = PortalClient(f"https://portal.example{given}")
    assert client.url("offers") == "https://portal.example/api/v1/offers/"
    assert client.url("offers/7/", {"fields": ["ref", "title"]}) == (
        "https://portal.example/api/v1/offers/7/?fields=ref%2Ctitle"
    )
    assert client.url("/api/v1/offers/?cursor=x", {"count": True}) == (
        "https://portal.example/api/v1/offers/?cursor=x&count=true"
    )
    assert client.url("https://elsewhere.example/api/v1/offers/").startswith("https://portal.example/")


def test_a_list_is_crawled_at_the_portal_itself(portal, client):
    portal.write(*(offer(n) for n in range(1, 8)))
    assert [one["id"] for one in client.crawl("offers")] == list(range(1, 8))
    assert [len(page) for page in client.pages("offers")] == [3, 3, 1]


def test_redirects_are_not_followed(portal, client):
    portal.befalls("offers/", refuses(302, Location="http://127.0.0.1:1/"))
    with pytest.raises(PortalError, match="redirects are not followed"):
        client.get("offers")
    assert len(portal.asked) == 1


def test_an_unchanged_answer_has_no_body(portal, client):
    first = client.get("changes")
    again = client.get("changes", etag=first.etag)
    assert again.is_unchanged
    assert again.body == b""


@pytest.mark.parametrize(
    "misfortune", [refuses(429), refuses(500), refuses(502), refuses(503), resets, cuts(30), cuts(200)]
)
def test_reading_is_tried_again(portal, client, pauses, misfortune):
    portal.write(offer(1))
    portal.befalls("offers/", misfortune, misfortune)
    assert len(client.get("offers").json()["data"]) == 1
    assert len(pauses) == 2


def test_pauses_grow_with_jitter_and_end(portal, client, pauses):
    portal.befalls("offers/", *[refuses(503)] * 20)
    with pytest.raises(Unavailable, match="8 of 8") as given_up:
        client.get("offers")
    assert given_up.value.status == 503
    assert len(portal.asked) == 8
    assert all(min(2**n, 60) / 2 <= pause <= min(2**n, 60) for n, pause in enumerate(pauses))


def test_retry_after_is_honoured_in_seconds_and_as_a_date(portal, client, pauses):
    soon = email.utils.formatdate(time.time() + 40, usegmt=True)
    portal.befalls("offers/", refuses(429, Retry_After="20"), refuses(503, Retry_After=soon))
    client.get("offers")
    assert 20 <= pauses[0] <= 21
    assert 38 <= pauses[1] <= 42


def test_a_retry_after_of_hours_is_told_not_waited_for(portal, client, pauses):
    portal.befalls("offers/", refuses(429, Retry_After="86400"))
    with pytest.raises(Unavailable) as given_up:
        client.get("offers")
    assert given_up.value.retry_after == 86400
    assert pauses == []


def test_a_portal_that_is_not_there_is_unavailable(pauses):
    with pytest.raises(Unavailable, match="refused"):
        PortalClient("http://127.0.0.1:1", attempts=3, sleep=pauses.append).get("offers")
    assert len(pauses) == 2


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [(401, "not-authenticated", KeyRefused), (403, "forbidden", KeyRefused), (404, "not-found", NotFound)],
)
def test_errors_say_what_the_portal_said_at_once(portal, client, pauses, status, kind, error):
    portal.befalls("offers/", refuses(status, kind))
    with pytest.raises(error, match=f"{status} Says {kind}") as refused:
        client.get("offers")
    assert (refused.value.status, refused.value.kind, refused.value.request_id) == (status, kind, "r-1")
    assert pauses == []


def test_a_post_is_repeated_under_one_key_and_happens_once(portal, client):
    portal.befalls("offers/", cuts(0), refuses(409, "in-flight", Retry_After="1"), refuses(500))
    made = client.post("offers", {"title": "Example"}).json()
    assert made["id"] == 1
    keys = [headers["idempotency-key"] for _, _, headers in portal.asked]
    assert len(keys) == 4
    assert len(set(keys)) == 1
    client.post("offers", {"title": "Another"})
    assert portal.asked[-1][2]["idempotency-key"] != keys[0]


def test_an_own_idempotency_key_is_kept(portal, client):
    client.post("offers", {"title": "Example"}, idempotency_key="course-2027")
    assert portal.asked[-1][2]["idempotency-key"] == "course-2027"


def test_a_change_is_not_repeated_when_it_may_have_happened(portal, client):
    portal.befalls("offers/", resets)
    with pytest.raises(Uncertain):
        client.patch("offers", {"capacity": 5}, etag='"1-a"')
    portal.befalls("offers/", refuses(500))
    with pytest.raises(PortalError):
        client.patch("offers", {"capacity": 5}, etag='"1-a"')
    portal.befalls("offers/", refuses(503))
    client.patch("offers", {"capacity": 5}, etag='"1-a"')
    assert [command for command, _, _ in portal.asked] == ["PATCH"] * 4
    assert all(headers["if-match"] == '"1-a"' for _, _, headers in portal.asked)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  (this very file)
        [sys.executable, str(FILE), *arguments],
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_takes_the_key_from_a_file_or_the_environment_only(portal, tmp_path):
    portal.write(offer(1))
    key = tmp_path / "key.txt"
    key.write_text("n1540_file_secret\n")
    done = run("sync", portal.url, str(tmp_path / "a.sqlite"), "--key-file", str(key))
    assert (done.returncode, done.stdout) == (0, "")
    assert "Up to date: 1 records" in done.stderr
    assert portal.asked[-1][2]["authorization"] == "Bearer n1540_file_secret"
    run("sync", portal.url, str(tmp_path / "b.sqlite"), PORTAL_KEY="n1540_env_secret")
    assert portal.asked[-1][2]["authorization"] == "Bearer n1540_env_secret"
    assert "secret" not in done.stderr
    assert "--key " not in run("sync", "--help").stdout


def test_the_command_says_why_it_failed(portal, tmp_path):
    portal.befalls("changes/", refuses(401, "not-authenticated"))
    done = run("sync", portal.url, str(tmp_path / "a.sqlite"))
    assert done.returncode == 1
    assert re.search(r"Not up to date: 401 Says.*\n.*r-1", done.stderr)
    assert run("sync", "http://portal.example", str(tmp_path / "a.sqlite"), PORTAL_KEY="n1540_a_b").returncode == 1
