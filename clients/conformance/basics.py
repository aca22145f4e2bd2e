"""Points 1 to 6: what there is, names and forms, strictness, the document, keys."""

from __future__ import annotations

import re
from typing import Any

from .portal import RESOURCES, CannotTell, JsonObject, Portal, expect

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_ALWAYS = {"type", "id", "ref", "url", "version", "created_at", "updated_at", "visibility"}
_OFFER = {"organization", "state", "title", "summary", "status", "areas", "types", "weapon_types", "coverage",
          "regional_groups", "members_of", "states", "languages", "starts_on", "ends_on", "capacity"}  # fmt: skip
_REQUEST = {"state", "title", "status", "needs", "languages", "needed_by", "received_on"}
#: Has the shape of a key and is none.
NO_KEY = "n1540_conformance_nobody-has-this-secret"


def resources(portal: Portal) -> str:
    """Resources, their common members, JSON and times."""
    answer = portal.ask("")
    expect(answer.status == 200, f"the root answered {answer.status}")
    content = answer.headers.get("Content-Type")
    expect(content == "application/json", f"the root's content type is {content}")
    listed = {one["name"]: one["type"] for one in answer.json()["resources"]}
    missing = [name for name, kind in RESOURCES.items() if listed.get(name) != kind]
    expect(not missing, f"the root does not list {', '.join(missing)}")
    rows = [(name, row) for name, found in portal.filled.items() for row in found]
    for name, row in rows:
        absent = _ALWAYS - set(row)
        expect(not absent, f"{name}/{row.get('id')}/ lacks {', '.join(sorted(absent))}")
        expect(row["type"] == RESOURCES[name], f"{name}/{row['id']}/ has the type {row['type']}")
        expect(type(row["id"]) is int and type(row["version"]) is int, f"{name}/{row['id']}/ has no whole numbers")
        for moment in ("created_at", "updated_at"):
            expect(_MOMENT.fullmatch(str(row[moment])), f"{name}/{row['id']}/ {moment} is {row[moment]}")
    return f"{len(listed)} resources, {len(rows)} records"


def names(portal: Portal) -> str:
    """Names of offers and requests, relations by natural key, and who reads what."""
    schemas = portal.document["components"]["schemas"]
    for kind, wanted in (("Offer", _OFFER), ("Request", _REQUEST)):
        absent = wanted - set(schemas[kind]["properties"])
        expect(not absent, f"{kind} has no {', '.join(sorted(absent))}")
    offers = portal.filled.get("offers", [])
    for row in offers:
        keys = [row["organization"] or row["state"], *(row["areas"] or [])]
        expect(all(isinstance(key, str) for key in keys), f"offers/{row['id']}/ has relations that are no keys: {keys}")
    public = [row for name in portal.filled for row in portal.page(name, visitor=True, limit=50)["data"]]
    for row in public:
        level = row["visibility"]
        if row.get("is_full_text") is False:
            continue  # the published summary of a request; the level is that of the whole
        expect(level == "public", f"without a key {row['type']} {row['id']} is read, which is {level}")
    if not portal.has_key:
        return f"{len(offers)} offers, {len(public)} public records; without a key only"
    for name in portal.filled:
        with_key = {row["id"] for row in portal.crawl(name, fields="id")}
        lost = {row["id"] for row in portal.crawl(name, visitor=True, fields="id")} - with_key
        expect(not lost, f"{name}: the key does not read {sorted(lost)[:3]}, which everyone reads")
    return f"{len(offers)} offers, {len(public)} public records, all of them read with the key too"


def strictness(portal: Portal) -> str:
    """What is unknown, repeated or of the wrong type is refused."""
    name, rows = portal.longest
    refused = [f"{one}/?no_such_parameter=1" for one in RESOURCES]
    refused += [f"{name}/?fields=no_such_field", f"{name}/?expand=no_such_field", f"{name}/?count=yes"]
    refused += [f"{name}/?limit=1&limit=2", f"{name}/?id=seven", f"{name}/{rows[0]['id']}/?no_such_parameter=1"]
    refused += ["changes/?no_such_parameter=1", "changes/?type=no_such_type"]
    for path in refused:
        problem = portal.refuses(path, 400, "invalid-request")
        expect(problem.get("errors"), f"GET {path} does not say what is wrong")
    return f"{len(refused)} requests refused"


def document(portal: Portal) -> str:
    """The OpenAPI document describes every list, and answers have the shape that it promises."""
    found = portal.document
    expect(str(found.get("openapi", "")).startswith("3.1"), f"openapi is {found.get('openapi')}")
    absent = [name for name in RESOURCES if f"/api/v1/{name}/" not in found["paths"]]
    expect(not absent, f"the document does not describe {', '.join(absent)}")
    schemas = found["components"]["schemas"]
    looked_at = 0
    for name, rows in portal.filled.items():
        answer = found["paths"][f"/api/v1/{name}/"]["get"]["responses"]["200"]
        page = schemas[_last(answer["content"]["application/json"]["schema"]["$ref"])]
        schema = schemas[_last(page["properties"]["data"]["items"]["$ref"])]
        for row in rows:
            _check(row, schema, f"{name}/{row.get('id')}/")
            looked_at += 1
    return f"{len(found['paths'])} addresses, {looked_at} records have the promised shape"


def _check(row: JsonObject, schema: JsonObject, where: str) -> None:
    unknown = set(row) - set(schema["properties"])
    expect(not unknown, f"{where} has {', '.join(sorted(unknown))}, which the document does not know")
    for name, value in row.items():
        promised = schema["properties"][name]
        types = {kind for one in promised.get("anyOf", [promised]) for kind in _types(one)}
        expect(not types or _type(value) & types, f"{where} {name} is {value!r:.60}, not {' or '.join(sorted(types))}")
        expect(value in promised.get("enum", [value]), f"{where} {name} is {value!r:.60}, which is not documented")


def _types(schema: JsonObject) -> list[str]:
    if "$ref" in schema:
        return ["object"]
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _type(value: Any) -> set[str]:
    if isinstance(value, bool):
        return {"boolean"}
    kinds = {str: {"string"}, int: {"integer", "number"}, float: {"number"}, list: {"array"}, dict: {"object"}}
    return kinds.get(type(value), {"null"})


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]


def keys(portal: Portal) -> str:
    """Keys come in the header, wrong ones are refused, and none is taken from an address."""
    portal.refuses(f"areas/?key={NO_KEY}", 400, "key-in-url", visitor=True)
    portal.refuses(f"areas/?q={NO_KEY}", 400, "key-in-url", visitor=True)
    for header in (f"Bearer {NO_KEY}", "Bearer nonsense", "Basic bm9ib2R5Om5v"):
        answer = portal.ask("areas", visitor=True, Authorization=header)
        expect(answer.status == 401, f"a wrong key was answered {answer.status}")
        expect("bearer" in answer.headers.get("WWW-Authenticate", "").lower(), "the 401 names no way to authenticate")
    for method, path in (("POST", "offers/"), ("PATCH", "offers/0/")):
        status = portal.ask(path, method=method, body={}, visitor=True).status
        expect(status in (401, 429), f"{method} {path} without a key was answered {status}")
    if not portal.has_key:
        return "wrong keys and keys in addresses are refused; no key given to see that a right one works"
    status = portal.ask("areas").status
    expect(status == 200, f"the given key was answered {status}")
    return "the key works; wrong keys and keys in addresses are refused"


def rights(portal: Portal) -> str:
    """A key has its organization's present rights."""
    raise CannotTell("somebody would have to suspend the key's organization meanwhile")
