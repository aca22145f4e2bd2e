"""The OpenAPI document: valid, committed, and the same for everyone."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from drf_spectacular import validation

from cooperation_portal.api.catalogue import resources
from cooperation_portal.api.filtering import filter_set
from cooperation_portal.api.management.commands import write_openapi
from cooperation_portal.api.schema import document, readable_document

from .contract import openapi


def test_the_document_is_valid_openapi():
    rules = json.loads((Path(validation.__file__).parent / "openapi_3_1_schema.json").read_text())
    jsonschema_rs.validator_for(rules).validate(openapi())
    assert openapi()["openapi"].startswith("3.1")


def test_every_reference_leads_somewhere():
    def references(value):
        if isinstance(value, dict):
            if "$ref" in value:
                yield value["$ref"]
            for below in value.values():
                yield from references(below)
        elif isinstance(value, list):
            for below in value:
                yield from references(below)

    for reference in set(references(openapi())):
        place = openapi()
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_operations_have_names_of_their_own_and_say_what_they_do():
    operations = [one for path in openapi()["paths"].values() for one in path.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert all(one["summary"] for one in operations)


def test_the_committed_document_is_current():
    call_command("write_openapi", check=True)


def test_an_outdated_document_is_noticed_and_written_anew(tmp_path, monkeypatch):
    place = tmp_path / "openapi.json"
    monkeypatch.setattr(write_openapi, "committed_document", lambda: place)
    with pytest.raises(CommandError):
        call_command("write_openapi", check=True)
    call_command("write_openapi")
    call_command("write_openapi", check=True)
    assert json.loads(place.read_bytes()) == json.loads(document())


def test_the_document_is_in_english_and_names_no_machine():
    with translation.override("fr"):
        document.cache_clear()
        in_french = document()
    document.cache_clear()
    assert document() == in_french
    assert b"127.0.0.1" not in readable_document()
    assert b"testserver" not in readable_document()


@pytest.mark.django_db
def test_the_served_document_is_the_committed_one(client):
    answer = client.get("/api/v1/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert json.loads(answer.content) == json.loads(write_openapi.committed_document().read_bytes())


def resolved(parameter):
    """A parameter, also where it is named by reference."""
    if "$ref" not in parameter:
        return parameter
    return openapi()["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[1]]


@pytest.mark.parametrize("name", sorted(resources()))
def test_the_document_lists_the_filters_that_there_are(name):
    allowed = set(filter_set(resources()[name]).base_filters)
    for path, others in (
        (f"/api/v1/{name}/", {"fields", "expand", "limit", "cursor", "count"}),
        (f"/api/v1/{name}.csv", {"fields"}),
        (f"/api/v1/{name}.xlsx", {"fields"}),
    ):
        parameters = [resolved(one) for one in openapi()["paths"][path]["get"]["parameters"]]
        listed = {one["name"] for one in parameters if one["in"] == "query"}
        assert listed - others == allowed


@pytest.mark.parametrize("name", sorted(resources()))
def test_every_field_says_what_it_is(name):
    schema = openapi()["components"]["schemas"][resources()[name].component]
    assert set(schema["properties"]) == resources()[name].names
    silent = [field for field, of in schema["properties"].items() if field != "type" and not of.get("description")]
    assert silent == []
