"""How snapshots are described in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from cooperation_portal.api.catalogue import resources_by_type
from cooperation_portal.api.components import EVERY_ANSWER, problem_name, ref
from cooperation_portal.api.fields import Schema, nullable
from cooperation_portal.api.operations import Operation, computed, file_of
from cooperation_portal.api.renderers import JSON_TYPE

from .models import Snapshot
from .services import places

#: What these operations are listed under.
TAG = "snapshots"

_MOMENT: Schema = {"type": "string", "format": "date-time"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_RETRY = {"Retry-After": {"description": "Seconds after which to ask again.", "schema": {"type": "integer"}}}


def ask_snapshot(view: Any) -> Operation:
    headers = {
        "Location": {"description": "Where to see how far it is.", "schema": {"type": "string", "format": "uri"}}
    }
    operation = {
        "operationId": "ask_snapshot",
        "summary": "Ask for a file with everything that you may read",
        "tags": [TAG],
        "security": [{"key": []}],
        "parameters": [_shared("Idempotency-Key")],
        "requestBody": {
            "required": False,
            "content": {JSON_TYPE: {"schema": ref("SnapshotAsked"), "example": {"format": "ndjson"}}},
        },
        "responses": {
            "202": {
                "description": "It is being made; asked for again meanwhile, the same one is given.",
                "headers": {**EVERY_ANSWER, **headers, **_RETRY},
                "content": {JSON_TYPE: {"schema": ref("Snapshot")}},
            },
            **_problems(400, 401, 403, 406, 409, 413, 415, 422),
        },
    }
    return operation, {"SnapshotAsked": asked_schema(), "Snapshot": snapshot_schema()}


def read_snapshot(view: Any) -> Operation:
    summary = "How far a snapshot is, and where its file is"
    operation = computed(TAG, "read_snapshot", summary, ref("Snapshot"), [], shared=["id"])
    operation["responses"].pop("409")
    return operation, {"Snapshot": snapshot_schema()}


def download_snapshot(view: Any) -> Operation:
    media_types = sorted(places.MEDIA_TYPES.values())
    content = {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in media_types}
    parameters = [
        _shared("id"),
        _header("Range", "Only these bytes, to go on where a download broke off: one range, bytes=1000-."),
        _header("If-Range", "ETag of the file of which you have a part; if it is another, you get the whole file."),
    ]
    part = {
        "description": "The bytes asked for.",
        "headers": {**EVERY_ANSWER, "Content-Range": {"schema": {"type": "string"}}},
        "content": content,
    }
    operation = file_of(
        TAG,
        "download_snapshot",
        "The file of a snapshot",
        media_types,
        parameters,
        key_only=True,
        responses={"206": part},
        statuses=(404, 409, 410, 416),
    )
    return operation, {}


def asked_schema() -> Schema:
    return {
        "type": "object",
        "properties": {
            "format": {
                "type": "string",
                "enum": Snapshot.Format.values,
                "default": Snapshot.Format.NDJSON.value,
                "description": "ndjson: one JSON object a line, gzip; csv: one CSV file for each type, ZIP.",
            },
            "types": {
                "type": "array",
                "items": _type(),
                "minItems": 1,
                "uniqueItems": True,
                "description": "Only these types of records; without it, all that the key may read.",
            },
        },
        "additionalProperties": False,
    }


def snapshot_schema() -> Schema:
    properties: dict[str, Schema] = {
        "type": {"type": "string", "const": Snapshot.record_type},
        "id": {**_COUNT, "description": "Number of the snapshot."},
        "url": {"type": "string", "format": "uri"},
        "status": {
            "type": "string",
            "enum": Snapshot.Status.values,
            "description": "queued, running, then ready or failed; expired a day after it was ready.",
        },
        "format": {"type": "string", "enum": Snapshot.Format.values},
        "types": {"type": "array", "items": _type(), "description": "Types of records in it, parents first."},
        "created_at": {**_MOMENT, "description": "When it was asked for."},
        "progress": {
            "type": "object",
            "properties": {
                "written": {**_COUNT, "description": "Records written so far."},
                "total": {**nullable(_COUNT), "description": "Records that there are; null before they are counted."},
            },
            "required": ["written", "total"],
            "additionalProperties": False,
        },
        "attempts": {**_COUNT, "description": "How often the portal began to make it; three times at most."},
        "problem": {**nullable({"type": "string"}), "description": "Why it failed."},
        "generated_at": {**nullable(_MOMENT), "description": "The moment that the file shows."},
        "expires_at": {**nullable(_MOMENT), "description": "When the file is removed."},
        "cursor": {
            **nullable({"type": "string"}),
            "description": "Where to go on in the change feed, with the same types.",
        },
        "count": {**nullable(_COUNT), "description": "Records in the file."},
        "counts": {
            "type": ["object", "null"],
            "additionalProperties": _COUNT,
            "description": "Records in the file, by type.",
        },
        "size": {**nullable(_COUNT), "description": "Bytes of the file."},
        "sha256": {**nullable(_DIGEST), "description": "SHA-256 of the file as it is downloaded."},
        "file": {
            **nullable({"type": "string", "format": "uri"}),
            "description": "Address of the file once it is ready.",
        },
    }
    return {
        "type": "object",
        "description": "A file with everything that an organization may read, as of one moment.",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _type() -> Schema:
    return {"type": "string", "enum": list(resources_by_type())}


def _header(name: str, sentence: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": sentence, "schema": {"type": "string"}}


def _problems(*statuses: int) -> dict[str, Any]:
    always = (429, 500, 503)
    return {str(one): {"$ref": f"#/components/responses/{problem_name(one)}"} for one in (*statuses, *always)}


def _shared(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{name}"}
