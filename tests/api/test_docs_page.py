"""The page that shows the document to people."""

from __future__ import annotations

import re

import pytest

from cooperation_portal.api.problems import KINDS

pytestmark = pytest.mark.django_db


def test_the_page_shows_the_document_without_inline_code(client):
    answer = client.get("/api/v1/docs/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'data-document="/api/v1/openapi.json"' in page
    assert "swagger-ui-bundle.js" in page
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page)
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy


def test_the_page_explains_every_kind_of_error(client):
    page = client.get("/api/v1/docs/").content.decode()
    for kind in KINDS.values():
        assert f'id="problem-{kind.name}"' in page


def test_the_page_is_for_everyone_and_read_only(client, signed_in, editor):
    assert signed_in(editor).get("/api/v1/docs/").status_code == 200
    assert client.post("/api/v1/docs/").status_code == 405
