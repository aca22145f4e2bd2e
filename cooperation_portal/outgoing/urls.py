"""Which URLs the portal may be asked to call. One validator for every form, model and command."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

MAX_URL_LENGTH = 500
HTTPS_PORT = 443
#: Below are the ports of other services (mail, shells, file servers), which a request must not be sent to.
FIRST_FREE_PORT = 1024

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_is_url = URLValidator(schemes=["https"])


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL taken apart: `target` is path and query as the request line has them."""

    host: str
    port: int
    target: str


def validate_public_https_url(url: str) -> None:
    """Raise `ValidationError` for a URL that the portal would not call; see `destination`."""
    destination(url)


def destination(url: str) -> Destination:
    """Take a URL apart that the portal may call.

    https, a host by name, port 443 or one from 1024 on, no user name or password, no fragment. Whether the name leads
    to a public machine is asked when calling, since that may change. Raises `ValidationError`.
    """
    if len(url) > MAX_URL_LENGTH:
        raise ValidationError(_("Shorten the address to %(most)d characters."), params={"most": MAX_URL_LENGTH})
    if not _VISIBLE_ASCII.fullmatch(url) or "\\" in url:
        raise ValidationError(_("Write the address in plain letters, without spaces, with xn-- for other alphabets."))
    if not url.lower().startswith("https://"):
        raise ValidationError(_("The address must begin with https://."), code="not_https")
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ValidationError(_("Leave out user name and password: addresses are kept in logs."), code="credentials")
    if parts.fragment:
        raise ValidationError(_("Leave out the part after #: it is never sent."), code="fragment")
    try:
        port = HTTPS_PORT if parts.port is None else parts.port
        _is_url(url)
    except (ValueError, ValidationError):
        message = _("Give a web address such as https://organization.example/hooks.")
        raise ValidationError(message, code="invalid") from None
    host = (parts.hostname or "").rstrip(".")
    if not _is_name(host):
        raise ValidationError(_("Name the host by its public name, such as hooks.organization.example."), code="host")
    if port != HTTPS_PORT and port < FIRST_FREE_PORT:
        raise ValidationError(
            _("Use port %(https)d, or one from %(first)d on."),
            code="port",
            params={"https": HTTPS_PORT, "first": FIRST_FREE_PORT},
        )
    return Destination(host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _is_name(host: str) -> bool:
    """A public name: at least two parts, the last not a number, so that it cannot be read as an address.

    Where networks are opened for trying the portal out, `localhost` will do.
    """
    labels = host.split(".")
    if labels == ["localhost"]:
        return bool(settings.WEBHOOK_ALLOWED_NETWORKS)
    return len(labels) > 1 and all(labels) and re.fullmatch(r"[a-z][a-z0-9-]*", labels[-1]) is not None
