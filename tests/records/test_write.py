"""Writing records: versions, audit and change rows in one transaction."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from assistance.models import Offer
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from cooperation_portal.records.models import next_reference
from cooperation_portal.records.write import StaleVersion, created, recorded
from tests.factories import AreaFactory, OfferFactory, RequestFactory

pytestmark = pytest.mark.django_db


def rename(offer, user, title, **kwargs):
    with recorded(offer, by=user, action="offer.updated", **kwargs) as locked:
        locked.title = title
    return locked


def test_a_write_counts_the_version_and_leaves_audit_and_change(editor):
    offer = OfferFactory(title="Before")
    rename(offer, editor, "After")
    offer.refresh_from_db()
    assert (offer.title, offer.version) == ("After", 2)
    entry = AuditEntry.objects.about(offer).get()
    assert (entry.before, entry.after) == ({"title": "Before"}, {"title": "After"})
    assert (entry.actor_kind, entry.actor_id, entry.source) == ("user", editor.pk, "command")
    change = Change.objects.get(object_type="offer", object_id=offer.pk)
    assert (change.op, change.object_ref, change.object_version) == ("upsert", offer.reference, 2)


def test_the_words_of_a_draft_are_kept_by_the_audit_only_once_it_is_published(editor, cicte):
    offer = OfferFactory(organization=cicte, status="draft", title="Before")
    with recorded(offer, by=editor, action="offer.updated") as offer:
        offer.title = "After"
    entry = AuditEntry.objects.about(offer).first()
    assert (entry.before, entry.after) == ({}, {})
    with recorded(offer, by=editor, action="offer.published") as offer:
        offer.status = "ongoing"
    entry = AuditEntry.objects.about(offer).first()
    assert (entry.before["status"], entry.before["title"], entry.after["title"]) == ("draft", None, "After")


def test_many_to_many_changes_are_told_by_natural_key(editor):
    offer = OfferFactory(areas=["LEG.BIO"])
    with recorded(offer, by=editor, action="offer.updated") as locked:
        locked.areas.set([AreaFactory(code="BOR.CUS")])
    entry = AuditEntry.objects.about(offer).get()
    assert (entry.before, entry.after) == ({"areas": ["LEG.BIO"]}, {"areas": ["BOR.CUS"]})


def test_a_write_on_an_old_version_is_refused_and_names_the_current_one(editor):
    offer = OfferFactory(title="Before")
    rename(offer, editor, "Saved by a colleague")
    with pytest.raises(StaleVersion) as caught:
        rename(offer, editor, "Mine", expected_version=1)
    assert caught.value.current.title == "Saved by a colleague"
    offer.refresh_from_db()
    assert offer.title == "Saved by a colleague"


def test_an_invalid_write_leaves_nothing_behind(editor):
    def reverse_the_dates():
        with recorded(offer, by=editor, action="offer.updated") as locked:
            locked.areas.clear()
            locked.starts_on, locked.ends_on = date(2027, 1, 2), date(2027, 1, 1)

    offer = OfferFactory()
    with pytest.raises(ValidationError):
        reverse_the_dates()
    offer.refresh_from_db()
    assert offer.version == 1
    assert offer.areas.count() == 1
    assert not AuditEntry.objects.exists()
    assert not Change.objects.exists()


def test_an_action_outside_the_vocabulary_is_refused(editor):
    offer = OfferFactory()
    with pytest.raises(KeyError), recorded(offer, by=editor, action="offer.sold"):
        pass
    assert Offer.objects.get(pk=offer.pk).version == 1


def test_creating_validates_before_it_inserts(editor):
    offer = Offer(title="")
    with pytest.raises(ValidationError), created(offer, by=editor, action="offer.created"):
        pass
    assert not Offer.objects.exists()


def test_references_count_up_for_each_prefix_and_year():
    assert [next_reference("OFF", 2026), next_reference("OFF", 2026), next_reference("REQ", 2026)] == [
        "OFF-2026-0001",
        "OFF-2026-0002",
        "REQ-2026-0001",
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"starts_on": date(2027, 1, 2), "ends_on": date(2027, 1, 1)},
        {"organization": None},
        {"visibility": "participants"},
    ],
)
def test_the_database_itself_refuses_what_must_never_be(values):
    offer = OfferFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Offer.objects.filter(pk=offer.pk).update(**values)


def test_a_text_longer_than_its_field_is_refused_with_its_length(editor):
    request = RequestFactory()

    def write_too_much():
        with recorded(request, by=editor, action="request.updated") as locked:
            locked.description = "x" * 8001
            locked.title = ""

    with pytest.raises(ValidationError) as caught:
        write_too_much()
    assert set(caught.value.message_dict) == {"description", "title"}
    assert "8000" in caught.value.message_dict["description"][0]
