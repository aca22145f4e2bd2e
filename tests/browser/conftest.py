"""A real browser for the walks: Debian's chromium through Playwright.

Where there is no chromium the walks are skipped with that reason, unless REQUIRE_BROWSER=1 says that they must run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail("REQUIRE_BROWSER=1, and no chromium was found on the PATH.")
        pytest.skip("no chromium on the PATH")
    # Playwright's own event loop runs in this thread, which makes Django see async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page_for(chromium, live_server) -> Iterator[Callable]:
    """Open a page as somebody of the example accounts; signs in through the real form. None stays a visitor.

    Every page fails the test on an uncaught script error or a breach of the content security policy.
    """
    contexts = []
    problems: list[str] = []

    def open_page(email: str | None = None, *, width: int = 1280, height: int = 900):
        context = chromium.new_context(base_url=live_server.url, viewport={"width": width, "height": height})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if "Security Policy" in message.text else None)
        if email is not None:
            page.goto("/accounts/login/")
            page.fill("input[name=login]", email)
            page.fill("input[name=password]", "example-only-1540")
            page.click("form[action*='login'] button[type=submit], main form button[type=submit]")
            page.wait_for_url("**/dashboard/")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []
