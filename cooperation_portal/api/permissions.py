"""What a key's scopes allow. Rights over single records are decided by `visible_to` and by the services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from .models import ApiKey, Scope
from .problems import Problem

if TYPE_CHECKING:
    from rest_framework.views import APIView


class PolicyPermission(BasePermission):
    """Visitors read what is public; a key needs the scope of what it does."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        needed = Scope.READ if request.method in SAFE_METHODS else Scope.WRITE
        key = request.auth
        if not isinstance(key, ApiKey):
            return needed is Scope.READ
        if needed not in key.scopes:
            raise Problem("forbidden", _("Your key does not have the scope for this: read to read, write to write."))
        return True
