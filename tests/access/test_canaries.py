"""The canary sweep: every confidential text is a word of its own; nobody may find one that is not theirs.

Every address that reads is asked as every kind of person and key: pages, lists with searches and filters, the admin,
the API with opened relations and chosen fields, files. What comes back is searched for canaries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from assistance.querysets import OfferQuerySet, RequestQuerySet
from cooperation_portal.access.querysets import EVERYTHING
from cooperation_portal.api.catalogue import resources
from cooperation_portal.api.querystring import MAX_EXPANDED
from organizations.querysets import InformationSheetQuerySet
from tests.factories import ApiKeyFactory

from .canaries import COMMITTEE, PREFIX, WORD, CanaryWorld, build_canaries
from .world import routes

pytestmark = pytest.mark.django_db

#: Pages of libraries, pages that change something by being read, and texts that are the same for everybody.
LEFT_OUT = (
    "account_",
    "mfa_",
    "set_language",
    "api:",
    "^api/",
    "health",
    "admin:login",
    "admin:logout",
    "admin:jsi18n",
)
#: What an address is made of: the model, and the value of a record. Longest beginning first.
ARGUMENTS = {
    "organizations:state_": ("state", "iso3"),
    "organizations:contact_": ("pointofcontact", "pk"),
    "organizations:affiliation_": ("affiliation", "pk"),
    "organizations:": ("organization", "slug"),
    "assistance:offer_": ("offer", "reference"),
    "assistance:request_": ("assistancerequest", "reference"),
    "assistance:match_": ("match", "pk"),
    "assistance:portfolio_": ("portfolioplan", "pk"),
    "assistance:project_from_match": ("match", "pk"),
    "assistance:project_": ("project", "reference"),
    "assistance:area_": ("area", "code"),
    "assistance:coverage_state": ("state", "iso3"),
    "meetings:document_new": ("meeting", "reference"),
    "meetings:document": ("document", "pk"),
    "meetings:action_edit": ("actionitem", "pk"),
    "meetings:conference_": ("conferenceplan", "ref"),
    "meetings:appointments": ("conferenceplan", "ref"),
    "meetings:": ("meeting", "reference"),
}
#: Routes that show a record are asked for every one, the forms about it for the first.
SHOWING = (
    "_detail",
    ":detail",
    ":sheet",
    ":note",
    ":document",
    ":appointments",
    "_csv",
    "_calendar",
    "_vcard",
    "_candidates",
    ":offer_requests",
)
FORMS = 1
#: The action that stands for a route over several.
ACTIONS = {
    "assistance:offer_transition": "withdraw",
    "assistance:request_transition": "withdraw",
    "assistance:project_transition": "cancel",
    "assistance:portfolio_part": "requests",
    "assistance:portfolio_csv": "pairs",
    "meetings:transition": "cancel",
}
#: What lists are asked for beside nothing; `PREFIX` is in every canary.
QUERIES = {
    "search": [{"q": PREFIX}],
    "assistance:offer_list": [
        {"q": PREFIX, "status": "any", "historical": "on"},
        {"status": "draft"},
        {"q": PREFIX, "status": "any", "historical": "on", "download": "csv"},
    ],
    "assistance:request_list": [{"q": PREFIX, "historical": "on"}],
    "assistance:match_list": [{"q": PREFIX}],
    "assistance:project_list": [{"q": PREFIX}],
    "meetings:list": [{"q": PREFIX}, {"download": "csv"}],
    "meetings:conference_list": [{"q": PREFIX}],
    "organizations:contact_list": [{"q": PREFIX}, {"verified": "ended"}, {"download": "csv"}],
    "organizations:list": [{"q": PREFIX}, {"download": "csv"}],
    "admin:assistance_assistancerequest_changelist": [{"triage": "all"}, {"q": PREFIX, "triage": "all"}],
    "admin:assistance_match_changelist": [{"queue": "all"}],
}


def pages(world: CanaryWorld, audience: str) -> Iterator[str]:
    """Addresses of the web, for every record that they can show; for the Committee those of the admin too, which sends
    all others to the sign-in (`test_routes.py`)."""
    for name, pattern in routes():
        if name.startswith(LEFT_OUT) or name == "admin:admin/":
            continue
        if name.startswith("admin:") and (audience not in COMMITTEE or skips_history(name, audience)):
            continue
        if "<" not in pattern:
            if "(" not in pattern:
                path = reverse(name)
                yield path
                yield from (f"{path}?{urlencode(query)}" for query in QUERIES.get(name, ()))
                if name.endswith("_changelist"):
                    yield f"{path}?q={PREFIX}"
            continue
        for arguments in arguments_of(world, name):
            yield reverse(name, args=arguments)


def skips_history(name: str, audience: str) -> bool:
    """Histories are one page over the audit; the expert reads them for the others."""
    return name.endswith("_history") and audience != "expert"


def arguments_of(world: CanaryWorld, name: str) -> list[list[Any]]:
    if name.startswith("assistance:pair"):
        return [[request.reference, offer.reference] for request, offer in pairs_of(world, name)]
    if name == "admin:assistance_assistancerequest_pair":
        return [[request.pk, offer.reference] for request, offer in pairs_of(world, name)]
    if name in ("organizations:key_rotate", "organizations:key_revoke"):
        return [[key.organization.slug, key.pk] for key in world.of("apikey")]
    if name.startswith("admin:"):
        if name == "admin:app_list":
            return [[label] for label in ("assistance", "audit", "meetings", "organizations")]
        if not name.endswith(("_change", "_history", "_assistancerequest_candidates")):
            return []
        return [[row.pk] for row in world.of(name.split("_")[1])]
    for beginning in sorted(ARGUMENTS, key=len, reverse=True):
        if name.startswith(beginning):
            model_name, value = ARGUMENTS[beginning]
            after = [ACTIONS[name]] if name in ACTIONS else []
            rows = world.of(model_name) if name.endswith(SHOWING) else world.of(model_name)[:FORMS]
            return [[getattr(row, value), *after] for row in rows]
    return []


def pairs_of(world: CanaryWorld, name: str) -> list[tuple[Any, Any]]:
    """Every request with one offer, and one circulated request with every offer; for the form about a pair, one."""
    requests, offers = world.of("assistancerequest"), world.of("offer")
    pairs = [(request, offers[0]) for request in requests]
    pairs += [(request, offer) for request in requests if request.status == "circulated" for offer in offers]
    return pairs[:FORMS] if name.endswith("_ask") else pairs


def api_addresses(world: CanaryWorld) -> Iterator[str]:
    """Every list and every record of the API; with the relations opened, and with the fields named one by one."""
    for one in resources().values():
        path = f"/api/v1/{one.name}/"
        opened = list(one.expandable)[:MAX_EXPANDED]
        queries = [{"limit": 200}, {"limit": 200, "fields": ",".join(one.table)}]
        if one.search is not None:
            queries.append({"q": PREFIX})
        if opened:
            queries.append({"limit": 200, "expand": ",".join(opened)})
        yield from (f"{path}?{urlencode(query)}" for query in queries)
        yield f"/api/v1/{one.name}.csv"
        yield from (f"{path}{row.pk}/" for row in world.of(one.model._meta.model_name))
    yield from (f"/api/v1/requests/{row.reference}/candidates/" for row in world.of("assistancerequest"))
    for request, offer in pairs_of(world, "api"):
        yield f"/api/v1/requests/{request.reference}/candidates/{offer.reference}/"


def body_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return f"{response.headers} {content.decode('utf-8', 'replace')}"


def leaks(client: Client, audience: str, world: CanaryWorld, addresses: Iterator[str], seen: set[str]) -> list[str]:
    """What `audience` finds and may not; words found rightly are added to `seen`."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in addresses:
        response = client.get(path)
        assert response.status_code < 500, path
        for word in set(WORD.findall(body_of(response))):
            canary = world.canaries[word]
            if audience in canary.readers:
                seen.add(word)
            elif canary.is_watched_at(path):
                found[canary.place].append(path)
    return [f"{audience} reads “{place}” at {paths[0]} ({len(paths)} addresses)" for place, paths in found.items()]


