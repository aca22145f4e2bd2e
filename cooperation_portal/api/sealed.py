"""Small values that callers carry about and can neither read nor change: places in lists and in the change feed.

AES-SIV (RFC 5297): the same value gives the same text, so answers with one ETag are the same in every byte, and the
numbers inside, which would tell how much others write, stay closed.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings

_PURPOSE = b"cooperation_portal.api.sealed"


def seal(value: Any, purpose: str) -> str:
    """A JSON value as text for an address; it opens only for the same purpose."""
    return _written(_box(settings.SECRET_KEY).encrypt(orjson.dumps(value), [purpose.encode()]))


def unseal(text: str, purpose: str) -> Any:
    """The value again; raises `ValueError` for what was not sealed here, or for another purpose."""
    try:
        closed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError as other:
        raise ValueError("Not sealed here.") from other
    if _written(closed) != text:
        # Base64 has several texts for some bytes.
        raise ValueError("Not sealed here.")
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return orjson.loads(_box(secret).decrypt(closed, [purpose.encode()]))
        except (InvalidTag, ValueError):
            continue
    raise ValueError("Not sealed here.")


def _written(closed: bytes) -> str:
    return urlsafe_b64encode(closed).rstrip(b"=").decode()


@lru_cache(maxsize=8)
def _box(secret: str) -> AESSIV:
    return AESSIV(hashlib.sha512(_PURPOSE + b"\0" + secret.encode()).digest())
