"""Signing up, signing in, and being kept out."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from cooperation_portal.access.middleware import LAST_SEEN
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.audit.models import AuditEntry
from organizations.models import User
from organizations.services.users import user_deactivate, user_reactivate, user_update
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def _no_counts_from_other_tests():
    cache.clear()


def verified(**options) -> User:
    user = UserFactory(**options)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def sign_in(client, user, password=PASSWORD, **extra):
    return client.post(LOGIN, {"login": user.email, "password": password}, **extra)


def test_the_right_password_opens_the_desk(client):
    response = sign_in(client, verified())
    assert response.status_code == 302
    assert response["Location"] == reverse("dashboard")


def test_sign_up_keeps_the_name_and_asks_to_prove_the_address(client):
    data = {
        "name": "  Example\r\n Newcomer ",
        "email": "newcomer@tests.example",
        "password1": "a password that is long enough",
        "password2": "a password that is long enough",
    }
    response = client.post(reverse("account_signup"), data)
    user = User.objects.get(email="newcomer@tests.example")
    assert user.name == "Example Newcomer"
    assert response["Location"] == reverse("account_email_verification_sent")
    assert len(mail.outbox) == 1
    assert AuditEntry.objects.get().action == "user.created"
    assert client.get(reverse("dashboard")).status_code == 302


def test_sign_up_does_not_tell_whether_an_address_is_known(client):
    known = verified()
    data = {"name": "Example", "password1": "a password that is long", "password2": "a password that is long"}
    first = client.post(reverse("account_signup"), data | {"email": known.email})
    second = Client().post(reverse("account_signup"), data | {"email": "unknown@tests.example"})
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])


def test_ten_wrong_passwords_lock_this_address_from_here(client):
    user, other = verified(), verified()
    for turn in range(9):
        # The same address in other spellings is the same address.
        spelled = user.email.upper() if turn % 2 else f" {user.email}"
        response = client.post(LOGIN, {"login": spelled, "password": f"wrong {turn}"})
        assert response.status_code == 200
    assert sign_in(client, user, "wrong again").status_code in (403, 429)
    locked = sign_in(client, user)
    assert locked.status_code in (403, 429)
    assert "account/lockout.html" in [template.name for template in locked.templates]
    assert sign_in(Client(), other).status_code == 302, "others sign in as before"


def test_the_lock_is_for_one_address_and_place(client):
    user = verified()
    for turn in range(10):
        sign_in(client, user, f"wrong {turn}", REMOTE_ADDR="192.0.2.7")
    cache.clear()  # what allauth counts for the address alone is looser and is tested by allauth
    assert sign_in(Client(), user, REMOTE_ADDR="192.0.2.7").status_code in (403, 429)
    assert sign_in(Client(), user, REMOTE_ADDR="198.51.100.9").status_code == 302


def test_a_caller_does_not_choose_its_address(client):
    user = verified()
    for turn in range(10):
        sign_in(client, user, f"wrong {turn}", HTTP_X_FORWARDED_FOR=f"203.0.113.{turn}")
    assert sign_in(client, user, HTTP_X_FORWARDED_FOR="203.0.113.99").status_code in (403, 429)


def test_behind_a_proxy_the_callers_address_counts(client, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    user = verified()
    for turn in range(10):
        sign_in(client, user, f"wrong {turn}", HTTP_X_FORWARDED_FOR="203.0.113.5")
    cache.clear()
    assert sign_in(client, user, HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.5").status_code in (403, 429)
    assert sign_in(client, user, HTTP_X_FORWARDED_FOR="203.0.113.6").status_code == 302


def test_a_deactivated_person_is_told_and_not_let_in(client):
    user = verified(is_active=False)
    response = sign_in(client, user)
    assert response["Location"] == reverse("account_inactive")
    assert client.get(response["Location"]).status_code == 200
    assert client.get(reverse("dashboard")).status_code == 302


def test_deactivating_ends_every_session_at_once(signed_in, secretariat, editor, cicte):
    clients = [signed_in(editor), signed_in(editor)]
    bystander = signed_in(secretariat)
    page = reverse("organizations:sheet_edit", args=[cicte.slug])
    assert [client.get(page).status_code for client in clients] == [200, 200]
    user_deactivate(by=secretariat, user=editor, reason="Left the organization.")
    assert [client.get(page).status_code for client in clients] == [302, 302]
    assert Session.objects.count() == 1
    user_reactivate(by=secretariat, user=editor)
    assert clients[0].get(page).status_code == 302, "an old session does not come back to life"
    assert bystander.get(reverse("dashboard")).status_code == 200
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "before", "after")) == [
        ("user.deactivated", {"is_active": True}, {"is_active": False}),
        ("user.reactivated", {"is_active": False}, {"is_active": True}),
    ]


@pytest.mark.parametrize("role", ["newcomer", "outsider", "editor", "focal_point", "expert", "observer"])
def test_only_the_secretariat_shuts_accounts_out(people, role):
    victim = UserFactory()
    with pytest.raises(NotAllowed):
        user_deactivate(by=people[role], user=victim, reason="x")
    with pytest.raises(NotAllowed):
        user_update(by=people[role], user=victim, values={"name": "x"})
    victim.refresh_from_db()
    assert victim.is_active


def test_nobody_shuts_out_oneself(secretariat):
    with pytest.raises(ValidationError, match="your own account"):
        user_deactivate(by=secretariat, user=secretariat, reason="x")


def test_what_is_not_of_the_profile_is_not_changed(editor):
    for name in ("is_active", "email", "password", "version"):
        with pytest.raises(ValidationError):
            user_update(by=editor, user=editor, values={name: "x"})


def test_the_audit_never_keeps_a_password(client):
    sign_up = {
        "name": "Example",
        "email": "someone@tests.example",
        "password1": "a password that is long",
        "password2": "a password that is long",
    }
    client.post(reverse("account_signup"), sign_up)
    user = User.objects.get(email="someone@tests.example")
    user_update(by=user, user=user, values={"name": "Another"})
    for entry in AuditEntry.objects.all():
        assert "password" not in {**entry.before, **entry.after}


def test_an_idle_session_ends(client, settings):
    settings.SESSION_IDLE_SECONDS = 3600
    sign_in(client, verified())
    assert client.get(reverse("dashboard")).status_code == 200
    session = client.session
    session[LAST_SEEN] -= 3500
    session.save()
    assert client.get(reverse("dashboard")).status_code == 200
    session = client.session
    session[LAST_SEEN] -= 3700
    session.save()
    response = client.get(reverse("dashboard"))
    assert response.status_code == 302
    assert "signed out" in client.get(response["Location"]).content.decode()


def test_members_pages_are_kept_by_no_cache(signed_in, editor, client):
    header = signed_in(editor).get(reverse("organizations:list"))["Cache-Control"]
    assert "no-store" in header
    assert "private" in header
    assert not client.get(reverse("organizations:list")).has_header("Cache-Control")


@pytest.mark.parametrize("role", ["expert", "secretariat"])
def test_where_it_is_required_experts_and_secretariat_set_up_a_second_factor_first(people, signed_in, settings, role):
    settings.MFA_REQUIRED_ROLES = ("expert", "secretariat")
    client = signed_in(people[role])
    for page in (reverse("dashboard"), reverse("admin:index"), reverse("organizations:list")):
        response = client.get(page)
        assert response.status_code == 302
        assert response["Location"] == reverse("mfa_activate_totp")
    assert client.post(reverse("organizations:confirm", args=["nowhere"]))["Location"] == reverse("mfa_activate_totp")
    assert client.get(reverse("mfa_activate_totp")).status_code in (200, 302)
    assert client.post(reverse("account_logout")).status_code == 302


def test_a_second_factor_opens_the_door_again(expert, signed_in, settings):
    from allauth.mfa.models import Authenticator

    settings.MFA_REQUIRED_ROLES = ("expert", "secretariat")
    Authenticator.objects.create(user=expert, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert signed_in(expert).get(reverse("dashboard")).status_code == 200


@pytest.mark.parametrize("role", ["editor", "focal_point", "state_focal_point", "observer", "newcomer"])
def test_others_are_not_asked_for_a_second_factor(people, signed_in, settings, role):
    settings.MFA_REQUIRED_ROLES = ("expert", "secretariat")
    assert signed_in(people[role]).get(reverse("dashboard")).status_code == 200


def test_a_password_mail_for_a_known_and_an_unknown_address_looks_the_same(client):
    user = verified()
    known = client.post(reverse("account_reset_password"), {"email": user.email})
    unknown = Client().post(reverse("account_reset_password"), {"email": "nobody@tests.example"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
