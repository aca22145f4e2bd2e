"""What a list or detail is asked for: parameters by name, each known, each once, none empty."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from django.http import HttpRequest
from django.utils.translation import gettext as _

from .filtering import filter_set
from .hints import advice, unknown_names, unknown_type
from .keys import LOOKS_LIKE_KEY
from .problems import error, invalid
from .resources import Resource

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_EXPANDED = 3
MAX_PARAMETERS = 100
#: Most unknown names told of in one parameter.
MAX_STRANGE = 20
#: Names under which systems elsewhere send keys.
KEY_NAMES = frozenset({"key", "apikey", "api_key", "api-key", "token", "access_token", "authorization", "bearer"})
LIST_NAMES = frozenset({"limit", "cursor", "fields", "expand", "count"})
DETAIL_NAMES = frozenset({"fields", "expand"})
TABLE_NAMES = frozenset({"fields"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A query string, read. `filters` holds name and text of each filter as sent."""

    filters: dict[str, str] = field(default_factory=dict)
    limit: int = DEFAULT_LIMIT
    cursor: str = ""
    picked: tuple[str, ...] | None = None
    expand: tuple[str, ...] = ()
    wants_count: bool = False


def holds_key(request: HttpRequest) -> bool:
    """Whether the query holds a key, or a parameter by which keys are sent elsewhere."""
    query = request.META.get("QUERY_STRING", "")
    if not query:
        return False
    names = (unquote_plus(pair.partition("=")[0]).lower() for pair in query.split("&"))
    return LOOKS_LIKE_KEY.search(unquote_plus(query)) is not None or any(name in KEY_NAMES for name in names)


def parameters(request: HttpRequest) -> dict[str, str]:
    """The query as sent; raises `Problem` for repetitions, empty values and what is not UTF-8.

    Keys in it were refused before (`PortalView.initial`), so that no error here repeats one.
    """
    raw = request.META.get("QUERY_STRING", "")
    if not raw:
        return {}
    try:
        # WSGI hands bytes over as latin-1 text.
        text = raw.encode("latin-1").decode()
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError as broken:
        raise invalid(error("?", "not_utf8", _("The query is not UTF-8."))) from broken
    except ValueError as broken:
        sentence = _("Give at most %(most)d parameters.") % {"most": MAX_PARAMETERS}
        raise invalid(error("?", "too_many_parameters", sentence)) from broken
    return _each_once(pairs)


def _each_once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    sent: dict[str, str] = {}
    errors = []
    for name, value in pairs:
        if name in sent:
            errors.append(error(f"?{name}", "repeated", _("This parameter is given more than once.")))
        elif not value:
            errors.append(error(f"?{name}", "empty", _("This parameter has no value. Leave it out.")))
        elif "\x00" in name + value:
            errors.append(error("?", "nul", _("The query must not contain NUL characters.")))
        sent[name] = value
    if errors:
        raise invalid(*errors)
    return sent


def read_list(request: HttpRequest, resource: Resource) -> Asked:
    sent = parameters(request)
    filters = filter_set(resource).base_filters
    _refuse_unknown(sent, LIST_NAMES | filters.keys())
    return Asked(
        filters={name: value for name, value in sent.items() if name in filters},
        limit=_limit(sent.get("limit")),
        cursor=sent.get("cursor", ""),
        picked=_picked(sent.get("fields"), resource),
        expand=_expanded(sent.get("expand"), resource),
        wants_count=_boolean("count", sent.get("count", "false")),
    )


def read_table(request: HttpRequest, resource: Resource) -> Asked:
    """For a whole list in one file: filters and `fields=`, no pages."""
    sent = parameters(request)
    filters = filter_set(resource).base_filters
    _refuse_unknown(sent, TABLE_NAMES | filters.keys())
    return Asked(
        filters={name: value for name, value in sent.items() if name in filters},
        picked=_picked(sent.get("fields"), resource),
    )


def read_detail(request: HttpRequest, resource: Resource) -> Asked:
    sent = parameters(request)
    _refuse_unknown(sent, DETAIL_NAMES)
    return Asked(
        picked=_picked(sent.get("fields"), resource),
        expand=_expanded(sent.get("expand"), resource),
    )


def read_computed_list(request: HttpRequest, choices: Mapping[str, Collection[str]]) -> Asked:
    """For lists that no resource is behind: `choices` names each filter and the values it takes."""
    sent = parameters(request)
    _refuse_unknown(sent, {"limit", "cursor", "count"} | choices.keys())
    errors = [
        error(f"?{name}", "invalid_value", _("Choose one of: %(choices)s.") % {"choices": ", ".join(known)})
        for name, known in choices.items()
        if name in sent and sent[name] not in known
    ]
    if errors:
        raise invalid(*errors)
    return Asked(
        filters={name: value for name, value in sent.items() if name in choices},
        limit=_limit(sent.get("limit")),
        cursor=sent.get("cursor", ""),
        wants_count=_boolean("count", sent.get("count", "false")),
    )


def read_feed(request: HttpRequest, types: Collection[str]) -> tuple[Asked, tuple[str, ...]]:
    """For the change feed: what is asked for, and the record types named, sorted; none means all."""
    sent = parameters(request)
    _refuse_unknown(sent, {"limit", "cursor", "type"})
    named = _names("type", sent["type"], types) if "type" in sent else ()
    return Asked(limit=_limit(sent.get("limit")), cursor=sent.get("cursor", "")), tuple(sorted(named))


def refuse_parameters(request: HttpRequest) -> None:
    """For addresses that take none."""
    _refuse_unknown(parameters(request), frozenset())


def _refuse_unknown(sent: Iterable[str], known: Collection[str]) -> None:
    sentence = _("There is no such parameter here.")
    errors = unknown_names(sent, known, pointer="?", code="unknown_parameter", sentence=sentence)
    if errors:
        raise invalid(*errors)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    sentence = _("Give a whole number from 1 to %(most)d.") % {"most": MAX_LIMIT}
    raise invalid(error("?limit", "invalid_value", sentence))


def _boolean(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise invalid(error(f"?{name}", "invalid_value", _("Give true or false.")))
    return text == "true"


def _picked(text: str | None, resource: Resource) -> tuple[str, ...] | None:
    return None if text is None else _names("fields", text, resource.names)


def _expanded(text: str | None, resource: Resource) -> tuple[str, ...]:
    if text is None:
        return ()
    names = _names("expand", text, resource.expandable)
    if len(names) > MAX_EXPANDED:
        sentence = _("Open at most %(most)d relations.") % {"most": MAX_EXPANDED}
        raise invalid(error("?expand", "too_many", sentence))
    return names


def _names(parameter: str, text: str, known: Any) -> tuple[str, ...]:
    names = tuple(text.split(","))
    strange = [name for name in dict.fromkeys(names) if name not in known]
    errors = [error(f"?{parameter}", *_unknown(parameter, name, known)) for name in strange[:MAX_STRANGE]]
    if len(set(names)) != len(names):
        errors.append(error(f"?{parameter}", "repeated", _("A name is given twice.")))
    if errors:
        raise invalid(*errors)
    return names


def _unknown(parameter: str, name: str, known: Collection[str]) -> tuple[str, str]:
    if parameter == "type":
        return "unknown_type", unknown_type(name, known)
    told = _("There is no field “%(name)s” here.") % {"name": name[:100]}
    return "unknown_field", f"{told} {advice(name, known)}"
