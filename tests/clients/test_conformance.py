"""The conformance command passes a portal that keeps its contract, and fails one that breaks any point of it."""

from __future__ import annotations

import re

import pytest
from django.db import transaction

from clients.conformance.__main__ import POINTS, main
from cooperation_portal import changes
from cooperation_portal.api.catalogue import resources
from cooperation_portal.changes.recording import write_change, write_changes
from cooperation_portal.snapshots.services.building import build_waiting
from tests.factories import (
    ApiKeyFactory,
    AreaFactory,
    AssistanceTypeFactory,
    ContactFactory,
    MeetingFactory,
    NoteFactory,
    OfferFactory,
    RequestFactory,
)

from .breakages import BREAKAGES
from .proxy import Proxy

pytestmark = pytest.mark.django_db(transaction=True)

#: Points that nobody can check from outside.
UNSEEN = {6, 10, 22, 25}


@pytest.fixture
def proxy(live_server, settings):
    """The real portal behind a proxy that can be told to break."""
    settings.SITE_URL = live_server.url
    between = Proxy(live_server.url)
    yield between
    between.stop()


@pytest.fixture
def key(cicte, world) -> str:
    return str(ApiKeyFactory(organization=cicte, scopes=["read", "write"]).plain)


@pytest.fixture
def world(cicte):
    for code in ("BIO", "BIO.LAB", "LEG"):
        AreaFactory(code=code)
    AssistanceTypeFactory(code="TRNG")
    for number in range(4):
        visibility = "public" if number % 2 else "network"
        OfferFactory(reference=f"OFF-2020-{number:04}", areas=["BIO.LAB"], visibility=visibility)
    ContactFactory(organization=cicte)
    MeetingFactory()
    NoteFactory()
    RequestFactory()
    gone = OfferFactory(reference="OFF-2020-0009", visibility="public")
    with transaction.atomic():
        for resource in resources().values():
            write_changes(list(resource.model._base_manager.all()))
    with transaction.atomic(), changes.together():
        write_change(gone, op="remove")
        gone.delete()


@pytest.fixture
def worker(monkeypatch):
    """Snapshots are made while the command waits for them."""
    monkeypatch.setattr("clients.portal_client.PortalClient.wait", lambda client, seconds: build_waiting() or seconds)


def outcomes(output: str) -> dict[int, str]:
    return {
        int(number): word for word, number in re.findall(r"^(passed|FAILED|skipped) +(\d+)  ", output, re.MULTILINE)
    }


def test_a_portal_that_keeps_its_contract_passes(proxy, key, worker, capsys):
    code = main([proxy.url, "--key", key, "--write", "--snapshot"])
    output = capsys.readouterr().out
    assert (code, [line for line in output.splitlines() if line.startswith("FAILED")]) == (0, [])
    found = outcomes(output)
    assert set(found) == set(POINTS) == set(range(1, 26))
    assert {number for number, word in found.items() if word == "skipped"} == UNSEEN


def test_it_only_reads_unless_told_and_does_without_a_key(proxy, key, capsys):
    asked = []
    proxy.breakage.before = lambda one: asked.append(one)
    for options in (["--key", key], []):
        code = main([proxy.url, *options])
        output = capsys.readouterr().out
        assert (code, [line for line in output.splitlines() if line.startswith("FAILED")]) == (0, [])
        skipped = {number for number, word in outcomes(output).items() if word == "skipped"}
        assert skipped == UNSEEN | {14, 16, 17, 18}
    writes = [one for one in asked if one.method != "GET"]
    assert writes
    assert all("Authorization" not in one.headers for one in writes), "only to see that they are refused"


def test_a_portal_that_breaks_a_point_fails_at_that_point(proxy, key, worker, capsys):
    assert set(BREAKAGES) == set(POINTS) - UNSEEN
    passed_unseen = []
    for number, ways in BREAKAGES.items():
        for way, breakage in ways.items():
            proxy.breakage = breakage
            code = main([proxy.url, "--key", key, "--write", "--snapshot", "--only", str(number)])
            output = capsys.readouterr().out
            if (code, outcomes(output).get(number)) != (1, "FAILED"):
                passed_unseen.append((number, way, output.splitlines()[0]))
    assert passed_unseen == []


def test_a_portal_that_cannot_be_asked_is_no_failure_of_a_point(capsys, tmp_path):
    assert main(["http://portal.example", "--key", "n1540_a_b"]) == 2
    assert main(["http://127.0.0.1:1"]) == 2
    assert main(["https://portal.example", "--key-file", str(tmp_path / "none")]) == 2
    assert "cannot be asked" in capsys.readouterr().err
