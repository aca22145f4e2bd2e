"""Rules that hold for every page."""

from __future__ import annotations

import time
from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from cooperation_portal.interface import errors

from .actors import actor_for
from .read_only import ReadOnly

#: Session key of the last request's time, and how many seconds it may lag behind, so that few requests write it.
LAST_SEEN, LAST_SEEN_LAG = "last_seen", 300


class NulMiddleware:
    """Refuses addresses with a NUL, which no name or number holds and which PostgreSQL cannot look for.

    What a form posts is checked by the form, what comes to the API by the API.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        has_nul = "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", "")
        if has_nul and not request.path_info.startswith("/api/"):
            raise BadRequest("The address contains a NUL.")
        return self.get_response(request)


class SessionRulesMiddleware:
    """An idle session ends; second factor where the role demands it; no shared cache ever keeps a member's page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and self._has_idled(request):
            logout(request)
            messages.info(request, _("You were signed out because nothing happened for a while. Sign in to go on."))
        if self._needs_second_factor(request):
            messages.info(request, _("Your role needs a second factor. Set one up to go on."))
            return redirect("mfa_activate_totp")
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response

    def _has_idled(self, request: HttpRequest) -> bool:
        now = int(time.time())
        idle = now - request.session.get(LAST_SEEN, now)
        if idle > settings.SESSION_IDLE_SECONDS:
            return True
        if idle > LAST_SEEN_LAG or LAST_SEEN not in request.session:
            request.session[LAST_SEEN] = now
        return False

    def _needs_second_factor(self, request: HttpRequest) -> bool:
        if not settings.MFA_REQUIRED_ROLES or not request.user.is_authenticated:
            return False
        if not actor_for(request.user).roles & set(settings.MFA_REQUIRED_ROLES):
            return False
        if request.path.startswith((reverse("account_logout"), "/accounts/2fa/", "/accounts/reauthenticate/")):
            return False
        return not is_mfa_enabled(request.user)


class ReadOnlyMiddleware:
    """Answers a change that read-only mode refused; before Django's own answer to what is not allowed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return errors.read_only(request, exception) if isinstance(exception, ReadOnly) else None
