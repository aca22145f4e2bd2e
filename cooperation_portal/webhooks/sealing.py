"""Signing secrets at rest: sealed with a key derived from SECRET_KEY, since signing needs the secret itself.

A copy of the database alone does not give the secrets away. When SECRET_KEY is replaced, the old one stays among
SECRET_KEY_FALLBACKS until every webhook's secret was rotated.
"""

from __future__ import annotations

import base64
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

#: Binds the derived key to this one use (RFC 5869).
_PURPOSE = b"portal webhook secrets, version 1"


class Unreadable(Exception):
    """Sealed with another SECRET_KEY, altered, or too old."""


def seal(text: str) -> str:
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str, *, at_most: timedelta | None = None) -> str:
    """Give the text back; with `at_most` only if it was sealed no longer ago. Raises `Unreadable`."""
    try:
        return _box().decrypt(sealed.encode(), ttl=None if at_most is None else int(at_most.total_seconds())).decode()
    except InvalidToken:
        raise Unreadable from None


def _box() -> MultiFernet:
    return MultiFernet([Fernet(_key(secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str | bytes) -> bytes:
    plain = secret if isinstance(secret, bytes) else secret.encode()
    return base64.urlsafe_b64encode(HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(plain))
