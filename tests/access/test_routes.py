"""The role table over every route: who gets what answer, found by walking the resolver.

`routes.csv` says for each route and method what each role gets. A route that is not in the table fails, and so does a
row of a route that is gone. The words in the table:

- `ok`: the page, a redirect after the action, or a form that comes back with its errors;
- `login`: sent to the sign-in page; `403`: may see the record, may not do this; `404`: as if it did not exist;
- `405`: nobody does this here.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from .world import World, build_world, routes

pytestmark = pytest.mark.django_db

ROLES = (
    "visitor",
    "newcomer",
    "outsider",
    "editor",
    "focal_point",
    "state_focal_point",
    "expert",
    "observer",
    "secretariat",
)
TABLE = Path(__file__).with_name("routes.csv")
#: Pages of libraries with tests of their own (sign-in, e-mail, second factor, language), and the API, which has a table
#: of its own.
LEFT_OUT = ("account_", "mfa_", "set_language", "api:", "^api/", "health")
#: Admin addresses that only redirect or serve scripts.
ADMIN_HELPERS = ("admin:login", "admin:logout", "admin:password", "admin:jsi18n", "admin:view_on_site", "admin:admin/")


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def walked() -> list[str]:
    """Names of all routes that the table must list."""
    names = {name for name, _path in routes()}
    return sorted(name for name in names if not name.startswith(LEFT_OUT) and not name.startswith(ADMIN_HELPERS))


def test_every_route_has_its_rows_in_the_table():
    assert set(walked()) == {row["route"] for row in rows()}


def test_every_route_has_a_row_for_reading_and_one_for_writing():
    methods: dict[str, set[str]] = {}
    for row in rows():
        methods.setdefault(row["route"], set()).add(row["method"])
    assert {name for name, found in methods.items() if found != {"GET", "POST"}} == set()


#: What each route's address is made of.
ARGUMENTS = {
    "organizations:state_": lambda world: [world.state.iso3],
    "organizations:contact_": lambda world: [world.contact.pk],
    "organizations:affiliation_": lambda world: [world.affiliation.pk],
    "organizations:key_rotate": lambda world: [world.organization.slug, world.api_key.pk],
    "organizations:key_revoke": lambda world: [world.organization.slug, world.api_key.pk],
    "organizations:": lambda world: [world.organization.slug],
    "webhooks:list": lambda world: [world.organization.slug],
    "webhooks:add": lambda world: [world.organization.slug],
    "webhooks:": lambda world: [world.organization.slug, world.webhook.pk],
    "webhooks:delivery": lambda world: [world.organization.slug, world.webhook.pk, world.delivery.pk],
    "webhooks:replay": lambda world: [world.organization.slug, world.webhook.pk, world.delivery.pk],
    "webhooks:replay_failed": lambda world: [world.organization.slug, world.webhook.pk],
    "assistance:offer_": lambda world: [world.offer.reference],
    "assistance:request_": lambda world: [world.request.reference],
    "assistance:pair": lambda world: [world.request.reference, world.offer.reference],
    "admin:assistance_assistancerequest_pair": lambda world: [world.request.pk, world.offer.reference],
    "assistance:match_": lambda world: [world.match.pk],
    "assistance:run_detail": lambda world: [world.run.pk],
    "assistance:portfolio_": lambda world: [world.portfolio_plan.pk],
    "assistance:project_from_match": lambda world: [world.match.pk],
    "assistance:project_": lambda world: [world.project.reference],
    "assistance:area_": lambda world: [world.area.code],
    "assistance:coverage_state": lambda world: [world.state.iso3],
    "meetings:document_new": lambda world: [world.meeting.reference],
    "meetings:document": lambda world: [world.document.pk],
    "meetings:action_edit": lambda world: [world.action_item.pk],
    "meetings:conference_": lambda world: [world.conference.ref],
    "meetings:appointments": lambda world: [world.conference.ref],
    "meetings:": lambda world: [world.meeting.reference],
    "notice_open": lambda world: [world.notice.pk],
    "admin:assistance_match_": lambda world: [world.match.pk],
    "admin:assistance_matchingpolicy_preview_result": lambda world: [world.policy_preview.pk],
    "admin:organizations_organization_": lambda world: [world.organization.pk],
    "admin:organizations_state_": lambda world: [world.state.pk],
    "admin:app_list": lambda world: ["assistance"],
}
#: The action that stands for a route over several.
ACTIONS = {
    "assistance:offer_transition": "suspend",
    "assistance:request_transition": "record_step",
    "assistance:project_transition": "begin",
    "assistance:portfolio_part": "offers",
    "assistance:portfolio_csv": "pairs",
    "meetings:transition": "confirm",
}


def admin_record(world: World, name: str) -> Any:
    """The record behind `admin:app_model_change`."""
    _admin, _colon, rest = name.partition(":")
    model_name = rest.split("_")[1]
    by_model = {type(record)._meta.model_name: record for record in world.records.values() if hasattr(record, "_meta")}
    return by_model.get(model_name)


def address(world: World, name: str, pattern: str) -> str:
    if "<" not in pattern:
        return reverse(name)
    if name in ACTIONS:
        prefix = name.rsplit("_", 1)[0] + "_" if name != "meetings:transition" else "meetings:"
        return reverse(name, args=[*ARGUMENTS[prefix](world), ACTIONS[name]])
    for prefix in sorted(ARGUMENTS, key=len, reverse=True):
        if name.startswith(prefix):
            return reverse(name, args=ARGUMENTS[prefix](world))
    record = admin_record(world, name)
    return reverse(name, args=[record.pk if record is not None else 1])


def answer(response: Any) -> str:
    if response.status_code in (301, 302, 303):
        return "login" if response["Location"].startswith(("/accounts/login/", "/admin/login/")) else "ok"
    if response.status_code in (200, 204, 400, 422, 409):
        return "ok"
    return str(response.status_code)


class Undo(Exception):
    """Takes back what a request wrote, so that the next one meets the same world."""


def ask(client: Any, method: str, path: str) -> str:
    found = ""
    try:
        with transaction.atomic():
            found = answer(client.generic(method, path))
            raise Undo
    except Undo:
        return found


@pytest.fixture
def unrendered(monkeypatch):
    """Who gets in is asked thousands of times, so pages are not drawn; what they show is tested elsewhere."""
    monkeypatch.setattr("django.template.backends.django.Template.render", lambda *args, **kwargs: "")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.usefixtures("unrendered")
def test_each_role_gets_exactly_what_the_table_says(role, cicte, peru, people, signed_in):
    world = build_world(cicte, peru, people)
    patterns = dict(routes())
    wrong = []
    for row in rows():
        if row["route"] not in patterns:
            continue
        client = signed_in(people[role])
        got = ask(client, row["method"], address(world, row["route"], patterns[row["route"]]))
        if got != row[role]:
            wrong.append(f"{row['method']} {row['route']}: table says {row[role]}, got {got}")
    assert wrong == []
