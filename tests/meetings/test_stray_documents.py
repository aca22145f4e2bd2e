"""Files that crashes left without a row go; every other file stays."""

from __future__ import annotations

import logging
import os
import time

import pytest
from django.conf import settings
from django.db import transaction

from cooperation_portal.access.actors import SYSTEM
from meetings.models import Document
from meetings.services.documents import document_post, document_remove
from meetings.tasks import remove_stray_documents
from tests.factories import MeetingFactory
from tests.meetings.samples import PDF, upload

pytestmark = pytest.mark.django_db
DAY = 24 * 3600


@pytest.fixture
def folder(settings, tmp_path):
    """The folder of documents in a media folder of the test's own."""
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    return tmp_path / "documents"


def posted():
    return document_post(
        by=SYSTEM,
        meeting=MeetingFactory(),
        poster=None,
        title="A paper",
        visibility="committee",
        file=upload("paper.pdf", PDF),
    )


def age(folder, seconds):
    for path in folder.rglob("*"):
        os.utime(path, times=(time.time() - seconds,) * 2)


def test_a_file_whose_row_was_rolled_back_by_an_outer_transaction_goes_after_a_day(folder, caplog):
    with transaction.atomic():
        posted()
        transaction.set_rollback(True)
    assert not Document.objects.exists()
    (left,) = folder.iterdir()
    age(folder, DAY - 60)
    assert remove_stray_documents.delay().get() == 0, "its row may be on its way"
    age(folder, DAY + 60)
    with caplog.at_level(logging.WARNING):
        assert remove_stray_documents.delay().get() == 1
    assert list(folder.iterdir()) == []
    assert left.name in caplog.text


def test_a_file_that_a_crash_left_after_the_removal_of_its_row_goes(folder):
    document = posted()
    # The test's transaction is never committed, as if the process had died right after the commit.
    document_remove(by=SYSTEM, document=document)
    assert len(list(folder.iterdir())) == 1
    age(folder, DAY + 60)
    remove_stray_documents.delay()
    assert list(folder.iterdir()) == []


def test_files_of_documents_and_files_elsewhere_stay(folder):
    document = posted()
    elsewhere = folder.parent / "another" / "file.pdf"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(PDF)
    age(folder.parent, 400 * DAY)
    assert remove_stray_documents.delay().get() == 0
    assert document.file.storage.exists(document.file.name)
    assert elsewhere.exists()


def test_a_portal_without_documents_has_nothing_to_remove(folder):
    assert not folder.exists()
    assert remove_stray_documents.delay().get() == 0


def test_the_schedule_looks_every_night():
    rows = [row for row in settings.CELERY_BEAT_SCHEDULE.values() if row["task"] == remove_stray_documents.name]
    assert [(len(row["schedule"].hour), len(row["schedule"].minute)) for row in rows] == [(1, 1)]
