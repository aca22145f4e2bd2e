"""What a caller probably meant: a name that is nearly one of ours, an address that is nearly one of ours.

Hints follow from what was sent and from the public reference alone. Whether a record exists never shows in one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

from django.urls import Resolver404, resolve, reverse
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext as _

from .catalogue import resources
from .keys import LOOKS_LIKE_KEY
from .problems import error

#: Longer names are not compared, and of many wrong names only the first: comparing costs time.
MAX_NAME = 60
MAX_NAMES = 5
_REFERENCE = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,59}", re.ASCII)


def closest(name: str, known: Iterable[str]) -> str:
    """The one of `known` that is most like `name`; empty where none is."""
    if len(name) > MAX_NAME:
        return ""
    return next(iter(get_close_matches(name, list(known), n=1)), "")


def advice(name: str, known: Iterable[str]) -> str:
    """The closest name, where there is one, and where all of them stand."""
    all_of_them = _("All stand in the reference, %(url)s.") % {"url": reverse("api:docs")}
    if near := closest(name, known):
        return _("Did you mean “%(name)s”?") % {"name": near} + " " + all_of_them
    return all_of_them


def unknown_names(
    names: Iterable[str], known: Collection[str], *, pointer: str, code: str, sentence: str
) -> list[dict[str, str]]:
    """An error for each of `names` that is not known; `pointer` is what comes before the name."""
    found: list[dict[str, str]] = []
    for name in names:
        if name not in known:
            told = f"{sentence} {advice(name, known)}" if len(found) < MAX_NAMES else sentence
            found.append(error(f"{pointer}{name[:100]}", code, told))
    return found


def unknown_type(name: str, known: Iterable[str]) -> str:
    """What is said of a record type that there is not."""
    known = list(known)
    sentence = _("There is no record type “%(name)s” here. There are: %(known)s.")
    told = sentence % {"name": name[:100], "known": ", ".join(known)}
    near = closest(name, known)
    return f"{told} {_('Did you mean “%(name)s”?') % {'name': near}}" if near else told


def address_meant(path: str) -> str:
    """A sentence on which address may have been meant by one that leads nowhere; empty where none is like it."""
    root = reverse("api:index")
    if not path.startswith(root) or LOOKS_LIKE_KEY.search(path):
        return ""
    first, *rest = path[len(root) :].rstrip("/").split("/")
    for name in (first, first.replace("_", "-"), _plural(first)):
        meant = "/".join([f"{root}{name}", *rest, ""])
        if meant != path and _leads_somewhere(meant):
            return _("Did you mean %(url)s?") % {"url": escape_uri_path(meant)}
    name = first if first in resources() else _plural(first)
    if name in resources() and rest and _REFERENCE.fullmatch(rest[0]):
        url = f"{root}{name}/?ref={rest[0]}"
        return _("Records are addressed by their number, the member id. %(url)s finds one by its reference.") % {
            "url": url
        }
    return ""


def _plural(word: str) -> str:
    """The part of the address for a record type: `offer` → `offers`, `information_sheet` → `information-sheets`."""
    word = word.replace("_", "-")
    return next((one.name for one in resources().values() if one.route == word), f"{word}s")


def _leads_somewhere(path: str) -> bool:
    try:
        return resolve(path).url_name not in (None, "nowhere")
    except Resolver404:
        return False
