"""Signing in, signing up, passwords and the second step: every page is drawn, and says the next step."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.template.loader import render_to_string
from django.urls import reverse

from tests.factories import UserFactory

PASSWORD = "a long and quiet example 1540"


@pytest.fixture
def person(db):
    user = UserFactory(email="example@cicte.example")
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def signed_in_person(client, person):
    """Through the form and once more, so that the pages that ask for a recent proof open."""
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    response = client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert response.status_code == 302
    return client


@pytest.mark.parametrize(
    "name",
    [
        "account_login",
        "account_signup",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key_done",
        "account_email_verification_sent",
        "account_inactive",
    ],
)
def test_entrance_page_is_drawn(client, db, name):
    response = client.get(reverse(name))
    assert response.status_code == 200
    assert b"<h1>" in response.content


@pytest.mark.parametrize(
    "name",
    [
        "account_logout",
        "account_email",
        "account_change_password",
        "account_reauthenticate",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
    ],
)
def test_page_of_the_own_account_is_drawn(signed_in_person, name):
    response = signed_in_person.get(reverse(name))
    assert response.status_code == 200
    assert b"<h1>" in response.content


@pytest.mark.parametrize(
    "name", ["mfa_index", "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"]
)
def test_page_of_the_second_step_is_drawn_once_it_is_set_up(signed_in_person, person, name):
    TOTP.activate(person, generate_totp_secret())
    RecoveryCodes.activate(person)
    response = signed_in_person.get(reverse(name))
    assert response.status_code == 200


def test_second_step_is_asked_and_its_mistake_is_told(client, person):
    TOTP.activate(person, generate_totp_secret())
    response = client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD}, follow=True)
    assert "Second step of signing in" in response.content.decode()
    response = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "error-summary" in response.content.decode()


def test_wrong_password_keeps_the_address(client, person):
    html = client.post(reverse("account_login"), {"login": person.email, "password": "wrong"}).content.decode()
    assert "error-summary" in html
    assert f'value="{person.email}"' in html


def test_link_for_a_new_password_leads_to_a_page_that_sets_it(client, person):
    client.post(reverse("account_reset_password"), {"email": person.email})
    message = mail.outbox[0]
    assert "asked for a new password" in message.body
    assert "Hello from" not in message.body
    path = re.search(r"https?://[^/]+(/\S+)", message.body).group(1)
    response = client.get(path, follow=True)
    assert "Choose a new password" in response.content.decode()


def test_stale_link_for_a_new_password_says_so(client, db):
    response = client.get(reverse("account_reset_password_from_key", args=["x", "y-z"]), follow=True)
    assert "This link no longer works" in response.content.decode()


def test_stale_link_for_an_address_says_so(client, db):
    response = client.get(reverse("account_confirm_email", args=["no-such-key"]))
    assert "This link no longer works" in response.content.decode()


def test_person_is_asked_to_confirm_the_address(client, person):
    address = person.emailaddress_set.get()
    address.verified = False
    address.save()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    path = re.search(r"https?://[^/]+(/\S+)", mail.outbox[0].body).group(1)
    response = client.get(path)
    assert response.status_code == 200
    assert person.email in response.content.decode()


def test_lockout_page_needs_nothing(rf, db):
    html = render_to_string("account/lockout.html", request=rf.get("/"))
    assert reverse("account_reset_password") in html


def test_notice_mail_has_the_same_words_in_both_forms(person):
    context = {"title": "Proposal", "sentence": "A & B", "url": "https://portal.example/x/", "user": person}
    plain, html = render_to_string("mail/notice.txt", context), render_to_string("mail/notice.html", context)
    assert "A & B" in plain
    assert "A &amp; B" in html
    assert plain.count("https://portal.example/x/") == html.count("https://portal.example/x/") == 1
