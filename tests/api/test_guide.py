"""What a partner who knows only the portal's address finds: the guide as a page, and the client to download."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.django_db

SOURCES = Path(settings.BASE_DIR)


@pytest.fixture
def page(client) -> str:
    answer = client.get("/api/v1/guide/")
    assert answer.status_code == 200
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    return answer.content.decode()


def test_every_section_is_on_the_page_and_in_its_contents_but_that_for_developers(page):
    titles = re.findall(r"^## (.*)$", (SOURCES / "docs" / "api.md").read_text(), re.MULTILINE)
    assert titles.pop() == "For those who work on the portal"
    assert len(titles) > 10
    for title in titles:
        (slug,) = re.findall(rf'<h2 id="([\w-]+)">{re.escape(title)}</h2>', page)
        assert f'<a href="#{slug}">{title}</a>' in page
    assert "For those who work on the portal" not in page


def test_links_on_the_page_lead_somewhere(page, client):
    main = page.partition('<div class="guide"')[2].partition("</nav>")[0]
    links = set(re.findall(r'href="([^"]+)"', main))
    assert "/api/v1/openapi.json" in links
    for link in links:
        if link.startswith("#"):
            assert f'id="{link[1:]}"' in page, link
        else:
            assert link.startswith("https://") or client.get(link).status_code == 200, link


def test_the_page_has_no_inline_code_and_no_markup_of_the_text_itself(page):
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page)
    assert "n1540_&lt;id&gt;_&lt;secret&gt;" in page


def test_the_client_is_downloaded_as_it_is_in_the_sources(client):
    answer = client.get("/api/v1/portal_client.py")
    assert b"".join(answer.streaming_content) == (SOURCES / "clients" / "portal_client.py").read_bytes()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="portal_client.py"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_both_are_one_step_from_what_every_page_links_to(client, signed_in, editor):
    front = client.get("/").content.decode()
    assert 'href="/api/v1/docs/"' in front
    for visitor in (client, signed_in(editor)):
        reference = visitor.get("/api/v1/docs/").content.decode()
        assert 'href="/api/v1/guide/"' in reference
        assert 'href="/api/v1/portal_client.py"' in reference
    assert client.post("/api/v1/guide/").status_code == client.post("/api/v1/portal_client.py").status_code == 405


def test_examples_on_the_page_speak_to_this_portal(client, settings):
    settings.SITE_URL = "https://portal.example"
    page = client.get("/api/v1/guide/").content.decode()
    assert "export PORTAL=https://portal.example/api/v1" in page
    assert "127.0.0.1:8000" not in page
