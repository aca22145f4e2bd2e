"""`verify_webhook` accepts what the portal signed now, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from clients.portal_client import WebhookRefused, verify_webhook

NOW = 1731705121
#: The example of the Standard Webhooks specification.
SECRET = "whsec_plJ3nmyCDGBKInavdOK15jsl"
BODY = b'{"event_type":"ping","data":{"success":true}}'
HEADERS = {
    "webhook-id": "msg_loFOjxBNrRLzqYUf",
    "webhook-timestamp": str(NOW),
    "webhook-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
}
OTHER = "whsec_" + base64.b64encode(b"another secret of 24 bytes").decode()


def signature(secret: str, number: str = HEADERS["webhook-id"], at: int = NOW, body: bytes = BODY) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, f"{number}.{at}.".encode() + body, hashlib.sha256).digest()).decode()


def test_the_example_of_the_specification_is_accepted():
    assert verify_webhook(HEADERS, BODY, SECRET, now=NOW)["data"] == {"success": True}


def test_header_names_in_any_case_are_accepted():
    assert verify_webhook({name.title(): value for name, value in HEADERS.items()}, BODY, SECRET, now=NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "msg_other"},
        {"webhook-timestamp": str(NOW + 1)},
        {"webhook-timestamp": "yesterday"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": HEADERS["webhook-signature"].replace("v1,", "v2,")},
        {"webhook-signature": HEADERS["webhook-signature"].removeprefix("v1,")},
        {"webhook-signature": "v1,"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,é"},
    ],
)
def test_what_was_changed_on_the_way_is_refused(changed):
    with pytest.raises(WebhookRefused):
        verify_webhook({**HEADERS, **changed}, BODY, SECRET, now=NOW)


@pytest.mark.parametrize("missing", sorted(HEADERS))
def test_a_delivery_without_a_header_is_refused(missing):
    with pytest.raises(WebhookRefused, match="header"):
        verify_webhook({name: value for name, value in HEADERS.items() if name != missing}, BODY, SECRET, now=NOW)


def test_another_body_or_secret_is_refused():
    with pytest.raises(WebhookRefused):
        verify_webhook(HEADERS, BODY + b" ", SECRET, now=NOW)
    with pytest.raises(WebhookRefused):
        verify_webhook(HEADERS, BODY, OTHER, now=NOW)


@pytest.mark.parametrize("off", [-301, 301, 86400])
def test_an_old_delivery_played_again_and_one_from_the_future_are_refused(off):
    with pytest.raises(WebhookRefused, match="clock"):
        verify_webhook(HEADERS, BODY, SECRET, now=NOW + off)
    verify_webhook(HEADERS, BODY, SECRET, now=NOW + off, tolerance=abs(off))


def test_while_a_secret_is_replaced_either_side_may_hold_both():
    both = {**HEADERS, "webhook-signature": f"{signature(OTHER)} {signature(SECRET)}"}
    assert verify_webhook(both, BODY, SECRET, now=NOW)
    assert verify_webhook(both, BODY, OTHER, now=NOW)
    assert verify_webhook(HEADERS, BODY, [OTHER, SECRET], now=NOW)
    with pytest.raises(WebhookRefused):
        verify_webhook(HEADERS, BODY, [], now=NOW)


def test_signed_nonsense_is_refused_and_a_bad_secret_is_the_callers_mistake():
    body = b"[1]"
    with pytest.raises(WebhookRefused, match="JSON"):
        verify_webhook({**HEADERS, "webhook-signature": signature(SECRET, body=body)}, body, SECRET, now=NOW)
    with pytest.raises(ValueError, match="whsec_"):
        verify_webhook(HEADERS, BODY, "whsec_not base64", now=NOW)
