"""What is loaded for a first look is in the change feed as well: a mirror of it lacks nothing."""

import pytest
from django.core.management import call_command

from cooperation_portal.changes.keeping import changes_reconcile

pytestmark = pytest.mark.django_db


def test_the_feed_knows_all_reference_and_example_data(capsys):
    call_command("load_reference")
    call_command("load_examples")
    assert changes_reconcile() == 0
