"""One function a kind of operation: its OpenAPI description and the schemas it refers to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .catalogue import resources
from .components import (
    EVERY_ANSWER,
    batch_result_schema,
    batch_schema,
    change_schema,
    create_schema,
    opened_components,
    page_schema,
    problem_name,
    ref,
    step_schema,
)
from .deprecation import mark_parameter
from .fields import MAX_ID, Schema
from .filtering import filter_set
from .idempotency import REPLAYED
from .parsers import FORM_TYPE
from .problems import KINDS
from .querystring import DEFAULT_LIMIT, MAX_EXPANDED, MAX_LIMIT
from .renderers import FILE_TYPE, JSON_TYPE
from .resources import MAX_ITEMS, Action, Resource
from .writing import removal_of, writes_of

#: Tag of what belongs to no resource.
INTERFACE = "interface"

Operation = tuple[dict[str, Any], dict[str, Schema]]

_ANYBODY: list[dict[str, list[str]]] = [{}, {"key": []}]
_KEY_ONLY: list[dict[str, list[str]]] = [{"key": []}]
_ETAG = {"ETag": {"description": "Strong validator of this answer.", "schema": {"type": "string"}}}
_LINK = {"Link": {"description": 'Address of the next page, rel="next".', "schema": {"type": "string"}}}
_LOCATION = {"Location": {"description": "Address of the new record.", "schema": {"type": "string", "format": "uri"}}}
_REPLAYED = {
    REPLAYED: {"description": "true if this answer was kept from an earlier request.", "schema": {"type": "string"}}
}


def tags() -> list[dict[str, str]]:
    found = [{"name": one.name, "description": one.help} for one in resources().values()]
    return [*found, {"name": INTERFACE, "description": "The interface itself: what there is, and its kinds of errors."}]


def list_records(view: Any) -> Operation:
    one: Resource = view.of
    parameters = [
        *(_shared(name) for name in ("limit", "cursor", "count")),
        *_picking(one),
        *filter_parameters(one),
        _shared("If-None-Match"),
    ]
    page = f"{one.component}Page"
    responses = {
        "200": _success("A page, by ascending id.", ref(page), _ETAG, _LINK),
        "304": _empty("Nothing changed."),
        **_problems(400, 401, 403, 406),
    }
    operation = _operation(one, f"list_{one.route}", f"List {_words(one)}", _ANYBODY, parameters, responses)
    return operation, {page: page_schema(one), **opened_components(one)}


def read_record(view: Any) -> Operation:
    one: Resource = view.of
    parameters = [
        _shared("id"),
        *_picking(one),
        _shared("If-None-Match"),
    ]
    responses = {
        "200": _success("The record.", ref(one.component), _ETAG),
        "304": _empty("Nothing changed."),
        **_problems(400, 401, 403, 404, 406),
    }
    operation = _operation(one, f"read_{one.route}", f"Read one of the {_words(one)}", _ANYBODY, parameters, responses)
    return operation, opened_components(one)


def create_record(view: Any) -> Operation:
    one: Resource = view.of
    sent = f"{one.component}Create"
    responses = {
        "201": _success("The new record.", ref(one.component), _ETAG, _LOCATION, _REPLAYED),
        **_problems(400, 401, 403, 406, 409, 413, 415, 422),
    }
    operation = _operation(
        one, f"create_{one.route}", f"Add to the {_words(one)}", _KEY_ONLY, [_shared("Idempotency-Key")], responses
    )
    media_type = FORM_TYPE if one.takes_file else JSON_TYPE
    operation["requestBody"] = _body(ref(sent), required=True, example=writes_of(one).example, media_type=media_type)
    return operation, {sent: create_schema(one), **opened_components(one)}


def change_record(view: Any) -> Operation:
    one: Resource = view.of
    sent = f"{one.component}Change"
    responses = {
        "200": _success("The record as it is now.", ref(one.component), _ETAG),
        **_problems(400, 401, 403, 404, 406, 409, 412, 413, 415, 428),
    }
    operation = _operation(
        one,
        f"change_{one.route}",
        f"Change one of the {_words(one)}",
        _KEY_ONLY,
        [_shared("id"), _shared("If-Match")],
        responses,
    )
    operation["requestBody"] = _body(ref(sent), required=True, example=writes_of(one).change_example)
    return operation, {sent: change_schema(one), **opened_components(one)}


def take_step(view: Any) -> Operation:
    one: Resource = view.of
    action: Action = view.action
    success = (
        {"201": _success("The new record.", ref(one.component), _ETAG, _LOCATION, _REPLAYED)}
        if action.makes_new
        else {"200": _success("The record as it is now.", ref(one.component), _ETAG, _REPLAYED)}
    )
    responses = {
        **success,
        **_problems(400, 401, 403, 404, 406, 409, 412, 413, 415, 422, 428),
    }
    parameters = [_shared("id"), _shared("If-Match"), _shared("Idempotency-Key")]
    operation = _operation(one, f"{action.name}_{one.route}", action.help, _KEY_ONLY, parameters, responses)
    sent = step_schema(action)
    operation["requestBody"] = _body(sent, required="required" in sent)
    return operation, opened_components(one)


def read_file(view: Any) -> Operation:
    one: Resource = view.of
    content = {FILE_TYPE: {"schema": {"type": "string", "format": "binary"}}}
    disposition = {"description": "attachment, with the file's name.", "schema": {"type": "string"}}
    found = _success("The file, byte for byte.", {}, _ETAG, {"Content-Disposition": disposition})
    responses = {
        "200": found | {"content": content},
        "304": _empty("Nothing changed."),
        **_problems(400, 401, 403, 404),
    }
    parameters = [_shared("id"), _shared("If-None-Match")]
    name = f"read_{one.route}_file"
    return _operation(one, name, f"Fetch the file of one of the {_words(one)}", _ANYBODY, parameters, responses), {}


def write_batch(view: Any) -> Operation:
    one: Resource = view.of
    sent = f"{one.component}Batch"
    responses = {
        "200": _success("The records as they are now, in the order of the items.", ref(f"{sent}Result"), _REPLAYED),
        **_problems(400, 401, 403, 404, 406, 409, 412, 413, 415, 422, 428),
    }
    sentence = f"Write up to {MAX_ITEMS} of the {_words(one)}, all or none"
    parameters = [_shared("Idempotency-Key")]
    operation = _operation(one, f"batch_{one.route}", sentence, _KEY_ONLY, parameters, responses)
    operation["requestBody"] = _body(ref(sent), required=True)
    return operation, {
        sent: batch_schema(one),
        f"{sent}Result": batch_result_schema(one),
        **opened_components(one),
    }


def remove_record(view: Any) -> Operation:
    one: Resource = view.of
    removal = removal_of(one)
    responses = {
        "204": _empty("It is gone.", tagged=False),
        **_problems(400, 401, 403, 404, 406, 409, 412, 428),
    }
    parameters = [_shared("id"), _shared("If-Match")]
    return _operation(one, f"{removal.action}_{one.route}", removal.help, _KEY_ONLY, parameters, responses), {}


def computed(
    tag: str,
    operation_id: str,
    summary: str,
    schema: Schema,
    parameters: list[dict[str, Any]],
    *,
    shared: Iterable[str] = (),
    linked: bool = False,
    is_for_all: bool = False,
    problems: Iterable[int] = (400, 401, 403, 404, 406, 409),
) -> dict[str, Any]:
    """Reading something that is computed when it is asked for; only keys may ask, unless it is for all."""
    return {
        "operationId": operation_id,
        "summary": summary,
        "tags": [tag],
        "security": _ANYBODY if is_for_all else _KEY_ONLY,
        "parameters": [*parameters, *(_shared(name) for name in (*shared, "If-None-Match"))],
        "responses": {
            "200": _success(summary, schema, _ETAG, _LINK if linked else {}),
            "304": _empty("Nothing changed."),
            **_problems(*problems),
        },
    }


def file_of(
    tag: str,
    operation_id: str,
    summary: str,
    media_types: Iterable[str],
    parameters: list[dict[str, Any]],
    *,
    key_only: bool = False,
    responses: Mapping[str, Any] | None = None,
    statuses: Iterable[int] = (),
) -> dict[str, Any]:
    """Reading a file. `responses` are successes beside the whole file, `statuses` more problems than every read has."""
    binary: Schema = {"type": "string", "format": "binary"}
    text: Schema = {"type": "string"}
    content = {media: {"schema": text if media.startswith("text/") else binary} for media in media_types}
    return {
        "operationId": operation_id,
        "summary": summary,
        "tags": [tag],
        "security": _KEY_ONLY if key_only else _ANYBODY,
        "parameters": [*parameters, _shared("If-None-Match")],
        "responses": {
            "200": {**_empty(summary), "content": content},
            **(responses or {}),
            "304": _empty("Nothing changed."),
            **_problems(400, 401, 403, 406, *statuses),
        },
    }


def filter_parameters(one: Resource) -> list[dict[str, str]]:
    """The filters of a resource; its list and its tables take the same, so they are described once."""
    return [_shared(f"{one.component}.{name}") for name in filter_set(one).base_filters]


def described_filters(one: Resource) -> dict[str, dict[str, Any]]:
    """The filters of a resource by the names under which operations refer to them."""
    return {
        f"{one.component}.{name}": mark_parameter(_query(name, one_filter.schema(), one_filter.sentence()), one)
        for name, one_filter in filter_set(one).base_filters.items()
    }


def in_path(name: str, sentence: str) -> dict[str, Any]:
    """A parameter that stands in the path."""
    schema = {"type": "string", "minLength": 1, "maxLength": 20}
    return {"name": name, "in": "path", "required": True, "description": sentence, "schema": schema}


def in_query(name: str, sentence: str, choices: Iterable[str], *, several: bool = False) -> dict[str, Any]:
    one: Schema = {"type": "string", "enum": list(choices)}
    if several:
        return _query(name, {"type": "array", "items": one, "minItems": 1, "uniqueItems": True}, sentence)
    return _query(name, one, sentence)


def read_index(view: Any) -> Operation:
    schema = {
        "type": "object",
        "properties": {
            "resources": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "type": {"type": "string"},
                        "url": {"type": "string", "format": "uri"},
                        "description": {"type": "string"},
                        "writable": {"type": "boolean"},
                    },
                    "required": ["name", "type", "url", "description", "writable"],
                    "additionalProperties": False,
                },
            },
            "openapi": {"type": "string", "format": "uri"},
            "docs": {"type": "string", "format": "uri"},
            "problems": {"type": "string", "format": "uri"},
        },
        "required": ["resources", "openapi", "docs", "problems"],
        "additionalProperties": False,
    }
    return _plain("read_index", "What there is", ref("Index")), {"Index": schema}


def list_problems(view: Any) -> Operation:
    schema: Schema = {"type": "object", "properties": {"data": {"type": "array", "items": ref("ProblemKind")}}}
    schema |= {"required": ["data"], "additionalProperties": False}
    return _plain("list_problems", "Kinds of errors", ref("ProblemKinds")), {
        "ProblemKinds": schema,
        "ProblemKind": _PROBLEM_KIND,
    }


def read_problem(view: Any) -> Operation:
    operation = _plain("read_problem", "One kind of error", ref("ProblemKind"), _problems(404))
    schema = {"type": "string", "enum": list(KINDS)}
    operation["parameters"] += [{"name": "name", "in": "path", "required": True, "schema": schema}]
    return operation, {"ProblemKind": _PROBLEM_KIND}


_PROBLEM_KIND: Schema = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail"],
    "additionalProperties": False,
}


def _plain(operation_id: str, summary: str, schema: Schema, more: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "operationId": operation_id,
        "summary": summary,
        "tags": [INTERFACE],
        "security": _ANYBODY,
        "parameters": [_shared("If-None-Match")],
        "responses": {
            "200": _success(summary, schema, _ETAG),
            "304": _empty("Nothing changed."),
            **_problems(400, 401, 403, 406),
            **(more or {}),
        },
    }


def _operation(
    one: Resource, operation_id: str, summary: str, security: Any, parameters: list[Any], responses: dict[str, Any]
) -> dict[str, Any]:
    return {
        "operationId": operation_id.replace("-", "_"),
        "summary": summary,
        "tags": [one.name],
        "security": security,
        "parameters": parameters,
        "responses": responses,
    }


def _words(one: Resource) -> str:
    return one.name.replace("-", " ")


def _query(name: str, schema: Schema, sentence: str) -> dict[str, Any]:
    parameter: dict[str, Any] = {"name": name, "in": "query", "description": sentence, "schema": schema}
    if schema["type"] == "array":
        parameter |= {"style": "form", "explode": False}
    return parameter


def _picking(one: Resource) -> list[dict[str, Any]]:
    names = {"type": "array", "items": {"type": "string", "enum": ["type", "url", *one.table]}}
    found = [_query("fields", names | {"minItems": 1, "uniqueItems": True}, "Only these fields, beside type and id.")]
    if one.expandable:
        names = {"type": "array", "items": {"type": "string", "enum": list(one.expandable)}}
        limits = {"minItems": 1, "maxItems": MAX_EXPANDED, "uniqueItems": True}
        found.append(_query("expand", names | limits, "Show these relations as records in place of their keys."))
    return found


def _header(name: str, sentence: str, schema: Schema | None = None, *, required: bool = False) -> dict[str, Any]:
    found = {"name": name, "in": "header", "required": required, "description": sentence}
    return found | {"schema": schema or {"type": "string"}}


def _shared(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{name}"}


def parameters() -> dict[str, Any]:
    """Parameters that mean the same wherever they stand."""
    one_page = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    visible_ascii = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"}
    once = "Makes a repeat safe: within 24 hours the same request gets the same answer and nothing happens twice."
    shared: tuple[dict[str, Any], ...] = (
        _query("limit", one_page, "Records a page."),
        _query("cursor", {"type": "string", "minLength": 1}, "Where to go on; taken from next. Never made by hand."),
        _query("count", {"type": "boolean", "default": False}, "Also count the records that fit."),
        {
            "name": "id",
            "in": "path",
            "required": True,
            "description": "The record's id.",
            "schema": {"type": "integer", "minimum": 0, "maximum": MAX_ID},
        },
        _header("If-None-Match", "ETag of the answer you have: if nothing changed, you get 304."),
        _header("If-Match", "ETag of the record as you read it.", required=True),
        _header("Idempotency-Key", once, visible_ascii),
    )
    found = {one["name"]: one for one in shared}
    for one_resource in resources().values():
        found |= described_filters(one_resource)
    return found


def _body(
    schema: Schema, *, required: bool, example: Mapping[str, Any] | None = None, media_type: str = JSON_TYPE
) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": schema}
    if example is not None:
        content["example"] = dict(example)
    return {"required": required, "content": {media_type: content}}


def _success(sentence: str, schema: Schema, *headers: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": sentence,
        "headers": EVERY_ANSWER | {name: header for group in headers for name, header in group.items()},
        "content": {JSON_TYPE: {"schema": schema}},
    }


def _empty(sentence: str, *, tagged: bool = True) -> dict[str, Any]:
    return {"description": sentence, "headers": EVERY_ANSWER | (_ETAG if tagged else {})}


def _problems(*statuses: int) -> dict[str, Any]:
    always = (429, 500, 503)
    return {str(one): {"$ref": f"#/components/responses/{problem_name(one)}"} for one in (*statuses, *always)}
