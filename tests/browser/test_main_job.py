"""The main job, walked by people in a real browser: post, ask, match, decide, answer, start, pull."""

from __future__ import annotations

import json
import re
import urllib.request
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command

from assistance.models import AssistanceRequest, Match, Offer, Project
from cooperation_portal.examples.people import load_accounts
from cooperation_portal.notices.sending import send_pending

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TITLE = "Biosecurity course for laboratories"


@pytest.fixture
def portal(transactional_db):
    """Reference data and the example accounts, nothing else."""
    call_command("load_reference", stdout=StringIO())
    load_accounts()


def tick(page, name, value):
    """Tick a box, unfolding the groups it lies in."""
    box = page.locator(f"input[name='{name}'][value='{value}']").first
    box.evaluate(
        "box => { for (let at = box; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true }"
    )
    box.check()


def code_value(page, name, code):
    """The value of the choice whose label shows a code such as BIO.LAB."""
    return page.locator(f"input[name='{name}']").evaluate_all(
        "(boxes, code) => boxes.find(b => b.closest('label, li, div').textContent.includes(code)).value", code
    )


def test_the_main_job_from_posting_to_pulling(portal, page_for, live_server):
    post_a_programme(page_for("editor@cicte.example"))
    submit_a_request(page_for("focal@peru.example"))

    match = Match.objects.get()
    assert match.offer.title == TITLE
    assert match.status == "suggested"

    authenticate_and_propose(page_for("expert@committee.example"), match)
    send_pending()
    assert {message.to[0] for message in mail.outbox if "Proposal" in message.subject} == {
        "focal@cicte.example",
        "focal@peru.example",
    }
    accept(page_for("focal@peru.example"), match)
    lead = page_for("focal@cicte.example")
    accept(lead, match)
    match.refresh_from_db()
    assert match.status == "agreed"

    start_the_project(lead, match)
    pull(live_server, Offer.objects.get(title=TITLE))


def post_a_programme(page):
    page.goto("/offers/")
    page.click("main a:has-text('Post a programme')")
    page.fill("input[name=title]", TITLE)
    page.fill("textarea[name=summary]", "A course of two weeks for staff of public laboratories, in Spanish.")
    tick(page, "areas", code_value(page, "areas", "BIO.TRN"))
    tick(page, "types", code_value(page, "types", "Training course"))
    tick(page, "regional_groups", "GRULAC")
    tick(page, "languages", "es")
    page.fill("input[name=starts_on]", "2026-01-01")
    page.fill("input[name=ends_on]", "2025-01-01")
    page.click("main button:has-text('Save draft')")
    assert "before" in page.locator(".error-summary, [role=alert]").first.inner_text()
    assert page.input_value("input[name=title]") == TITLE
    page.fill("input[name=ends_on]", "2099-12-31")
    page.click("main button:has-text('Save draft')")
    assert "Draft" in page.inner_text("main")
    page.click("main a:has-text('Edit')")
    page.fill("input[name=capacity]", "3")
    page.click("main button[name=publish], main button:has-text('Publish programme')")
    offer = Offer.objects.get(title=TITLE)
    assert (offer.status, offer.capacity) == ("ongoing", 3)
    page.goto(f"/offers/{offer.reference}/suspend/")
    page.locator("main textarea").first.fill("Funds are awaited.")
    page.locator("main form button[type=submit], main form button:not([type])").last.click()
    offer.refresh_from_db()
    assert offer.status == "suspended"
    page.goto(f"/offers/{offer.reference}/resume/")
    page.locator("main form button[type=submit], main form button:not([type])").last.click()
    offer.refresh_from_db()
    assert offer.status == "ongoing"


def submit_a_request(page):
    page.goto("/requests/new/")
    page.fill("input[name=title]", "Training for regional laboratories")
    page.fill("textarea[name=description]", "Forty staff of six laboratories need a course in biosafety, in Spanish.")
    needs = page.locator("select[name='needs-0-area']")
    needs.select_option(label=needs.locator("option", has_text="BIO.TRN").first.inner_text())
    page.select_option("select[name='needs-0-priority']", "high")
    tick(page, "languages", "es")
    page.click("main button[name=submit]")
    page.wait_for_url(re.compile("/submit/$"))
    page.locator("main form button[type=submit], main form button:not([type])").last.click()
    page.wait_for_load_state()
    request = AssistanceRequest.objects.get(title="Training for regional laboratories")
    assert request.status == "submitted"
    assert "Authenticate" in page.inner_text("main")


def authenticate_and_propose(page, match):
    page.goto(f"/requests/{match.request.reference}/authenticate/")
    page.locator("main form button[type=submit], main form button:not([type])").last.click()
    page.goto("/admin/assistance/match/")
    page.click(f"a:has-text('{TITLE}')")
    assert "Needs met" in page.inner_text("#content")
    page.fill("textarea[name=reason]", "A direct answer.")
    page.click("button[value=propose]")
    page.wait_for_load_state()
    assert "Proposed" in page.inner_text("#content")


def accept(page, match):
    page.goto("/matches/")
    page.click(f"a[href='{match.get_absolute_url()}']")
    page.click("button[value=accept]")
    page.wait_for_load_state()
    assert "accepted" in page.inner_text("main").lower()


def start_the_project(page, match):
    page.goto(match.get_absolute_url())
    page.click("main a:has-text('Start a project')")
    page.locator("main form button[type=submit], main form button:not([type])").last.click()
    page.wait_for_load_state()
    assert Project.objects.get().matches.get() == match
    match.refresh_from_db()
    assert match.status == "project"


def pull(live_server, offer):
    printed = StringIO()
    call_command("create_api_key", organization="CICTE", scopes="read,write", stdout=printed)
    key = re.search(r"n1540_[\w-]+", printed.getvalue()).group()
    request = urllib.request.Request(  # noqa: S310 - our own server on loopback
        f"{live_server.url}/api/v1/offers/?ref={offer.reference}", headers={"Authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - see above
        (pulled,) = json.load(response)["data"]
    assert (pulled["ref"], pulled["organization"], pulled["areas"]) == (offer.reference, "CICTE", ["BIO.TRN"])


def test_a_visitor_reads_the_public_pages_on_a_phone(portal, page_for):
    page = page_for(width=390, height=800)
    for path in ("/", "/about/", "/organizations/", "/states/", "/offers/", "/requests/", "/meetings/", "/areas/"):
        assert page.goto(path).status == 200
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"{path} is {width} pixels wide on a phone"
