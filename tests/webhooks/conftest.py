"""A receiver that the portal may call, and a webhook of CICTE to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cooperation_portal.webhooks.models import Webhook
from cooperation_portal.webhooks.services import webhook_create

from .receiver import Authority, Receiver, looks_up, started


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def start_receiver(authority, monkeypatch, settings) -> Iterator[Callable[..., Receiver]]:
    """Start receivers by name. The networks of loopback are open, as for trying webhooks out on one machine."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    servers = []

    def start(name: str = "localhost", certified_for: str = "") -> Receiver:
        receiver = Receiver(name=name)
        servers.append(started(receiver, authority.context_for(certified_for or name)))
        return receiver

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def receiver(start_receiver, monkeypatch) -> Receiver:
    resolver = looks_up({"localhost": ["127.0.0.1"]})
    monkeypatch.setattr("cooperation_portal.outgoing.addresses.socket.getaddrinfo", resolver)
    return start_receiver()


@pytest.fixture
def hook(receiver, cicte, focal_point) -> Webhook:
    """A webhook of CICTE for all records; `hook.secret` is what its focal point was shown."""
    return hook_of(cicte, focal_point, receiver)


def hook_of(organization: Any, by: Any, receiver: Receiver, **values: Any) -> Webhook:
    made, secret = webhook_create(
        by=by, organization=organization, **{"name": "Example mirror", "url": receiver.url} | values
    )
    made.secret = secret  # type: ignore[attr-defined]
    return made
