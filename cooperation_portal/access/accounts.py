"""How allauth and axes sign people up and in here."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from cooperation_portal import audit

from .actors import VISITOR
from .read_only import refuse_changes


class PortalAccountAdapter(DefaultAccountAdapter):
    """Keeps the name given at sign-up; roles come later, by an affiliation that somebody approves.

    Raises `ReadOnly` while the portal takes no changes.
    """

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        refuse_changes(VISITOR)
        user.name = form.cleaned_data.get("name", "")
        saved = super().save_user(request, user, form, commit)
        if commit:
            audit.record(action="user.created", obj=saved, by=saved, after={"email": saved.email, "name": saved.name})
        return saved


def login_tried(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """The address somebody tries to sign in with, as axes counts it: in one spelling, from allauth's credentials or
    from the login form."""
    tried = (credentials or {}).get("email") or (credentials or {}).get("username") or request.POST.get("login")
    return str(tried).strip().lower() if tried else None


def client_address(request: HttpRequest) -> str | None:
    """The caller's address as allauth sees it: behind `ALLAUTH_TRUSTED_PROXY_COUNT` proxies, never what a caller
    claims. None where there is no caller, as in a command that signs somebody in."""
    try:
        return get_adapter().get_client_ip(request)
    except PermissionDenied:
        return None
