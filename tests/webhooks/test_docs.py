"""What docs/api.md says of webhooks is so."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from django.conf import settings

from cooperation_portal import changes
from cooperation_portal.webhooks import retries
from cooperation_portal.webhooks.dispatch import deliver
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
