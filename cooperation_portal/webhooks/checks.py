"""What `manage.py check` says about where webhooks may go."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from cooperation_portal.outgoing.addresses import allowed_networks


@register(Tags.security)
def networks_are_written_well(**kwargs: Any) -> list[CheckMessage]:
    try:
        allowed_networks()
    except ValueError as problem:
        return [
            Error(f"WEBHOOK_ALLOWED_NETWORKS: {problem}", hint="Write networks as 127.0.0.0/8.", id="webhooks.E001")
        ]
    return []


@register(Tags.security, deploy=True)
def no_network_is_opened(**kwargs: Any) -> list[CheckMessage]:
    """A deployment calls public addresses only."""
    if not settings.WEBHOOK_ALLOWED_NETWORKS:
        return []
    return [
        Error(
            "WEBHOOK_ALLOWED_NETWORKS lets partners have the portal call machines inside these networks.",
            hint="It is for trying webhooks out on one machine. Remove it from the environment.",
            id="webhooks.E002",
        )
    ]
