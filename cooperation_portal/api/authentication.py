"""Who asks: a partner's key in the Authorization header, or nobody. Browser sessions are not looked at."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model, Value
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from cooperation_portal.records.statements import Place, Statement
from organizations.models import Organization

from .etags import RowVersion
from .keys import read_key
from .models import ApiKey
from .problems import CHALLENGE

#: The time of last use is kept this exact, so that reading does not mean writing.
LAST_USED_STEP = timedelta(minutes=10)
#: Compared with when no key has the prefix, so that a wrong prefix takes as long as a wrong secret.
_NO_HASH = "0" * 64
#: What tells whether the rows of a key and its organization are as they were: columns, and SQL
#: that takes the ids of both.
_VERSIONS = (RowVersion(ApiKey._meta.db_table), RowVersion(Organization._meta.db_table))
VERSIONS_OF_KEY = (
    "(SELECT xmin::text || ctid::text FROM api_apikey WHERE id = %s), "
    "(SELECT xmin::text || ctid::text FROM organizations_organization WHERE id = %s)"
)

_PREFIX = Place()


def _key_with(prefix: str) -> ApiKey | None:
    """The key with its organization and the versions of both rows, by a statement that is made once."""
    rows = _statement().run_prepared({_PREFIX: prefix})
    if not rows:
        return None
    row, own = rows[0][: -len(_VERSIONS)], _columns(ApiKey)
    key = ApiKey.from_db(connection.alias, own, row[: len(own)])
    key.organization = Organization.from_db(connection.alias, _columns(Organization), row[len(own) :])
    key.row_versions = rows[0][-len(_VERSIONS) :]
    return key


@cache
def _statement() -> Statement:
    columns: list[Any] = [*_columns(ApiKey), *(f"organization__{name}" for name in _columns(Organization)), *_VERSIONS]
    keys = ApiKey.objects.filter(prefix=Value(_PREFIX)).order_by().values_list(*columns)
    return Statement(*keys.query.sql_with_params())


@cache
def _columns(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer n1540_<prefix>_<secret>`; without the header the caller is a visitor.

    The key and its organization are read anew with each request, so that expiry, revocation and suspension bite at
    the next one. Every refusal is the same 401.
    """

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey] | None:
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        scheme, _, credentials = header.strip().partition(" ")
        plain = read_key(credentials.strip()) if scheme.lower() == "bearer" else None
        if plain is None:
            raise AuthenticationFailed
        key = _key_with(plain.prefix)
        fits = plain.fits(key.secret_hash if key else _NO_HASH)
        if key is None or not fits or not key.is_live:
            raise AuthenticationFailed
        self._note_use(key)
        return key, key

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE

    @staticmethod
    def _note_use(key: ApiKey) -> None:
        if is_use_unnoted(key):
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())


def is_use_unnoted(key: ApiKey) -> bool:
    return key.last_used_at is None or timezone.now() - key.last_used_at > LAST_USED_STEP
