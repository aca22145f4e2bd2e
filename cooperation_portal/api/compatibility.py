"""What of a new OpenAPI document breaks callers who were written after an older one.

What a caller sends must go on being taken; what a caller gets must go on having the form it had. Additions are no
break, and neither are other limits of length or number in what is given out. docs/api.md says it in words: "What counts
as breaking". Compared is what our document uses: `$ref`, `type`, `enum`, `const`, `anyOf`, objects, lists, limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_METHODS = ("get", "head", "post", "put", "patch", "delete")
#: Limits, and whether more of them means stricter.
_FLOORS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_CEILINGS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EQUAL = ("pattern", "format", "multipleOf")
_NAME = "$name"
_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")


def breaking_changes(released: Mapping[str, Any], present: Mapping[str, Any]) -> list[str]:
    """One sentence for each change between two documents that breaks callers; empty where there is none."""
    return sorted(set(_Comparison(released, present).changes()))


class _Comparison:
    def __init__(self, released: Mapping[str, Any], present: Mapping[str, Any]) -> None:
        self.old, self.new = released, present
        #: Names of schemas, old and new, that stand at one place, to be compared once each; true for what is sent.
        self._named: dict[tuple[str, str, bool], None] = {}

    def changes(self) -> Iterator[str]:
        for path, operations in self.old["paths"].items():
            for method in _METHODS:
                if method not in operations:
                    continue
                where = f"{method.upper()} {path}"
                now = self.new["paths"].get(path, {}).get(method)
                if now is None:
                    yield f"{where}: is gone"
                else:
                    yield from (f"{where}: {change}" for change in self._operation(operations[method], now))
        yield from self._named_changes()

    def _named_changes(self) -> Iterator[str]:
        compared = 0
        while compared < len(self._named):
            before, now, is_sent = list(self._named)[compared]
            compared += 1
            old, new = _resolve(self.old, {"$ref": before}), _resolve(self.new, {"$ref": now})
            for why in self.narrowed(old, new) if is_sent else self.widened(old, new):
                yield _joined(f"{before.rpartition('/')[2]} as it is {'sent' if is_sent else 'given'}", why)

    def _operation(self, old: Schema, new: Schema) -> Iterator[str]:
        if old["operationId"] != new["operationId"]:
            yield f"its name was {old['operationId']} and is {new['operationId']}"
        for way in old.get("security", [{}]):
            if way not in new.get("security", [{}]):
                yield f"can no longer be called with {', '.join(way) or 'no key'}"
        yield from self._parameters(old, new)
        yield from self._body(old, new)
        yield from self._answers(old["responses"], new["responses"])

    def _parameters(self, old: Schema, new: Schema) -> Iterator[str]:
        before, now = (
            {(one["in"], one["name"]): one for one in (_resolve(document, one) for one in of.get("parameters", ()))}
            for document, of in ((self.old, old), (self.new, new))
        )
        for key, one in before.items():
            name = f"{key[0]} parameter {key[1]}"
            if key not in now:
                yield f"{name} is gone"
                continue
            if now[key].get("required") and not one.get("required"):
                yield f"{name} is now required"
            for style in ("style", "explode"):
                if one.get(style) != now[key].get(style):
                    yield f"{name} is written otherwise ({style})"
            yield from (f"{name}: {why}" for why in self.narrowed(one["schema"], now[key]["schema"]))
        for key in now.keys() - before.keys():
            if now[key].get("required"):
                yield f"{key[0]} parameter {key[1]} is new and required"

    def _body(self, old: Schema, new: Schema) -> Iterator[str]:
        before, now = (
            _resolve(document, of.get("requestBody") or {}) for document, of in ((self.old, old), (self.new, new))
        )
        if now.get("required") and not before.get("required"):
            yield "a body is now required"
        for media_type, content in before.get("content", {}).items():
            if media_type not in now.get("content", {}):
                yield f"a body of {media_type} is no longer taken"
                continue
            found = self.narrowed(content["schema"], now["content"][media_type]["schema"])
            yield from (_joined("body", why) for why in found)

    def _answers(self, old: Schema, new: Schema) -> Iterator[str]:
        """Successes are compared; kinds of errors may come and go, but an error keeps its form."""
        for status in new.keys() - old.keys():
            if status < "400":
                yield f"answers {status} too"
        for status, answer in old.items():
            if status not in new:
                if status < "400":
                    yield f"no longer answers {status}"
                continue
            before, now = _resolve(self.old, answer), _resolve(self.new, new[status])
            for header in before.get("headers", {}).keys() - now.get("headers", {}).keys():
                yield f"answer {status} has no header {header} any more"
            for media_type, content in before.get("content", {}).items():
                if media_type not in now.get("content", {}):
                    yield f"answer {status} is no longer {media_type}"
                    continue
                found = self.widened(content["schema"], now["content"][media_type]["schema"])
                yield from (_joined(f"answer {status}", why) for why in found)

    def narrowed(self, old: Schema, new: Schema) -> list[str]:
        """Values that were taken and are not any more."""
        return self._misfits(old, new, self.old, self.new, is_sent=True)

    def widened(self, old: Schema, new: Schema) -> list[str]:
        """Values that are given and were not before."""
        return self._misfits(new, old, self.new, self.old, is_sent=False)

    def _misfits(self, inner: Schema, outer: Schema, ours: Any, theirs: Any, *, is_sent: bool) -> list[str]:
        """Why not every value of `inner` is one of `outer`."""
        found: list[str] = []
        wide = list(_alternatives(theirs, outer))
        for one in _alternatives(ours, inner):
            fitting = _of_type(one, wide)
            namesake = next((other for other in fitting if _NAME in one and other.get(_NAME) == one[_NAME]), None)
            if namesake is None and len(fitting) == 1 and _NAME in one and _NAME in fitting[0]:
                namesake = fitting[0]
            if namesake is not None:
                # Named ones may hold themselves: they are compared in their turn.
                before, now = (one, namesake) if is_sent else (namesake, one)
                self._named[before[_NAME], now[_NAME], is_sent] = None
                continue
            if not fitting:
                found.append(f"{one['type']} is {'no longer taken' if is_sent else 'given too'}")
                continue
            found += self._best_fit(one, fitting, ours, theirs, is_sent=is_sent)
        return found

    def _best_fit(
        self, one: Schema, others: list[dict[str, Any]], ours: Any, theirs: Any, *, is_sent: bool
    ) -> list[str]:
        """The misfits with the alternative that fits best; only what that one names is compared later."""
        waiting, tried = dict(self._named), []
        for other in others:
            self._named = dict(waiting)
            reasons = self._misfit(one, other, ours, theirs, is_sent=is_sent)
            tried.append((reasons, self._named))
        best, self._named = min(tried, key=lambda one: len(one[0]))
        return best

    def _misfit(self, one: Schema, other: Schema, ours: Any, theirs: Any, *, is_sent: bool) -> list[str]:
        """The same for two schemas of one type."""
        found = _values(one, other, is_sent=is_sent)
        if is_sent and "enum" not in one:
            found += _limits(one, other)
        elif not is_sent and "format" in other and other["format"] != one.get("format"):
            found.append(f"its format was {other['format']} and is {one.get('format')}")
        if one["type"] == "array":
            below = self._misfits(one.get("items", {}), other.get("items", {}), ours, theirs, is_sent=is_sent)
            found += [_under("*", why) for why in below]
        if one["type"] == "object":
            found += self._members(one, other, ours, theirs, is_sent=is_sent)
        return found

    def _members(self, one: Schema, other: Schema, ours: Any, theirs: Any, *, is_sent: bool) -> list[str]:
        inner, outer = one.get("properties", {}), other.get("properties", {})
        before, now = (inner, outer) if is_sent else (outer, inner)
        found = [_under(name, "is gone") for name in before if name not in now]
        for name in other.get("required", ()):
            if name not in one.get("required", ()):
                found += [_under(name, "is now required" if is_sent else "may now be missing")]
        for name in inner.keys() & outer.keys():
            below = self._misfits(inner[name], outer[name], ours, theirs, is_sent=is_sent)
            found += [_under(name, why) for why in below]
        return found


def _joined(where: str, why: str) -> str:
    return f"{where}{why}" if why.startswith("/") else f"{where}: {why}"


def _under(step: str, why: str) -> str:
    return f"/{step}{why}" if why.startswith("/") else f"/{step}: {why}"


def _resolve(document: Any, schema: Any) -> Any:
    while "$ref" in schema:
        place = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            place = place[step]
        schema = place
    return schema


def _alternatives(document: Any, schema: Any) -> Iterator[dict[str, Any]]:
    """The same as schemas of one type each; an object that has a name keeps it under `_NAME`."""
    name_of = schema.get("$ref")
    schema = _resolve(document, schema)
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        for one in several:
            yield from _alternatives(document, one)
        return
    types = schema.get("type") or (_type_of(schema["const"]) if "const" in schema else list(_TYPES))
    for name in [types] if isinstance(types, str) else types:
        one = {**schema, "type": name}
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        if values is not None:
            one["enum"] = [value for value in values if name in _type_of(value)]
        if name_of and name == "object":
            one[_NAME] = name_of
        yield one


def _type_of(value: Any) -> list[str]:
    """Types that a constant has: a whole number is a number too."""
    if value is None:
        return ["null"]
    if isinstance(value, bool):
        return ["boolean"]
    if isinstance(value, int):
        return ["integer", "number"]
    return ["string" if isinstance(value, str) else "number"]


def _of_type(one: Schema, wide: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = {one["type"], "number"} if one["type"] == "integer" else {one["type"]}
    return [other for other in wide if other["type"] in names]


def _values(one: Schema, other: Schema, *, is_sent: bool) -> list[str]:
    if "enum" not in other:
        return []
    if "enum" not in one:
        return ["takes only listed values now" if is_sent else "gives values beside those listed"]
    odd = [value for value in one["enum"] if value not in other["enum"]]
    return [f"{value!r} is {'no longer taken' if is_sent else 'given too'}" for value in odd]


def _limits(one: Schema, other: Schema) -> list[str]:
    found = [
        f"{name} is {other[name]!r} now"
        for names, stricter in ((_FLOORS, 1), (_CEILINGS, -1))
        for name in names
        if name in other and (name not in one or (other[name] - one[name]) * stricter > 0)
    ]
    found += [f"{name} is {other[name]!r} now" for name in _EQUAL if name in other and other[name] != one.get(name)]
    if other.get("uniqueItems") and not one.get("uniqueItems"):
        found.append("takes no value twice now")
    return found
