"""The links of the frame. An address that is not wired is left out, so that no page, above all no error page, fails for
its menu; `tests/interface/test_navigation.py` keeps every one of them wired.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy

from cooperation_portal.access.policy import allows


@dataclass(frozen=True)
class Link:
    label: str
    url: str
    is_current: bool = False
    is_section: bool = False


#: (label, URL name, prefix of the addresses that belong to it)
MEMBER_LINKS = (
    (gettext_lazy("Offers"), "assistance:offer_list", "offer_"),
    (gettext_lazy("Requests"), "assistance:request_list", "request_"),
    (gettext_lazy("Matches"), "assistance:match_list", "match_"),
    (gettext_lazy("Projects"), "assistance:project_list", "project_"),
    (gettext_lazy("Planning"), "assistance:planning", "planning"),
    (gettext_lazy("Meetings"), "meetings:list", ""),
    (gettext_lazy("Organizations"), "organizations:list", ""),
    (gettext_lazy("States"), "organizations:state_list", "state_"),
)
#: Links that only those find who may do this: URL name to (action, record).
NEEDED = {"assistance:planning": ("view", "planning")}
PUBLIC_LINKS = (
    (gettext_lazy("About the network"), "about", "about"),
    (gettext_lazy("Offers"), "assistance:offer_list", "offer_"),
    (gettext_lazy("Requests"), "assistance:request_list", "request_"),
    (gettext_lazy("Meetings"), "meetings:list", ""),
    (gettext_lazy("Organizations"), "organizations:list", ""),
    (gettext_lazy("States"), "organizations:state_list", "state_"),
)
ACCOUNT_LINKS = (
    (gettext_lazy("My desk"), "dashboard"),
    (gettext_lazy("Notices"), "notices"),
    (gettext_lazy("Points of contact"), "organizations:contact_list"),
    (gettext_lazy("My profile"), "profile"),
    (gettext_lazy("Password"), "account_change_password"),
    (gettext_lazy("Two-step sign-in"), "mfa_index"),
)
SECURITY_LINKS = (
    (gettext_lazy("My profile"), "profile"),
    (gettext_lazy("E-mail addresses"), "account_email"),
    (gettext_lazy("Password"), "account_change_password"),
    (gettext_lazy("Two-step sign-in"), "mfa_index"),
)
STAFF_LINKS = ((gettext_lazy("Experts’ workbench"), "admin:index"),)
FOOTER_LINKS = (
    (gettext_lazy("About the network"), "about"),
    (gettext_lazy("Areas of assistance"), "assistance:area_list"),
    (gettext_lazy("API documentation"), "api:docs"),
)


def address(name: str) -> str:
    """Give the address of a URL name, or nothing where it is not wired."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _belongs(request: HttpRequest | None, name: str, prefix: str) -> bool:
    """Tell whether the page shown lies in the section of the link `name`."""
    match = getattr(request, "resolver_match", None)
    if match is None:
        return False
    namespace, _separator, view = name.rpartition(":")
    if match.namespace != namespace:
        return False
    here = match.url_name or ""
    if prefix:
        return here.startswith(prefix)
    # The section whose names carry no prefix is what remains of its namespace.
    others = {p for _label, n, p in MEMBER_LINKS if p and n.rpartition(":")[0] == namespace}
    return here == view or not any(here.startswith(other) for other in others)


def primary(user: Any, request: HttpRequest | None) -> list[Link]:
    """Give the main navigation: what members work with, or what the public may see."""
    rows = MEMBER_LINKS if getattr(user, "is_authenticated", False) else PUBLIC_LINKS
    links = []
    for label, name, prefix in rows:
        if name in NEEDED and not allows(user, *NEEDED[name]):
            continue
        if url := address(name):
            is_current = getattr(request, "path", None) == url
            links.append(Link(str(label), url, is_current, _belongs(request, name, prefix)))
    return links


def account(user: Any, request: HttpRequest | None) -> list[Link]:
    """Give the account menu of a signed-in person; staff also find the workbench."""
    if not getattr(user, "is_authenticated", False):
        return []
    rows = ACCOUNT_LINKS + (STAFF_LINKS if getattr(user, "is_staff", False) else ())
    path = getattr(request, "path", None)
    return [Link(str(label), url, path == url) for label, name in rows if (url := address(name))]


def security(request: HttpRequest | None) -> list[Link]:
    """Give the pages on which people look after their account."""
    path = getattr(request, "path", None)
    return [Link(str(label), url, path == url) for label, name in SECURITY_LINKS if (url := address(name))]


def footer() -> list[Link]:
    """Give the links at the foot of every page."""
    return [Link(str(label), url) for label, name in FOOTER_LINKS if (url := address(name))]
