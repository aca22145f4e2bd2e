"""A focal point's way with API keys in a real browser: made, shown once, and gone by reload and by back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Error

from cooperation_portal.api.models import ApiKey
from tests.factories import ApiKeyFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SECRET = re.compile(r"n1540_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")
KEYS = "/organizations/cicte/keys/"


@pytest.fixture
def page_of_focal_point(page_for, live_server, focal_point):
    """A page on which the focal point of CICTE is signed in."""

    def open_page(**size: int):
        client = Client()
        client.force_login(focal_point, backend="allauth.account.auth_backends.AuthenticationBackend")
        page = page_for(None, **size)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        return page

    return open_page


def test_a_key_is_made_seen_once_rotated_and_revoked(page_of_focal_point):
    page = page_of_focal_point()
    page.goto("/dashboard/")
    page.click("text=API keys of CICTE")
    assert "keep a copy" in page.inner_text("main")

    page.click("text=Make the first key")
    page.fill("input[name=name]", "Mirror")
    page.check("input[name=scopes][value=read]")
    page.click("button:has-text('Make the key')")
    plain = page.inner_text(".secret code")
    assert SECRET.fullmatch(plain)
    assert "/api/v1/" in page.inner_text("main pre")
    assert works(plain)

    page.reload()  # the browser sends the form again
    assert page.url.endswith(KEYS)
    assert "has made its key already" in page.inner_text("main")
    assert plain not in page.content()
    assert ApiKey.objects.count() == 1

    page.go_back()
    assert plain not in page.content()
    page.goto(KEYS)
    page.click("text=Rotate")
    page.click("button:has-text('Rotate the key')")
    second = page.inner_text(".secret code")
    page.click("text=I have copied it")
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # the browser has kept nothing of that page
        page.go_back()
    page.wait_for_url("chrome-error://**")
    assert works(plain)
    assert works(second)
    assert ApiKey.objects.count() == 2

    page.goto(KEYS)
    page.locator("tr", has_text=str(ApiKey.objects.earliest("pk"))).last.locator("text=Revoke").click()
    page.click("button:has-text('Revoke key')")
    assert "Revoked" in page.inner_text("main")
    assert not works(plain)
    assert works(second)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_fit_the_screen(page_of_focal_point, cicte, width):
    ApiKeyFactory(organization=cicte, name="Mirror in Vienna", created_by_label="A Person With Quite A Long Name")
    ApiKeyFactory(
        organization=cicte,
        name="Show offers on our own site",
        scopes=["assistance:read", "meetings:read"],
        expires_at=timezone.now() + timedelta(days=9),
        last_used_at=timezone.now(),
    )
    ApiKeyFactory(organization=cicte, name="First try", revoked_at=timezone.now())
    page = page_of_focal_point(width=width)
    key = ApiKey.objects.live().first()
    for path in (KEYS, f"{KEYS}new/", f"{KEYS}{key.pk}/rotate/", f"{KEYS}{key.pk}/revoke/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def works(plain: str) -> bool:
    return Client().get("/api/v1/states/", headers={"Authorization": f"Bearer {plain}"}).status_code == 200
