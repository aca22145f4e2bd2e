"""A new secret is shown on one page and then no more.

Between making and showing lies a redirect, so that reloading the page makes no second one; meanwhile the session
carries the secret, sealed.
"""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest

from ..models import Webhook
from ..sealing import Unreadable, seal, unseal

#: How long somebody may take from making a secret to the page that shows it.
WAITS_FOR = timedelta(minutes=10)
_SESSION_KEY = "webhook_secret"


def keep_for_next_page(request: HttpRequest, webhook: Webhook, secret: str) -> None:
    request.session[_SESSION_KEY] = {"webhook": webhook.pk, "sealed": seal(secret)}


def taken(request: HttpRequest, webhook: Webhook) -> str:
    """The secret made for this webhook just now, the first time it is asked for; else nothing."""
    kept = request.session.get(_SESSION_KEY)
    if kept is None or kept["webhook"] != webhook.pk:
        return ""
    del request.session[_SESSION_KEY]
    try:
        return unseal(kept["sealed"], at_most=WAITS_FOR)
    except Unreadable:
        return ""
