"""Roles and clients that every test may ask for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from cooperation_portal.access.roles import Role
from organizations.models import Organization, State, User

from . import feed_lock
from .factories import AffiliationFactory, OrganizationFactory, StateFactory, UserFactory

feed_lock.watch()


@pytest.fixture(autouse=True)
def _the_feed_is_locked_last():
    """No transaction may wait for a row once it holds the change feed."""
    feed_lock.found.clear()
    yield
    assert feed_lock.found == []


def holder(role: Role, *, organization: Organization | None = None, state: State | None = None) -> User:
    """A new person who holds one role."""
    return AffiliationFactory(role=role, organization=organization, state=state).user


@pytest.fixture
def cicte(db) -> Organization:
    return OrganizationFactory(acronym="CICTE", name="Inter-American Committee against Terrorism")


@pytest.fixture
def peru(db) -> State:
    return StateFactory(iso3="PER", iso2="PE", m49="604", name_en="Peru")


@pytest.fixture
def editor(cicte) -> User:
    return holder(Role.EDITOR, organization=cicte)


@pytest.fixture
def focal_point(cicte) -> User:
    return holder(Role.FOCAL_POINT, organization=cicte)


@pytest.fixture
def state_focal_point(peru) -> User:
    return holder(Role.STATE_FOCAL_POINT, state=peru)


@pytest.fixture
def expert(db) -> User:
    return holder(Role.EXPERT, organization=OrganizationFactory(acronym="1540 GoE", category="un_entity"))


@pytest.fixture
def observer(db) -> User:
    return holder(Role.OBSERVER, organization=OrganizationFactory(acronym="1540 Committee", category="un_entity"))


@pytest.fixture
def secretariat(db) -> User:
    return holder(Role.SECRETARIAT, organization=OrganizationFactory(acronym="UNODA", category="un_entity"))


@pytest.fixture
def outsider(db) -> User:
    """An editor of an organization that has nothing to do with the record under test."""
    return holder(Role.EDITOR, organization=OrganizationFactory(acronym="OTHER"))


@pytest.fixture
def newcomer(db) -> User:
    """Signed in, without any affiliation."""
    return UserFactory()


@pytest.fixture
def people(
    editor, focal_point, state_focal_point, expert, observer, secretariat, outsider, newcomer
) -> dict[str, User | None]:
    """Everybody by role; the visitor is None."""
    return {
        "visitor": None,
        "newcomer": newcomer,
        "outsider": outsider,
        "editor": editor,
        "focal_point": focal_point,
        "state_focal_point": state_focal_point,
        "expert": expert,
        "observer": observer,
        "secretariat": secretariat,
    }


@pytest.fixture
def signed_in() -> Callable[[User | None], Client]:
    """A client for a person; None stays a visitor."""

    def client_of(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return client_of
