"""Who asks: a partner's key in the Authorization header, or nobody. Browser sessions are not looked at."""

from __future__ import annotations

from datetime import datetime, timedelta
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
_PREFIX, _PK = Place(), Place()
#: Columns of a key that decide nothing.
_NOTES = frozenset({"last_used_at", "warned_at"})
_ORGANIZATION = RowVersion(Organization._meta.db_table)


def _key_with(prefix: str) -> ApiKey | None:
    """The key with its organization, by a statement that is made once."""
    rows = _statement().run({_PREFIX: prefix})
    if not rows:
        return None
    (*row, version), own = rows[0], _columns(ApiKey)
    key = ApiKey.from_db(connection.alias, own, row[: len(own)])
    key.organization = Organization.from_db(connection.alias, _columns(Organization), row[len(own) :])
    key.organization_version = version
    return key


@cache
def _statement() -> Statement:
    columns: list[Any] = [*_columns(ApiKey), *(f"organization__{name}" for name in _columns(Organization))]
    keys = ApiKey.objects.filter(prefix=Value(_PREFIX)).order_by().values_list(*columns, _ORGANIZATION)
    return Statement(*keys.query.sql_with_params(), is_kept=True)


def grounds_of(key: ApiKey) -> tuple[Statement, tuple[Any, ...]]:
    """What a key was let in for, as a statement and the row that it gives for as long as all of it holds.

    The statement gives one column more, the last: when the key was last used, which decides nothing. A column that is
    new some day counts from the start.
    """
    names = _deciding()
    return _grounds().at({_PK: key.pk}), (*(getattr(key, name) for name in names), key.organization_version)


@cache
def _grounds() -> Statement:
    # The condition brings the organization's table in.
    columns: list[Any] = [*_deciding(), _ORGANIZATION, "last_used_at"]
    keys = ApiKey.objects.filter(pk=Value(_PK), organization__acronym__isnull=False).order_by().values_list(*columns)
    return Statement(*keys.query.sql_with_params(), is_kept=True)


def _deciding() -> list[str]:
    return [name for name in _columns(ApiKey) if name not in _NOTES]


@cache
def _columns(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer n1540_<prefix>_<secret>`; without the header the caller is a visitor.

    The key and its organization are read anew with each request (a repeated poll asks whether they are as they were,
    `polls.py`), so that expiry, revocation and suspension bite at the next one. Every refusal is the same 401.
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
        note_use(key.pk, key.last_used_at)
        return key, key

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def note_use(key_id: int, last_used_at: datetime | None) -> None:
    now = timezone.now()
    if last_used_at is None or now - last_used_at > LAST_USED_STEP:
        ApiKey.objects.filter(pk=key_id).update(last_used_at=now)
