"""Every example of docs/api.md runs, against a real server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from assistance.api import OFFERS
from assistance.models import Offer
from cooperation_portal.api.catalogue import resources
from cooperation_portal.api.problems import KINDS
from cooperation_portal.changes.recording import write_changes
from tests.factories import (
    ApiKeyFactory,
    AreaFactory,
    AssistanceTypeFactory,
    MeetingFactory,
    OfferFactory,
    ParticipationFactory,
    StateFactory,
)

from .contract import check_value, openapi

TEXT = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()


def examples(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def shell(live_server, settings, cicte, tmp_path):
    """Runs a script in bash as a reader of the page would, with curl failing on error answers."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    settings.SITE_URL = live_server.url
    key = ApiKeyFactory(organization=cicte, scopes=["read", "write"])

    def run(script: str) -> str:
        address = f"{live_server.url}/api/v1"
        done = subprocess.run(  # noqa: S603  (the page's own examples)
            ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607  (bash from the path, as readers have it)
            env={
                "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
                "PORTAL": address,
                "PORTAL_KEY": key.plain,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def words(peru):
    """The codes that the examples use."""
    AreaFactory(code="BIO.LAB")
    AssistanceTypeFactory(code="TRNG")


@pytest.mark.django_db(transaction=True)
def test_every_example_runs_in_the_order_of_the_page(shell, words, cicte):
    StateFactory()
    ParticipationFactory(meeting=MeetingFactory(reference="MTG-2026-0001"), organization=cicte)
    MeetingFactory(reference="MTG-2025-0001", visibility="public")  # of others: the page looks for one's own
    OfferFactory(reference="OFF-2020-0001", visibility="public", title="A laboratory", areas=["BIO.LAB"])
    blocks = [block for block in examples("bash") if not block.startswith("export PORTAL=")]
    assert len(blocks) >= 6
    script = "\n".join(blocks).replace("export PORTAL_KEY=n1540_…\n", "")
    assert "n1540_" not in script, "the key comes from the environment"
    output = shell(script.replace("curl -s ", "curl -s --fail-with-body "))
    assert "304\n" in output
    assert "/api/v1/problems/" not in output.replace('/api/v1/problems/"', "")
    made = Offer.objects.get(title="Example course for laboratory staff")
    assert made.status in ("planned", "ongoing")
    assert (made.capacity, made.version) == (5, 3)


@pytest.mark.django_db(transaction=True)
def test_every_example_in_python_runs_in_the_order_of_the_page(shell, words, cicte, tmp_path):
    MeetingFactory(reference="MTG-2026-0001", visibility="public", title="Example meeting", starts_on="2026-03-12")
    OfferFactory(reference="OFF-2020-0001", title="A laboratory", areas=["BIO.LAB"])
    with transaction.atomic():
        for resource in resources().values():
            write_changes(list(resource.model._base_manager.all()))
    blocks = examples("python")
    assert len(blocks) >= 2
    (tmp_path / "examples.py").write_text("\n".join(blocks))
    shutil.copy(Path(settings.BASE_DIR) / "clients" / "portal_client.py", tmp_path)
    told = shell("python3 examples.py").splitlines()
    assert "OFF-2020-0001 A laboratory" in told
    assert "MTG-2026-0001 Example meeting" in told
    assert told[-1] == "412 stale"
    assert not Offer.objects.filter(title="Example course on customs").exists()


def test_the_examples_of_changes_have_their_shape():
    for line in "".join(examples("json change")).splitlines():
        change = json.loads(line)
        schema = openapi()["components"]["schemas"]["Change"]
        assert list(change) == list(schema["properties"])
        if change["op"] == "remove":
            check_value(schema, change)


def test_every_example_of_an_answer_is_one():
    for block in examples("json"):
        assert json.loads(block)["type"].startswith("/api/v1/problems/")


@pytest.mark.django_db
def test_the_examples_of_the_document_are_accepted(words, writer):
    for example, status in ((OFFERS.writes.example, 201), ({**OFFERS.writes.example, "publish": True}, 201)):
        assert writer.send("POST", "/api/v1/offers/", example).status_code == status
    offer = Offer.objects.first()
    change = writer.send("PATCH", f"/api/v1/offers/{offer.pk}/", OFFERS.writes.change_example, If_Match="*")
    assert change.status_code == 200


def test_every_kind_of_error_is_named():
    assert set(re.findall(r"`([a-z]+(?:-[a-z]+)+|forbidden|stale|conflict|unavailable)`", TEXT)) >= set(KINDS)


@pytest.mark.django_db
def test_the_example_of_an_error_is_the_answer_it_says(client):
    (example,) = (json.loads(block) for block in examples("json"))
    assert client.get("/api/v1/offers/?status=running").json() == example