def oracles(client: Client, audience: str, world: CanaryWorld, kinds: tuple[str, ...]) -> list[str]:
    """Searches for a hidden word of a row that others read: the row must not be found by it."""
    return [
        f"{audience} finds “{canary.place}” by {path}"
        for canary in world.canaries.values()
        if audience not in canary.readers
        for path in canary.listed
        if path.startswith(kinds) and canary.row in body_of(client.get(path + canary.word))
    ]


@pytest.fixture
def world(cicte, peru, people) -> CanaryWorld:
    return build_canaries(cicte, peru, people)


@pytest.fixture
def keys(cicte) -> dict[str, Client]:
    made = {"own_key": ApiKeyFactory(organization=cicte), "stranger_key": ApiKeyFactory(organization__acronym="FAR")}
    return {name: Client(headers={"Authorization": f"Bearer {key.plain}"}) for name, key in made.items()}


#: The word that each control puts into the answers: which queryset is opened too far, and what then leaks.
CONTROLS = [
    (OfferQuerySet, "title of a draft of Peru"),
    (RequestQuerySet, "title, submitted request"),
    (InformationSheetQuerySet, "information sheet for the Committee"),
]
WEB = ("/requests", "/search", "/contacts")


def test_nobody_finds_a_word_that_is_not_theirs(world, people, keys, signed_in):
    seen: set[str] = set()
    wrong = []
    for audience, person in people.items():
        client = signed_in(person)
        wrong += leaks(client, audience, world, pages(world, audience), seen)
        wrong += oracles(client, audience, world, WEB)
    for audience, client in [*keys.items(), ("visitor", Client())]:
        wrong += leaks(client, audience, world, api_addresses(world), seen)
        wrong += oracles(client, audience, world, ("/api/",))
    assert wrong == []
    # A word that none of its readers ever met was not looked for where it stands.
    assert [canary.place for canary in world.canaries.values() if canary.word not in seen] == []


@pytest.mark.parametrize(("queryset", "place"), CONTROLS)
def test_the_sweep_reports_a_row_that_is_shared_too_far(queryset, place, world, keys, monkeypatch):
    monkeypatch.setattr(queryset, "readable_q", lambda self, actor: EVERYTHING)
    found = leaks(keys["stranger_key"], "stranger_key", world, api_addresses(world), set())
    assert any(place in sentence for sentence in found)


def test_the_sweep_reports_a_search_in_hidden_text(world, monkeypatch):
    monkeypatch.setattr(RequestQuerySet, "full_text_q", classmethod(lambda cls, actor: EVERYTHING))
    found = oracles(Client(), "visitor", world, ("/requests",))
    assert any("description, request with a public summary" in sentence for sentence in found)
