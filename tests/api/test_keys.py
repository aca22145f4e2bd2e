"""Keys: how they are sent, what they open, and when they stop working."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from assistance.models import Offer
from cooperation_portal.api.keys import new_key, read_key
from cooperation_portal.api.models import ApiKey
from cooperation_portal.api.services import api_key_create, api_key_revoke
from cooperation_portal.audit.models import AuditEntry
from tests.access.world import routes
from tests.factories import ApiKeyFactory, OfferFactory, OrganizationFactory

from .conftest import Caller

pytestmark = pytest.mark.django_db


def test_a_key_reads_what_its_organization_may_read(visitor, reader, stranger):
    OfferFactory(visibility="public", title="For all")
    OfferFactory(visibility="network", title="For members")
    OfferFactory(visibility="committee", title="For the Committee")
    OfferFactory(status="draft", organization=reader.key.organization, title="Own draft")

    def titles(caller):
        return {row["title"] for row in caller.crawl("/api/v1/offers/")}

    assert titles(visitor) == {"For all"}
    assert titles(stranger) == {"For all", "For members"}
    assert titles(reader) == {"For all", "For members", "Own draft"}


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer n1540_",
        "Bearer n1540_test_wrong_secret",
        "Bearer n1540_unknown_secret-unknown",
        "Bearer secret",
        "Basic bjE1NDA6c2VjcmV0",
        "Token {key}",
        "Bearer {key}x",
        "Bearer {key} {key}",
        "Bearer {prefix}_",
    ],
)
def test_a_wrong_key_is_401_even_for_public_records(header, visitor):
    key = ApiKeyFactory()
    sent = header.format(key=key.plain, prefix=f"n1540_{key.prefix}")
    answer = visitor.get("/api/v1/states/", headers={"Authorization": sent})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer.json()["type"] == "/api/v1/problems/not-authenticated/"


def refused_from_now_on(caller: Caller) -> bool:
    return caller.get("/api/v1/states/").status_code == 401


def test_revocation_expiry_and_suspension_bite_at_the_next_request(reader):
    key, organization = reader.key, reader.key.organization
    assert reader.get("/api/v1/states/").status_code == 200

    ApiKey.objects.filter(pk=key.pk).update(revoked_at=timezone.now())
    assert refused_from_now_on(reader)
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=None, expires_at=timezone.now() - timedelta(seconds=1))
    assert refused_from_now_on(reader)
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() + timedelta(days=1))
    type(organization).objects.filter(pk=organization.pk).update(suspended_on=timezone.localdate())
    assert refused_from_now_on(reader)
    type(organization).objects.filter(pk=organization.pk).update(suspended_on=None)
    assert reader.get("/api/v1/states/").status_code == 200


def test_every_refusal_looks_the_same(visitor):
    live = ApiKeyFactory()
    revoked = ApiKeyFactory(revoked_at=timezone.now())
    expired = ApiKeyFactory(expires_at=timezone.now())
    suspended = ApiKeyFactory(organization__suspended_on=timezone.localdate())
    sent = [revoked.plain, expired.plain, suspended.plain, live.plain + "x", "n1540_nobody_secret"]
    bodies = {visitor.get("/api/v1/states/", headers={"Authorization": f"Bearer {one}"}).content for one in sent}
    assert len(bodies) == 1


@pytest.mark.parametrize(
    "query",
    ["key={key}", "api_key=1", "token=abc", "access_token=abc", "q={key}", "{key}=1", "limit=1&x={key}", "API_KEY=1"],
)
@pytest.mark.parametrize("path", ["/api/v1/states/", "/api/v1/", "/api/v1/states/1/", "/api/v1/nowhere/"])
def test_a_key_in_the_address_is_refused_and_not_repeated(path, query, visitor, caplog):
    key = ApiKeyFactory()
    answer = visitor.get(f"{path}?{query.format(key=key.plain)}")
    assert (answer.status_code, answer.json()["type"]) == (400, "/api/v1/problems/key-in-url/")
    assert key.prefix not in answer.content.decode()
    assert key.prefix not in caplog.text


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_key_that_comes_by_plain_http_is_refused_and_not_redirected(method, cicte, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    key = ApiKeyFactory(organization=cicte, scopes=["read", "write"])
    for caller, query in ((Caller(key), ""), (Caller(), f"?key={key.plain}"), (Caller(key), "?x=1")):
        answer = caller.send(method, f"/api/v1/offers/{query}", {"title": "A course"})
        assert (answer.status_code, answer.json()["type"]) == (400, "/api/v1/problems/insecure-transport/")
        assert key.prefix not in answer.content.decode()
    assert not Offer.objects.exists()
    by_https = Caller(key).get("/api/v1/offers/", headers={"X-Forwarded-Proto": "https"})
    assert by_https.status_code == 200


def test_without_a_key_plain_http_leads_to_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get("/api/v1/docs/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://testserver/api/v1/docs/")


def test_scopes_are_needed_for_what_a_key_does(cicte):
    read_only = Caller(ApiKeyFactory(organization=cicte, scopes=["read"]))
    write_only = Caller(ApiKeyFactory(organization=cicte, scopes=["write"]))
    refused = read_only.send("POST", "/api/v1/offers/", {"title": "A course"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/api/v1/problems/forbidden/")
    assert write_only.get("/api/v1/offers/").status_code == 403
    assert write_only.send("POST", "/api/v1/offers/", {"title": "A course"}).status_code == 201


def test_writing_needs_a_key_whatever_the_session(visitor, signed_in, editor):
    assert visitor.send("POST", "/api/v1/offers/", {"title": "A course"}).status_code == 401
    in_browser = signed_in(editor)
    answer = in_browser.post("/api/v1/offers/", {"title": "A course"}, content_type="application/json")
    assert answer.status_code == 401
    OfferFactory(visibility="network")
    assert in_browser.get("/api/v1/offers/").json()["data"] == []


def test_last_use_is_noted_without_writing_at_every_read(reader, django_assert_num_queries):
    assert ApiKey.objects.get(pk=reader.key.pk).last_used_at is None
    reader.get("/api/v1/")
    noted = ApiKey.objects.get(pk=reader.key.pk).last_used_at
    assert timezone.now() - noted < timedelta(minutes=1)
    with django_assert_num_queries(1):
        reader.get("/api/v1/")
    ApiKey.objects.filter(pk=reader.key.pk).update(last_used_at=timezone.now() - timedelta(hours=1))
    reader.get("/api/v1/")
    assert ApiKey.objects.get(pk=reader.key.pk).last_used_at >= noted


@pytest.mark.parametrize(("seconds", "is_noted"), [(599, False), (600, False), (601, True)])
def test_the_time_of_last_use_is_ten_minutes_exact(seconds, is_noted, reader):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        reader.get("/api/v1/")
    later = now + timedelta(seconds=seconds)
    with time_machine.travel(later, tick=False):
        reader.get("/api/v1/")
    assert ApiKey.objects.get(pk=reader.key.pk).last_used_at == (later if is_noted else now)


def test_a_refused_key_leaves_no_time_of_use(visitor):
    key = ApiKeyFactory(revoked_at=timezone.now())
    visitor.get("/api/v1/states/", headers={"Authorization": f"Bearer {key.plain}"})
    assert ApiKey.objects.get(pk=key.pk).last_used_at is None


#: Not behind a key: the pages for people and the client to download.
OPEN = ("api:docs", "api:guide", "api:client")


def addresses() -> list[str]:
    """One address of every route of the interface."""
    values = {"int": "1", "str": "X", "slug": "forbidden", "uuid": str(uuid4())}
    found = []
    for name, pattern in routes():
        if name.startswith("api:") and name not in OPEN and not pattern.endswith("$"):
            kinds = re.sub(r"<(?:(\w+):)?\w+>", lambda match: values[match[1] or "str"], pattern)
            found.append(f"/{kinds}")
    return [*found, "/api/v1/nowhere/"]


def test_every_address_refuses_a_dead_key_a_key_in_the_query_and_a_key_without_scope(visitor, cicte):
    """Also those that were added after this was written: the routes are found by walking the resolver."""
    live, dead = ApiKeyFactory(organization=cicte), ApiKeyFactory(organization=cicte, revoked_at=timezone.now())
    lacking = ApiKeyFactory(organization=cicte, scopes=[])
    wrong = []
    for path in addresses():
        with_dead = visitor.get(path, headers={"Authorization": f"Bearer {dead.plain}"}).status_code
        in_query = visitor.get(f"{path}?x={live.plain}").status_code
        without_scope = visitor.get(path, headers={"Authorization": f"Bearer {lacking.plain}"}).status_code
        if (with_dead, in_query, without_scope) not in ((401, 400, 403), (401, 400, 404), (401, 400, 405)):
            wrong.append((path, with_dead, in_query, without_scope))
    assert wrong == []
    assert len(addresses()) > 30


def test_the_keys_of_a_deleted_organization_are_refused(visitor):
    key = ApiKeyFactory()
    headers = {"Authorization": f"Bearer {key.plain}"}
    assert visitor.get("/api/v1/states/", headers=headers).status_code == 200
    key.organization.delete()
    assert visitor.get("/api/v1/states/", headers=headers).status_code == 401


@pytest.mark.parametrize("prefix", ["known", "unknown"])
def test_a_secret_is_compared_in_constant_time_also_where_no_key_has_the_prefix(prefix, visitor, monkeypatch):
    ApiKeyFactory(prefix="known")
    compared = []
    honest = secrets.compare_digest
    monkeypatch.setattr(
        secrets, "compare_digest", lambda one, other: compared.append((one, other)) or honest(one, other)
    )
    answer = visitor.get("/api/v1/states/", headers={"Authorization": f"Bearer n1540_{prefix}_wrong"})
    assert answer.status_code == 401
    ((sent, kept),) = compared
    assert len(sent) == len(kept) == 64


def test_a_new_key_is_random_and_only_its_hash_is_kept(cicte, secretariat, visitor):
    key, plain = api_key_create(by=secretariat, organization=cicte, name="Mirror", scopes=["read"])
    secret = plain.split("_", 2)[2]
    assert len(secret) >= 43
    assert new_key() != new_key()
    stored = ApiKey.objects.get(pk=key.pk)
    assert stored.secret_hash == hashlib.sha256(secret.encode()).hexdigest()
    kept = str(ApiKey.objects.filter(pk=key.pk).values()) + str(list(AuditEntry.objects.values()))
    assert secret not in kept
    assert visitor.get("/api/v1/states/", headers={"Authorization": f"Bearer {plain}"}).status_code == 200


def test_two_keys_live_side_by_side_and_revoking_one_leaves_the_other(cicte, secretariat):
    (old, old_plain), (_, new_plain) = (
        api_key_create(by=secretariat, organization=cicte, name="Mirror", scopes=["read"]) for _turn in range(2)
    )
    api_key_revoke(by=secretariat, key=old)
    api_key_revoke(by=secretariat, key=old)
    client = Caller()
    assert client.get("/api/v1/states/", headers={"Authorization": f"Bearer {old_plain}"}).status_code == 401
    assert client.get("/api/v1/states/", headers={"Authorization": f"Bearer {new_plain}"}).status_code == 200
    actions = AuditEntry.objects.values_list("action", flat=True)
    assert sorted(actions) == ["api_key.created", "api_key.created", "api_key.revoked"]


@pytest.mark.parametrize("text", ["n1540__secret", "n1540_ab", "n1540_ab_", "N1540_ab_cd", "n1540_ab_c d", "n1540_ü_c"])
def test_what_is_not_a_key_is_not_read_as_one(text):
    assert read_key(text) is None


def test_the_command_prints_a_working_key_once(cicte, capsys, visitor):
    scopes = "assistance:read, meetings:write"
    call_command("create_api_key", organization="CICTE", scopes=scopes, name="Mirror", days=30)
    out, err = capsys.readouterr()
    plain = out.strip()
    assert plain.startswith("n1540_")
    assert plain not in err
    key = ApiKey.objects.get()
    assert (key.organization, key.name, key.scopes) == (cicte, "Mirror", ["assistance:read", "meetings:write"])
    assert timedelta(days=29) < key.expires_at - timezone.now() < timedelta(days=31)
    assert visitor.get("/api/v1/offers/", headers={"Authorization": f"Bearer {plain}"}).status_code == 200
    assert AuditEntry.objects.get().actor_kind == "system"


@pytest.mark.parametrize(
    "options",
    [
        {"organization": "NOBODY"},
        {"scopes": "read,admin"},
        {"scopes": ""},
        {"days": 366},
        {"days": 0},
        {"days": 10**12},
        {"name": " "},
        {"name": "x" * 101},
    ],
)
def test_the_command_refuses_what_makes_no_key(options, cicte):
    with pytest.raises(CommandError):
        call_command("create_api_key", **{"organization": "CICTE", **options})
    assert not ApiKey.objects.exists()


def test_no_key_is_made_for_a_suspended_organization():
    OrganizationFactory(acronym="GONE", suspended_on=timezone.localdate())
    with pytest.raises(CommandError, match="suspended"):
        call_command("create_api_key", organization="GONE")
