"""The guide for partners in a real browser: readable on a phone, and under the strict policy."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_guide_fits_the_screen_and_its_contents_lead_to_sections(page_for, width):
    page = page_for(None, width=width)
    page.goto("/api/v1/guide/")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="Keeping a mirror").click()
    assert page.url.endswith("#keeping-a-mirror")
    top = page.locator("#keeping-a-mirror").bounding_box()["y"]
    assert -5 < top < page.viewport_size["height"] / 2


def test_the_client_is_downloaded_from_the_reference_page(page_for, tmp_path):
    page = page_for(None)
    page.goto("/api/v1/docs/")
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Client in one Python file").click()
    downloaded.value.save_as(tmp_path / "portal_client.py")
    assert "def sync(" in (tmp_path / "portal_client.py").read_text()
