"""The frame of every page: what it names, where it leads, and what happens when a page cannot be shown."""

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.urls import reverse

from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.interface import errors, navigation
from cooperation_portal.interface.tones import TONES
from tests.factories import AffiliationFactory

NAMES = {
    *[name for _label, name, _prefix in navigation.MEMBER_LINKS + navigation.PUBLIC_LINKS],
    *[
        name
        for _label, name in navigation.ACCOUNT_LINKS
        + navigation.STAFF_LINKS
        + navigation.SECURITY_LINKS
        + navigation.FOOTER_LINKS
    ],
}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_link_of_the_frame_is_wired(name):
    assert reverse(name)


def test_every_status_of_a_model_has_a_tone():
    statuses = {
        (model._meta.model_name, value)
        for model in apps.get_models()
        if model.__module__.startswith(("organizations", "assistance", "meetings"))
        for field in model._meta.fields
        if field.name == "status" and field.choices
        for value, _label in field.choices
    }
    assert statuses
    assert {(kind, value) for kind, value in statuses if value not in TONES.get(kind, {})} == set()


def test_member_sees_for_whom_one_acts_and_what_waits(rf, editor, signed_in):
    response = signed_in(editor).get(reverse("account_change_password"))
    html = response.content.decode()
    assert "Acting for <strong>CICTE</strong>" in html
    assert "Sign out" in html


def test_person_of_two_bodies_sees_both(editor, signed_in, peru):
    AffiliationFactory(user=editor, state=peru, organization=None, role="state_focal_point")
    html = signed_in(editor).get(reverse("account_change_password")).content.decode()
    assert "CICTE, Peru" in html


def test_visitor_is_offered_to_sign_in(client, db):
    html = client.get(reverse("account_login")).content.decode()
    assert "Acting for" not in html
    assert reverse("account_signup") in html


def test_missing_page_says_what_to_do(client, db):
    response = client.get("/no-such-page/")
    assert response.status_code == 404
    assert "There is no page here that you can read" in response.content.decode()


def test_refusal_gives_its_reason(rf):
    request = rf.get("/")
    request.user = AnonymousUser()
    refusal = NotAllowed("publish", "offer")
    response = errors.permission_denied(request, refusal)
    assert response.status_code == 403
    assert str(refusal) in response.content.decode()


@pytest.mark.parametrize(
    ("view", "status"), [(errors.server_error, 500), (lambda r: errors.bad_request(r, None), 400)], ids=["500", "400"]
)
def test_last_pages_need_no_database_and_give_the_request_number(rf, view, status):
    request = rf.get("/")
    request.request_id = "abc-123"
    response = view(request)
    assert response.status_code == status
    assert "abc-123" in response.content.decode()


def test_confirmation_names_what_will_happen(rf):
    context = {
        "title": "Withdraw the programme",
        "kind": "Programme",
        "reference": "OFF-1",
        "sentence": "It will no longer be matched.",
        "consequences": ["States no longer find it."],
        "form": None,
        "submit": "Withdraw programme",
        "cancel_url": "/back/",
        "danger": True,
    }
    request = rf.get("/")
    request.user = AnonymousUser()
    html = render_to_string("partials/confirm.html", context, request=request)
    assert "States no longer find it." in html
    assert "button--danger" in html
    assert 'href="/back/"' in html
