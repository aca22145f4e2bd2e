"""What docs/api.md says of webhooks is so."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from standardwebhooks.webhooks import Webhook

from cooperation_portal import changes
from cooperation_portal.webhooks import retries
from cooperation_portal.webhooks.dispatch import deliver
from cooperation_portal.webhooks.signing import new_secret
from tests.factories import OfferFactory

TEXT = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text().split("\n## Webhooks\n")[1].split("\n## ")[0]


def example(language):
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    return found


@pytest.mark.django_db
def test_the_example_of_a_receiver_accepts_a_message_formed_like_the_example(hook, receiver, cicte, monkeypatch):
    changes.record(OfferFactory(organization=cicte))
    deliver(hook.pk)
    (got,) = receiver.got
    monkeypatch.syspath_prepend(str(Path(settings.BASE_DIR) / "clients"))
    shown = json.loads(example("json message"))
    contents = []
    for first_line, check in (("from standardwebhooks", "Webhook("), ("from portal_client", "verify_webhook(")):
        names = {"secret": hook.secret, "body": got.body, "headers": got.headers}
        lines = [
            line for line in example("python receiver").splitlines() if line.startswith(first_line) or check in line
        ]
        assert len(lines) == 2
        exec("\n".join(lines), names)  # noqa: S102  (the page's own example)
        contents.append(names["content"])
    for content in contents:
        assert list(content) == list(shown)
        assert content["type"] == shown["type"]
        assert list(content["data"]) == list(shown["data"])
        assert len(content["timestamp"]) == len(shown["timestamp"])
    sys.modules.pop("portal_client", None)


def test_the_times_of_the_tries_are_those_of_the_page():
    words = {"s": 1, "min": 60, "hours": 3600}
    (sentence,) = re.findall(r"after about ([^:]*?),\s+each", TEXT)
    seconds = []
    for number, unit in re.findall(r"(\d+)(?: (s|min|hours))?", sentence):
        seconds.append(int(number) * words[unit or "hours"])
    assert seconds == [delay.total_seconds() for delay in retries.DELAYS]


def test_the_receiver_to_try_it_with_takes_a_signed_message_and_no_other(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    (make,) = re.findall(r"^\$ (openssl .*?authority\.pem)$", TEXT, re.MULTILINE | re.DOTALL)
    subprocess.run(["bash", "-c", make], cwd=tmp_path, check=True, capture_output=True)  # noqa: S603, S607
    (tmp_path / "receiver.py").write_text(example("python loopback"))
    shutil.copy(Path(settings.BASE_DIR) / "clients" / "portal_client.py", tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    secret = new_secret()
    receiver = subprocess.Popen(
        [sys.executable, "receiver.py"],
        cwd=tmp_path,
        env={"WEBHOOK_SECRET": secret, "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        trusted = ssl.create_default_context(cafile=tmp_path / "authority.pem")
        body, now = b'{"type":"ping","data":{}}', datetime.now(UTC)
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign("msg_1", now, body.decode()),
        }
        for forged, answered in ((False, True), (True, False)):
            sent = body + b" " if forged else body
            assert _is_accepted(port, sent, headers, trusted) is answered
    finally:
        receiver.kill()
        told, _none = receiver.communicate()
    assert told.splitlines() == [str(json.loads(body))]


def _is_accepted(port, body, headers, trusted) -> bool:
    until = time.monotonic() + 10
    while True:
        connection = http.client.HTTPSConnection("localhost", port, context=trusted, timeout=10)
        try:
            connection.request("POST", "/", body, headers)
            return connection.getresponse().status == 204
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        except http.client.RemoteDisconnected:
            return False
        finally:
            connection.close()
