"""What a key's scopes allow. Rights over single records are decided by `visible_to` and by the services.

What shows records of several resources at once (the change feed, snapshots, searches) asks `readable_types` and shows
no other; what belongs to one app says so with the view's `app`, and `PolicyPermission` asks for its scope.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from .models import ApiKey
from .problems import Problem, error, invalid
from .scopes import APPS, Verb, apps_covered, covers, enough

if TYPE_CHECKING:
    from rest_framework.views import APIView


class PolicyPermission(BasePermission):
    """Visitors read what is public; a key needs the scope of what it does."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        method = str(request.method)
        verb = getattr(view, "verbs", {}).get(method, Verb.READ if method in SAFE_METHODS else Verb.WRITE)
        key = request.auth
        if not isinstance(key, ApiKey):
            return method in SAFE_METHODS
        require_scope(key, verb, getattr(view, "app", None))
        return True


def require_scope(key: ApiKey, verb: str, app: str | None) -> None:
    """Raise a 403 `Problem` that names the scopes of which one is needed. `app` is None for what belongs to no app."""
    if covers(key.scopes, verb, app):
        return
    sentence = _("Your key does not have the scope for this: it needs one of %(scopes)s.") % {
        "scopes": ", ".join(enough(verb, app))
    }
    raise Problem("forbidden", sentence, errors=[error("Authorization", "missing_scope", sentence)])


def apps_read_by(key: Any) -> frozenset[str]:
    """Labels of the apps whose records a key may read; every app for whoever has no key (`request.auth` is None)."""
    return apps_covered(key.scopes, Verb.READ) if isinstance(key, ApiKey) else frozenset(APPS)


def readable_types(key: Any) -> frozenset[str]:
    """Record types (`offer`, …) that a key's scopes cover; which records of them, `visible_to` says."""
    return _types_of(apps_read_by(key))


@lru_cache
def _types_of(apps: frozenset[str]) -> frozenset[str]:
    from .catalogue import resources  # the apps' definitions import this package

    return frozenset(one.type for one in resources().values() if one.model._meta.app_label in apps)


def require_readable(key: Any, parameter: str, named: dict[str, str]) -> None:
    """Raise a 400 `Problem` for names in a query parameter that stand for an app which the key may not read.

    `named` gives the app of each name. What a key cannot open is refused, not left closed in silence.
    """
    apps = apps_read_by(key)
    errors = [
        error(
            f"?{parameter}",
            "missing_scope",
            _("To open “%(name)s” your key needs one of %(scopes)s.")
            % {"name": name, "scopes": ", ".join(enough(Verb.READ, app))},
        )
        for name, app in named.items()
        if app not in apps
    ]
    if errors:
        raise invalid(*errors)
