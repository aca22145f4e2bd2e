"""The API reference draws itself under the strict policy, and its requests carry no session."""

import pytest

from tests.factories import OrganizationFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_reference_opens_an_address_and_tries_it(page_for):
    OrganizationFactory(acronym="CICTE")
    page = page_for(None)
    page.goto("/api/v1/docs/")
    page.locator('[data-tag="organizations"]').click()
    operation = page.locator("#operations-organizations-list_organization")
    operation.locator(".opblock-summary").click()
    operation.get_by_role("button", name="Try it out").click()
    with page.expect_response("**/api/v1/organizations/**") as answered:
        operation.get_by_role("button", name="Execute").click()
    assert answered.value.status == 200
    assert "cookie" not in answered.value.request.all_headers()
    operation.locator(".responses-wrapper", has_text="CICTE").first.wait_for()
