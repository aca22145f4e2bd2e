"""Keys of partner systems: `n1540_<prefix>_<secret>`."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

#: 8 letters and digits name the key; 32 random bytes, written in 43 characters, are its secret.
_KEY = re.compile(r"n1540_([A-Za-z0-9]{1,12})_([A-Za-z0-9_-]{1,100})")
#: Anything that looks like a key, wherever it stands.
LOOKS_LIKE_KEY = re.compile(r"n1540_[A-Za-z0-9]+")
#: A whole key in some text, also where its underscores are written as in an address; the first group is its prefix.
SENT_KEY = re.compile(r"(n1540(?:_|%5[Ff])[A-Za-z0-9]{1,12})(?:_|%5[Ff])[A-Za-z0-9_%-]+")
_PREFIX_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class PlainKey:
    prefix: str
    secret: str

    def __str__(self) -> str:
        return f"n1540_{self.prefix}_{self.secret}"

    @property
    def secret_hash(self) -> str:
        """SHA-256 is enough for 256 random bits: there is nothing to guess, so nothing to slow down."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def fits(self, secret_hash: str) -> bool:
        return secrets.compare_digest(self.secret_hash, secret_hash)


def new_key() -> PlainKey:
    prefix = "".join(secrets.choice(_PREFIX_ALPHABET) for _ in range(8))
    return PlainKey(prefix, secrets.token_urlsafe(32))


def read_key(text: str) -> PlainKey | None:
    """Take a key apart; None if it does not have the shape of one."""
    found = _KEY.fullmatch(text)
    return PlainKey(*found.groups()) if found else None
