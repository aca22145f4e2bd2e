"""The pages on which focal points manage webhooks."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cooperation_portal import changes
from cooperation_portal.webhooks.dispatch import deliver
from cooperation_portal.webhooks.models import Attempt, Delivery, Webhook
from cooperation_portal.webhooks.services import webhook_create, webhook_update
from tests.factories import OfferFactory, OrganizationFactory

pytestmark = pytest.mark.django_db

URL = "https://hooks.organization.example/portal"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{40,}")


@pytest.fixture
def client(signed_in, focal_point):
    return signed_in(focal_point)


@pytest.fixture
def quiet_hook(cicte, focal_point):
    """A webhook to which nothing is sent in the test."""
    hook, _secret = webhook_create(by=focal_point, organization=cicte, name="Example mirror", url=URL)
    return hook


def at(name, hook, *more):
    return reverse(f"webhooks:{name}", args=[hook.organization.slug, hook.pk, *more])


def text(response):
    return response.content.decode()


def test_the_secret_is_shown_once(client, cicte):
    values = {"name": "Example mirror", "url": URL, "types": ["offer", "meeting"]}
    response = client.post(f"/organizations/{cicte.slug}/webhooks/add/", values, follow=True)
    assert response.redirect_chain[-1][1] == 302
    (secret,) = SECRET.findall(text(response))
    hook = Webhook.objects.get()
    assert hook.secrets == [secret]
    assert hook.types == ["offer", "meeting"]
    assert "no-store" in response["Cache-Control"]
    assert "How to check a message" in text(response)
    assert f'href="{hook.get_absolute_url()}">I have copied it</a>' in text(response)
    assert SECRET.findall(text(client.get(hook.get_absolute_url()))) == []


def test_a_secret_that_waits_in_the_session_is_sealed_and_soon_forgotten(client, quiet_hook):
    client.post(at("rotate", quiet_hook))
    assert "whsec_" not in str(dict(client.session))
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert SECRET.findall(text(client.get(at("detail", quiet_hook)))) == []


def test_rotating_shows_the_new_secret_once_and_that_two_sign(client, quiet_hook):
    assert SECRET.findall(text(client.get(at("rotate", quiet_hook)))) == []
    response = client.post(at("rotate", quiet_hook), follow=True)
    quiet_hook.refresh_from_db()
    assert SECRET.findall(text(response)) == [quiet_hook.secrets[0]]
    assert "Two secrets sign" in text(response)
    response = client.post(at("end_secret", quiet_hook), follow=True)
    assert "Two secrets sign" not in text(response)
    quiet_hook.refresh_from_db()
    assert len(quiet_hook.secrets) == 1


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://hooks.organization.example/", "https://"),
        ("https://user:password@hooks.organization.example/", "Leave out user name and password"),
        ("https://127.0.0.1/", "public name"),
        ("https://hooks.organization.example:22/", "port 443"),
        ("", "Fill this in"),
    ],
)
def test_an_address_that_will_not_do_comes_back_with_what_to_do(client, cicte, url, says):
    response = client.post(f"/organizations/{cicte.slug}/webhooks/add/", {"name": "Example", "url": url})
    assert response.status_code == 422
    assert says in text(response)
    assert Webhook.objects.count() == 0


def test_a_second_webhook_to_the_same_address_comes_back_with_the_reason(client, quiet_hook):
    path = f"/organizations/{quiet_hook.organization.slug}/webhooks/add/"
    response = client.post(path, {"name": "Another", "url": URL})
    assert response.status_code == 422
    assert "There is a webhook to this address already" in text(response)


def test_who_saved_first_is_shown_to_who_saves_later(client, quiet_hook, focal_point):
    webhook_update(by=focal_point, webhook=quiet_hook, name="First", url=URL, types=[])
    typed = {"name": "Second", "url": URL, "expected_version": 1}
    response = client.post(at("edit", quiet_hook), typed)
    assert response.status_code == 422
    assert "First" in text(response)
    assert "Second" in text(response)
    typed["expected_version"] = 2
    assert client.post(at("edit", quiet_hook), typed).status_code == 302
    quiet_hook.refresh_from_db()
    assert quiet_hook.name == "Second"


def test_pausing_resuming_and_deleting(client, quiet_hook):
    assert "Paused" in text(client.post(at("pause", quiet_hook), follow=True))
    assert "Resumed" in text(client.post(at("resume", quiet_hook), follow=True))
    assert "cannot be sent again" in text(client.get(at("delete", quiet_hook)))
    assert Webhook.objects.count() == 1
    assert "Deleted" in text(client.post(at("delete", quiet_hook), follow=True))
    assert Webhook.objects.count() == 0


def test_a_delivery_shows_its_tries_body_and_the_answer_as_harmless_text(client, hook, receiver, cicte):
    receiver.answers = [(500, {}, b"<script>alert(1)</script> \x00\x1b[31m" + b"long " * 300)]
    offer = OfferFactory(organization=cicte)
    changes.record(offer)
    deliver(hook.pk)
    page = text(client.get(hook.deliveries.get().get_absolute_url()))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; [31mlong" in page
    assert page.count("long") <= 100
    assert "500" in page
    assert f"&quot;id&quot;: {offer.pk}" in page
    assert SECRET.findall(page) == []


def deliveries_of(hook, *states):
    made = Delivery.objects.bulk_create(
        [
            Delivery(webhook=hook, type="offer.upsert", body='{"data":{"id":7}}', state=state, attempts_made=1)
            for state in states
        ]
    )
    Attempt.objects.bulk_create([Attempt(delivery=one, milliseconds=12, status_code=500) for one in made])
    return made


def test_deliveries_are_filtered_by_state_and_paged(client, quiet_hook):
    deliveries_of(quiet_hook, *["failed"] * 30, *["delivered"] * 3)
    page = client.get(at("detail", quiet_hook))
    assert page.context["page"].paginator.count == 33
    assert len(page.context["page"].object_list) == 25
    assert client.get(at("detail", quiet_hook) + "?state=delivered").context["page"].paginator.count == 3
    odd = client.get(at("detail", quiet_hook) + "?state=lost")
    assert odd.context["page"].paginator.count == 0
    assert "Nothing is shown" in text(odd)


def test_deliveries_name_the_record_as_far_as_the_reader_may_see_it(client, quiet_hook, cicte):
    shown = OfferFactory(organization=cicte, visibility="network")
    hidden = OfferFactory(status="draft")
    rows = [("offer.upsert", shown.pk), ("offer.upsert", hidden.pk), ("offer.remove", 99999), ("ping", None)]
    for kind, pk in rows:
        data = {} if pk is None else {"id": pk}
        Delivery.objects.create(webhook=quiet_hook, type=kind, body=json.dumps({"data": data}))
    page = text(client.get(at("detail", quiet_hook)))
    sentences = [
        f"Offer {shown.reference} was written",
        f"Offer {hidden.pk} was written",
        "Offer 99999 can no longer be read",
        "Test message",
    ]
    for sentence, delivery in zip(sentences, Delivery.objects.order_by("pk"), strict=True):
        assert f">{sentence}</a>" in page
        assert f"<title>{sentence}" in text(client.get(delivery.get_absolute_url())).replace("\n", "")
    assert hidden.reference not in page
    assert "offer.upsert" in page


def test_the_desk_leads_to_the_webhooks(client, cicte):
    assert f"/organizations/{cicte.slug}/webhooks/" in text(client.get("/dashboard/"))


def test_the_number_of_queries_is_the_same_for_few_and_many(client, quiet_hook):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(at("detail", quiet_hook))
        return len(captured)

    deliveries_of(quiet_hook, "failed")
    queries()
    few = queries()
    deliveries_of(quiet_hook, *["failed"] * 24)
    assert queries() == few


def test_one_and_all_failed_are_sent_again(client, quiet_hook):
    first, _second = deliveries_of(quiet_hook, "failed", "failed")
    response = client.post(at("replay", quiet_hook, first.pk), follow=True)
    assert "sent again, under the same id" in text(response)
    assert "Sent again from" in text(response)
    response = client.post(at("replay_failed", quiet_hook), {"since": timezone.localdate()}, follow=True)
    assert "1 message is sent again" in text(response)
    response = client.post(at("replay_failed", quiet_hook), {"since": timezone.localdate()}, follow=True)
    assert "No message failed since then" in text(response)


@pytest.mark.parametrize(("days", "says"), [(1, "today or an earlier day"), (-31, "30 days")])
def test_a_day_from_which_nothing_can_be_sent_again_comes_back(client, quiet_hook, days, says):
    since = timezone.localdate() + timedelta(days=days)
    response = client.post(at("replay_failed", quiet_hook), {"since": since})
    assert response.status_code == 422
    assert says in text(response)


def test_a_paused_webhook_offers_no_button_that_would_not_work(client, quiet_hook):
    (delivery,) = deliveries_of(quiet_hook, "failed")
    Webhook.objects.update(state="paused")
    page = text(client.get(at("detail", quiet_hook)))
    assert "Send a test message" not in page
    assert "Send failed messages again" not in page
    assert "Send again" not in text(client.get(delivery.get_absolute_url()))
    assert "Resume the webhook first" in text(client.post(at("ping", quiet_hook), follow=True))
    assert "Resume the webhook first" in text(client.post(at("replay", quiet_hook, delivery.pk), follow=True))
    response = client.post(at("replay_failed", quiet_hook), {"since": timezone.localdate()})
    assert "Resume the webhook first" in text(response)


def test_a_disabled_webhook_says_why(client, quiet_hook):
    Webhook.objects.update(state="disabled", reason="gone")
    page = text(client.get(at("detail", quiet_hook)))
    assert "410" in page
    assert "until you resume it" in page


def test_another_organizations_address_does_not_lead_to_a_webhook(client, quiet_hook, secretariat, signed_in):
    other = OrganizationFactory(acronym="ELSE")
    for person in (client, signed_in(secretariat)):
        assert person.get(f"/organizations/{other.slug}/webhooks/{quiet_hook.pk}/").status_code == 404


def test_the_page_of_the_organization_leads_there_for_those_who_manage_it(quiet_hook, people, signed_in):
    link = f'href="/organizations/{quiet_hook.organization.slug}/webhooks/"'
    found = {
        role
        for role, person in people.items()
        if link in text(signed_in(person).get(quiet_hook.organization.get_absolute_url()))
    }
    assert found == {"focal_point", "secretariat"}


def test_the_secretariat_finds_webhooks_in_the_workbench_without_changing_them(quiet_hook, secretariat, signed_in):
    client = signed_in(secretariat)
    assert "Example mirror" in text(client.get("/admin/webhooks/webhook/"))
    page = text(client.get(f"/admin/webhooks/webhook/{quiet_hook.pk}/change/"))
    assert "hooks.organization.example" in page
    assert quiet_hook.secret_sealed not in page
    assert client.post(f"/admin/webhooks/webhook/{quiet_hook.pk}/change/", {"name": "x"}).status_code == 403
