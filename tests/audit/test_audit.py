"""The audit is permanent and knows where an action came from."""

import pytest
from django.db import IntegrityError, transaction

from cooperation_portal import audit
from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.audit.context import Source, running_from
from cooperation_portal.audit.models import AuditEntry
from tests.factories import ApiKeyFactory, OfferFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(editor):
    audit.record(action="offer.confirmed", obj=OfferFactory(), by=editor)
    return AuditEntry.objects.get()


def test_an_entry_cannot_be_altered(entry):
    with pytest.raises(IntegrityError, match="permanent"), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).update(action="offer.created")


def test_an_entry_cannot_be_deleted(entry):
    with pytest.raises(IntegrityError, match="permanent"), transaction.atomic():
        entry.delete()


def test_an_entry_outlives_the_account_that_made_it(entry, editor):
    label = str(editor)
    editor.delete()
    entry.refresh_from_db()
    assert entry.actor_label == label


@pytest.mark.parametrize("source", list(Source))
def test_an_entry_names_its_source_and_request(source):
    with running_from(source, "request-1"):
        audit.record(action="offer.confirmed", obj=OfferFactory(), by=SYSTEM)
    entry = AuditEntry.objects.get()
    assert (entry.source, entry.request_id, entry.actor_kind) == (source, "request-1", "system")


def test_a_key_is_named_by_organization_and_prefix():
    key = ApiKeyFactory(organization__acronym="CICTE", prefix="abc")
    audit.record(action="offer.confirmed", obj=OfferFactory(), by=key)
    entry = AuditEntry.objects.get()
    assert (entry.actor_kind, entry.actor_id, entry.actor_label) == ("api_key", key.pk, "CICTE key abc")


def test_only_experts_and_the_secretariat_read_the_audit(entry, people):
    readers = {name for name, user in people.items() if AuditEntry.objects.visible_to(user).exists()}
    assert readers == {"expert", "secretariat"}


@pytest.mark.parametrize(
    ("sent", "kept"), [("partner-4711-abc", True), ("x\nSet-Cookie: a=b", False), ("ü" * 20, False)]
)
def test_a_plain_request_id_is_kept_and_anything_else_replaced(client, sent, kept):
    answer = client.get("/accounts/login/", headers={"X-Request-Id": sent})
    assert (answer["X-Request-Id"] == sent) is kept
    assert len(answer["X-Request-Id"]) >= 8
