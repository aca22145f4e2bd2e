"""How a portal may break each point of its contract that shows from outside."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from .proxy import Answered, Asked, Breakage


def after(change: Callable[[Answered], None]) -> Breakage:
    return Breakage(after=change)


def without_header(name: str) -> Breakage:
    return after(lambda one: one.headers.pop(name, None))


def changed_header(name: str, change: Callable[[str], str]) -> Breakage:
    def changed(one: Answered) -> None:
        if name in one.headers:
            one.headers[name] = change(one.headers[name])

    return after(changed)


def changed_rows(change: Callable[[dict[str, Any]], Any], place: str = "") -> Breakage:
    """Change each object in the lists and changes under an address, or in all of them."""

    def changed(one: Answered) -> None:
        if one.status == 200 and one.asked.place.startswith(place) and b'"data":[' in one.body:
            body = json.loads(one.body)
            for row in body["data"]:
                change(row)
            one.body = json.dumps(body).encode()

    return after(changed)


def changed_body(change: Callable[[dict[str, Any]], Any], place: str = "") -> Breakage:
    def changed(one: Answered) -> None:
        if one.status < 300 and one.asked.place.startswith(place) and one.body[:1] == b"{":
            body = json.loads(one.body)
            change(body)
            one.body = json.dumps(body).encode()

    return after(changed)


def without_parameters(*names: str, keep: bool = False) -> Breakage:
    """Parameters that the portal never sees; with `keep`, all others."""

    def dropped(asked: Asked) -> None:
        parts = urlsplit(asked.path)
        pairs = [(name, value) for name, value in parse_qsl(parts.query) if (name in names) == keep]
        asked.path = f"{parts.path}?{urlencode(pairs)}" if pairs else parts.path

    return Breakage(before=dropped)


def without_sent_header(name: str) -> Breakage:
    return Breakage(before=lambda asked: asked.headers.pop(name, None))


def status_for(status: int, other: int, kind: str) -> Breakage:
    """Answers of one status come as another, consistent in themselves."""

    def changed(one: Answered) -> None:
        if one.status == status:
            body = json.loads(one.body)
            body |= {"status": other, "type": f"/api/v1/problems/{kind}/"}
            one.status, one.body = other, json.dumps(body).encode()

    return after(changed)


def _hidden_is_403(one: Answered) -> None:
    is_record = re.fullmatch(r"[a-z-]+/\d{1,9}/", one.asked.place)
    if one.status == 404 and is_record:
        one.status = 403
        one.body = one.body.replace(b"404", b"403").replace(b"not-found", b"forbidden")


def _cut_page(one: Answered) -> None:
    """Show the last row of a page to nobody."""
    if one.status == 200 and b'"data":[' in one.body and "limit=2" in one.asked.path:
        body = json.loads(one.body)
        del body["data"][-1:]
        one.body = json.dumps(body).encode()


def _filters_find_nothing(one: Answered) -> None:
    if "id__in=" in one.asked.path and one.status == 200:
        one.body = json.dumps({**json.loads(one.body), "data": []}).encode()


def _batch_in_part(asked: Asked) -> None:
    """Write the good half of a batch and refuse the rest."""
    if asked.place == "offers/batch/" and asked.method == "POST":
        items = json.loads(asked.body)["items"]
        good = [item for item in items if "no_such_field" not in item["data"]]
        asked.body = json.dumps({"items": good[:1]}).encode()


def _changes_forgotten(one: Answered) -> None:
    if one.asked.place == "changes/" and one.status == 200:
        body = json.loads(one.body)
        body["data"] = [change for change in body["data"] if change["type"] != "area"]
        one.body = json.dumps(body).encode()


def _children_first(one: Answered) -> None:
    if one.asked.place == "changes/" and one.status == 200:
        body = json.loads(one.body)
        body["data"].sort(key=lambda change: change["type"] != "offer")
        one.body = json.dumps(body).encode()


def _snapshot_damaged(one: Answered) -> None:
    if one.asked.place.endswith("/file/"):
        one.body = one.body[: len(one.body) // 2]


def _rate_never_falls(one: Answered) -> None:
    if "RateLimit" in one.headers:
        one.headers["RateLimit"] = re.sub(r"r=\d+", "r=10", one.headers["RateLimit"])


def _rate_full_price(asked: Asked) -> None:
    asked.headers.pop("If-None-Match", None)


def _told_removal(change: dict[str, Any]) -> None:
    if change.get("op") == "remove":
        change["object"] = {"title": "What it was"}


#: For each point, ways to break it. Every one of them must make this point fail.
BREAKAGES: dict[int, dict[str, Breakage]] = {
    1: {
        "a resource is missing": changed_body(lambda body: body.get("resources", []).pop(0)),
        "times without microseconds": changed_rows(lambda row: row.update(updated_at="2027-03-12T10:00:00Z")),
        "no version": changed_rows(lambda row: row.pop("version", None)),
        "ids are text": changed_rows(lambda row: row.update(id=str(row["id"]))),
        "another content type": changed_header("Content-Type", lambda _: "text/html"),
    },
    2: {
        "relations by number": changed_rows(lambda row: row.update(organization=7), "offers/"),
        "visitors read the network's records": changed_rows(lambda row: row.update(visibility="network")),
        "another field name": changed_body(
            lambda body: body["components"]["schemas"]["Offer"]["properties"].pop("areas"), "openapi.json"),
    },
    3: {
        "unknown parameters are ignored": without_parameters("no_such_parameter"),
        "unknown fields are ignored": without_parameters("fields"),
        "does not say what is wrong": after(lambda one: _without_errors(one)),
    },
    4: {
        "an undocumented field": changed_rows(lambda row: row.update(secret_note="x")),
        "another type": changed_rows(lambda row: row.update(version="one")),
        "an undescribed list": changed_body(lambda body: body["paths"].pop("/api/v1/offers/"), "openapi.json"),
    },
    5: {
        "keys in addresses are taken": without_parameters("key"),
        "wrong keys count as none": Breakage(before=lambda asked: _wrong_key_dropped(asked)),
        "no way to authenticate is named": without_header("WWW-Authenticate"),
        "the right key is refused": Breakage(before=lambda asked: asked.headers.update(Authorization="Bearer n1540_a_b")
                                             if "Authorization" in asked.headers else None),
    },
    7: {
        "pages are cut": after(_cut_page),
        "a row comes twice": changed_rows(lambda row: row.update(id=5)),
        "no Link header": without_header("Link"),
        "limit is ignored": without_parameters("limit"),
        "cursors are ignored": without_parameters("cursor"),
        "filters do not bind cursors": without_parameters("id__in"),
    },
    8: {
        "filters are ignored": without_parameters("id", "id__in", "ref", "created_at__gte", "created_at__lt"),
        "unknown filters are ignored": without_parameters("id__regex"),
        "finds too little": after(_filters_find_nothing),
    },
    9: {
        "fields is ignored": without_parameters("fields"),
        "the count is wrong": changed_body(lambda body: body.get("meta", {}).update(count=1540)),
        "anything may be opened": without_parameters("expand"),
    },
    11: {
        "changes are lost": after(_changes_forgotten),
        "children come first": after(_children_first),
        "changes carry more": changed_rows(lambda row: row.update(changed_by="someone"), "changes/"),
        "objects are not as the lists show them": changed_rows(
            lambda row: row["object"] and row["object"].update(confidence="low"), "changes/"),
    },
    12: {"removals tell what was": changed_rows(_told_removal, "changes/")},
    13: {
        "no cursor to go on from": changed_body(lambda body: body["meta"].pop("cursor", None), "changes/"),
        "no lag": changed_body(lambda body: body["meta"].pop("lag_ms", None), "changes/"),
        "cursors are ignored": without_parameters("cursor"),
    },
    14: {"snapshots are cut": after(_snapshot_damaged)},
    15: {
        "Vary is dropped": without_header("Vary"),
        "Vary names Accept alone": changed_header("Vary", lambda _: "Accept"),
        "shared caches may keep answers": changed_header("Cache-Control", lambda _: "public, max-age=60"),
        "ETags are weak": changed_header("ETag", lambda tag: f"W/{tag}"),
        "no ETag": without_header("ETag"),
        "never 304": without_sent_header("If-None-Match"),
        "always 304": Breakage(before=lambda asked: asked.headers.update({"If-None-Match": "*"})
                               if "If-None-Match" in asked.headers else None),
        "one ETag for everyone": changed_header("ETag", lambda _: '"the-same"'),
    },
    16: {
        "If-Match is not needed": Breakage(before=lambda asked: asked.headers.setdefault("If-Match", "*")),
        "stale writes are taken": Breakage(before=lambda asked: asked.headers.update({"If-Match": "*"})
                                           if "If-Match" in asked.headers else None),
        "read-only fields are ignored": Breakage(before=lambda asked: _dropped_member(asked, "status")),
    },
    17: {
        "repeats are new": without_sent_header("Idempotency-Key"),
        "replays do not say so": without_header("Idempotent-Replayed"),
    },
    18: {"batches are written in part": Breakage(before=_batch_in_part)},
    19: {
        "403 for what is invisible": after(_hidden_is_403),
        "errors are plain JSON": changed_header("Content-Type", lambda _: "application/json"),
        "no instance": after(lambda one: _without_member(one, "instance")),
        "another status in the body": after(lambda one: _without_member(one, "status")),
        "explains nothing": after(lambda one: _explains_nothing(one)),
    },
    20: {
        "no limits are told": without_header("RateLimit"),
        "no policy is told": without_header("RateLimit-Policy"),
        "limits never fall": after(_rate_never_falls),
        "304 is never given": Breakage(before=_rate_full_price),
    },
    21: {
        "no request numbers": without_header("X-Request-Id"),
        "one number for all": changed_header("X-Request-Id", lambda _: "1"),
    },
    23: {
        "ends unannounced": after(lambda one: one.headers.update(Sunset="Sat, 31 Dec 2033 00:00:00 GMT")),
        "deprecated without an end": after(lambda one: one.headers.update(Deprecation="@1830297600")),
        "another version": changed_body(lambda body: body["info"].update(version="2.0.0"), "openapi.json"),
    },
    24: {
        "changes are lost": after(_changes_forgotten),
        "removals for upserts": changed_rows(lambda row: row.update(op="turn"), "changes/"),
    },
}  # fmt: skip


def _without_errors(one: Answered) -> None:
    _without_member(one, "errors")


def _without_member(one: Answered, name: str) -> None:
    if one.status >= 400:
        body = json.loads(one.body)
        body.pop(name, None)
        one.body = json.dumps(body).encode()


def _wrong_key_dropped(asked: Asked) -> None:
    if "nobody-has-this-secret" in asked.headers.get("Authorization", ""):
        del asked.headers["Authorization"]


def _dropped_member(asked: Asked, name: str) -> None:
    if asked.method == "PATCH" and asked.body:
        body = json.loads(asked.body)
        if name in body:
            body = {"capacity": 1}
        asked.body = json.dumps(body).encode()


def _explains_nothing(one: Answered) -> None:
    if one.asked.place.startswith("problems/") and one.asked.place != "problems/":
        one.status = 404
