"""The secretariat's list of all keys: it finds and revokes them, and shows no secret."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import ApiKeyFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:api_apikey_changelist")


def test_the_secretariat_finds_every_key_and_the_way_to_revoke_it(signed_in, secretariat, cicte):
    key = ApiKeyFactory(organization=cicte, name="Mirror", scopes=["meetings:read"])
    client = signed_in(secretariat)
    listed = client.get(LIST, {"q": "CICTE"}).content.decode()
    assert str(key) in listed
    assert "meetings:read" in listed
    page = client.get(reverse("admin:api_apikey_change", args=[key.pk])).content.decode()
    assert reverse("organizations:key_revoke", args=[cicte.slug, key.pk]) in page
    assert key.secret_hash not in listed + page
    assert 'name="name"' not in page


@pytest.mark.parametrize(
    ("works", "names"), [("yes", {"Fresh", "Ending"}), ("soon", {"Ending"}), ("no", {"Gone", "Held"})]
)
def test_the_list_narrows_by_state(works, names, signed_in, secretariat, cicte):
    soon = timezone.now() + timedelta(days=2)
    ApiKeyFactory(organization=cicte, name="Fresh")
    ApiKeyFactory(organization=cicte, name="Ending", expires_at=soon)
    ApiKeyFactory(organization=cicte, name="Gone", revoked_at=timezone.now())
    ApiKeyFactory(organization__suspended_on=timezone.localdate(), name="Held")
    page = signed_in(secretariat).get(LIST, {"works": works}).content.decode()
    assert {name for name in ("Fresh", "Ending", "Gone", "Held") if name in page} == names


@pytest.mark.parametrize("role", ["expert", "observer"])
def test_the_rest_of_the_committee_reads_no_keys(role, people, signed_in, cicte):
    key = ApiKeyFactory(organization=cicte)
    client = signed_in(people[role])
    assert client.get(LIST).status_code == 403
    assert client.get(reverse("admin:api_apikey_change", args=[key.pk])).status_code == 403


def test_nobody_makes_changes_or_deletes_keys_in_the_admin(signed_in, secretariat, cicte):
    key = ApiKeyFactory(organization=cicte)
    client = signed_in(secretariat)
    paths = [reverse(f"admin:api_apikey_{name}", args=[key.pk]) for name in ("change", "delete")]
    for path in [*paths, reverse("admin:api_apikey_add")]:
        assert client.post(path, {"name": "Other", "post": "yes"}).status_code == 403
    key.refresh_from_db()
    assert key.name == "Example system"
