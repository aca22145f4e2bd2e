"""Clients that others' generators make of the OpenAPI document: they build without a warning, and they work."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.factories import ApiKeyFactory, AreaFactory, AssistanceTypeFactory, OfferFactory

pytestmark = pytest.mark.django_db(transaction=True)

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "openapi.json"
CLIENTS = Path(settings.BASE_DIR) / "clients"
TYPESCRIPT = CLIENTS / "typescript"


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    place = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(  # noqa: S603  (generators and compilers of our own choice)
        command,
        cwd=cwd,
        env={"PATH": place, "HOME": str(cwd), **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture
def offers(cicte):
    AreaFactory(code="BIO.LAB")
    AssistanceTypeFactory(code="TRNG")
    # References of another year than those that the portal gives out.
    made = [
        OfferFactory(organization=cicte, reference=f"OFF-2020-{n:04}", title=f"Example course {n}", areas=["BIO.LAB"])
        for n in range(3)
    ]
    OfferFactory(organization=cicte, reference="OFF-2020-0009", title="Ended", status="completed")
    return made


# Python -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def portal_api(tmp_path_factory):
    """The package that openapi-python-client makes, ready to import from."""
    place = tmp_path_factory.mktemp("generated")
    config = CLIENTS / "openapi-python-client.yaml"
    done = run(
        *("openapi-python-client", "generate", "--path", DOCUMENT, "--config", config, "--meta", "none"),
        *("--output-path", place / "portal_api", "--fail-on-warning"),
        cwd=place,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "arning" not in done.stdout
    sys.path.insert(0, str(place))
    yield importlib.import_module("portal_api")
    sys.path.remove(str(place))


def part(name: str):
    return importlib.import_module(f"portal_api.{name}")


def test_the_python_client_lists_reads_and_tells_problems(portal_api, offers, cicte, live_server, settings):
    settings.SITE_URL = live_server.url
    key = ApiKeyFactory(organization=cicte, scopes=["read", "write"])
    client = portal_api.AuthenticatedClient(base_url=live_server.url, token=str(key.plain))
    with client:
        page = part("api.offers.list_offer").sync(client=client, areas="BIO.LAB", limit=2)
        assert [one.ref for one in page.data] == [one.reference for one in offers[:2]]
        assert page.data[0].organization == "CICTE"
        assert page.data[0].status.value == "ongoing"
        assert page.next_.startswith(f"{live_server.url}/api/v1/offers/?")
        offer = part("api.offers.read_offer").sync(id=offers[0].pk, client=client)
        assert (type(offer).__name__, offer.title, offer.areas) == ("Offer", "Example course 0", ["BIO.LAB"])
        assert offer.created_at.tzinfo is not None
        problem = part("api.offers.read_offer").sync(id=999_999, client=client)
        assert (type(problem).__name__, problem.status, problem.type_) == (
            "Problem",
            404,
            "/api/v1/problems/not-found/",
        )
        sent = part("models").OfferCreate(title="Made by a generated client", areas=["BIO.LAB"])
        made = part("api.offers.create_offer").sync(client=client, body=sent, idempotency_key="once")
        assert type(made).__name__ == "Offer", made
        assert made.status.value == "draft"
        told = part("api.interface.list_changes").sync(client=client, limit=1)
        assert told.meta.cursor


def test_the_python_client_sends_several_values_with_the_hook_that_the_page_shows(
    portal_api, offers, cicte, live_server
):
    """The generator repeats a parameter where the document says to join its values."""
    page_text = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()
    (example,) = re.findall(r"^```python generated\n(.*?)^```", page_text, re.MULTILINE | re.DOTALL)
    names: dict = {}
    exec(example, names)  # noqa: S102  (the page's own example)
    join_values = names["join_values"]
    status = part("models").ListOfferStatusInItem
    for hooks, is_read in (([join_values], True), ([], False)):
        client = portal_api.AuthenticatedClient(
            base_url=live_server.url,
            token=str(ApiKeyFactory(organization=cicte).plain),
            httpx_args={"event_hooks": {"request": hooks}},
        )
        with client:
            page = part("api.offers.list_offer").sync(client=client, status_in=[status.PLANNED, status.COMPLETED])
        assert hasattr(page, "data") == is_read
        if is_read:
            assert [one.title for one in page.data] == ["Ended"]


def test_types_inside_records_have_names_of_their_own(portal_api):
    names = dir(part("models"))
    assert {"RequestNeed", "RequestNeedPriority", "OfferStatus", "ContactRole"} <= set(names)
    assert [name for name in names if "Type0" in name or "Type1" in name] == []


# TypeScript ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def typescript(tmp_path_factory) -> Path:
    """A directory with the example program and the types that openapi-typescript makes of the document."""
    tools = TYPESCRIPT / "node_modules"
    if shutil.which("node") is None or not (tools / "typescript").is_dir():
        reason = "Node or the packages of clients/typescript are missing: make install-node"
        if os.environ.get("REQUIRE_NODE") == "1":
            pytest.fail(f"REQUIRE_NODE=1, and {reason}")
        pytest.skip(reason)
    place = tmp_path_factory.mktemp("typescript")
    for name in ("package.json", "tsconfig.json", "offers.ts"):
        shutil.copy(TYPESCRIPT / name, place)
    generator = tools / "openapi-typescript" / "bin" / "cli.js"
    done = run("node", generator, DOCUMENT, "--output", "portal.d.ts", cwd=place)
    assert done.returncode == 0, done.stderr
    return place


def compiled(place: Path) -> subprocess.CompletedProcess[str]:
    return run("node", TYPESCRIPT / "node_modules" / "typescript" / "bin" / "tsc", "-p", place, cwd=place)


def test_the_typescript_program_compiles_strictly_and_reads_offers(typescript, offers, cicte, live_server, settings):
    settings.SITE_URL = live_server.url
    built = compiled(typescript)
    assert built.returncode == 0, built.stdout
    key = str(ApiKeyFactory(organization=cicte).plain)
    done = run("node", "offers.js", live_server.url, cwd=typescript, PORTAL_KEY=key)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{one.reference}\t{one.title}\tBIO.LAB" for one in offers]
    refused = run("node", "offers.js", live_server.url, cwd=typescript, PORTAL_KEY="n1540_wrong_key")
    assert refused.returncode == 1
    assert "401" in refused.stderr


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("offer.title", "offer.titel", "titel"),
        ('"planned", "ongoing"', '"planned", "someday"', "someday"),
        ("page.next;", "page.following;", "following"),
    ],
)
def test_mistakes_do_not_compile(typescript, tmp_path, right, wrong, message):
    for file in typescript.glob("*.*s*"):
        shutil.copy(file, tmp_path)
    text = (tmp_path / "offers.ts").read_text()
    assert right in text
    (tmp_path / "offers.ts").write_text(text.replace(right, wrong))
    built = compiled(tmp_path)
    assert built.returncode != 0
    assert message in built.stdout
