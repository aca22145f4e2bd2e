"""The tokens of a change say what `visible_to` says, for every reader of the feed and every kind of record."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cooperation_portal.access.actors import VISITOR, actor_for_keys_of
from cooperation_portal.api.catalogue import resources
from cooperation_portal.changes import readers
from organizations.models import Organization
from tests.access.world import build_world
from tests.api.samples import HIDDEN, PUBLIC
from tests.factories import MatchFactory, MeetingFactory, OrganizationFactory, ParticipationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def everything(cicte, peru, people):
    """Records of all kinds and levels, some of them for single organizations."""
    build_world(cicte, peru, people)
    for make in (*PUBLIC.values(), *HIDDEN.values()):
        make()
    meeting = MeetingFactory(visibility="participants")
    for organization in (cicte, OrganizationFactory(), OrganizationFactory()):
        ParticipationFactory(meeting=meeting, organization=organization)


def seen_by_tokens(record_type, ids):
    actors = [VISITOR, *(actor_for_keys_of(pk) for pk in Organization.objects.values_list("pk", flat=True))]
    told = readers.readers_of(record_type, ids)
    tokens = [set(readers.tokens_of(actor)) for actor in actors]
    return [{pk for pk, readers_ in told.items() if own & set(readers_)} for own in tokens], actors


@pytest.mark.parametrize("name", resources())
def test_tokens_say_what_visible_to_says(everything, name):
    resource = resources()[name]
    ids = list(resource.model._base_manager.values_list("pk", flat=True))
    assert ids
    by_tokens, actors = seen_by_tokens(resource.type, ids)
    assert by_tokens == [set(resource.rows(actor).values_list("pk", flat=True)) for actor in actors]


def test_statements_do_not_grow_with_records_or_organizations(everything, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        readers.readers_of("meeting", range(1, 200))


def test_what_is_no_resource_has_no_readers(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert readers.readers_of("policy", [1, 2, 3]) == {}


def test_suggested_matches_are_not_compared_with_each_organization(cicte):
    ids = [MatchFactory(status="suggested").pk for _ in range(25)]
    with CaptureQueriesContext(connection) as asked:
        assert readers.readers_of("match", ids) == {}
    assert not any("LATERAL" in query["sql"] for query in asked)
