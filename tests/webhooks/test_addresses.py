"""Where the portal may be sent: nowhere but to public machines, whatever somebody types or a name server says."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ValidationError

from cooperation_portal.outgoing.addresses import NoPublicAddress, addresses_of, is_public
from cooperation_portal.outgoing.https import NoAnswer, post
from cooperation_portal.outgoing.urls import Destination, destination

from .receiver import looks_up

RESOLVER = "cooperation_portal.outgoing.addresses.socket.getaddrinfo"

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",  # carrier-grade NAT
    "100.127.255.254",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",  # where clouds hand out credentials
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",  # IPv4-compatible, long withdrawn
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
    "64:ff9b::a9fe:a9fe",  # NAT64 of 169.254.169.254
    "64:ff9b:1::1",  # NAT64 for local use
    "100::1",  # discarded
    "2001::1",  # Teredo
    "2001:2::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2002:808:808::",  # 6to4 of a public one: nobody relays it any more
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "198.17.0.1",
    "223.255.255.254",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_never_called(address, monkeypatch):
    assert not is_public(ip_address(address))
    monkeypatch.setattr(RESOLVER, looks_up({"hooks.organization.example": [address]}))
    with pytest.raises(NoPublicAddress):
        addresses_of("hooks.organization.example", 443)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_called(address, monkeypatch):
    monkeypatch.setattr(RESOLVER, looks_up({"hooks.organization.example": [address]}))
    assert addresses_of("hooks.organization.example", 443) == [ip_address(address)]


def test_one_private_address_among_public_ones_spoils_the_name(monkeypatch):
    monkeypatch.setattr(RESOLVER, looks_up({"hooks.organization.example": ["8.8.8.8", "10.0.0.1"]}))
    with pytest.raises(NoPublicAddress):
        addresses_of("hooks.organization.example", 443)


def test_a_link_local_address_with_a_zone_is_refused(monkeypatch):
    monkeypatch.setattr(RESOLVER, looks_up({"hooks.organization.example": ["fe80::1%eth0"]}))
    with pytest.raises(NoPublicAddress):
        addresses_of("hooks.organization.example", 443)


def test_a_private_name_and_a_missing_one_give_the_same_answer(monkeypatch):
    monkeypatch.setattr(RESOLVER, looks_up({"inside.organization.example": ["10.0.0.1"]}))
    codes = []
    for host in ("inside.organization.example", "missing.organization.example"):
        with pytest.raises(NoAnswer) as told:
            post(Destination(host, 443, "/"), body=b"{}", headers={})
        codes.append(told.value.code)
    assert codes == ["no_address", "no_address"]


def test_a_name_server_that_does_not_answer_is_not_waited_for(monkeypatch):
    import threading

    hold = threading.Event()
    monkeypatch.setattr(RESOLVER, lambda *args, **kwargs: hold.wait(5) and [])
    monkeypatch.setattr("cooperation_portal.outgoing.addresses.LOOKUP_PATIENCE", 0.05)
    with pytest.raises(NoPublicAddress):
        addresses_of("slow.organization.example", 443)
    hold.set()


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.organization.example/",
        "ftp://hooks.organization.example/",
        "file:///etc/passwd",
        "//hooks.organization.example/",
        "hooks.organization.example",
        "https://",
        "https:///hooks",
        "https://user@hooks.organization.example/",
        "https://user:password@hooks.organization.example/",
        "https://8.8.8.8@hooks.organization.example/",
        "https://hooks.organization.example@127.0.0.1/",
        "https://hooks.organization.example/#part",
        "https://hooks.organization.example/a b",
        "https://hooks.organization.example\\@127.0.0.1/",
        "https://hooks.organization.example/\r\nHost: inside",
        "https://hooks.organization.example/\x00",
        "https://localhost/",
        "https://intranet/",
        "https://127.0.0.1/",
        "https://8.8.8.8/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://[::1]/",
        "https://[2606:4700:4700::1111]/",
        "https://hooks.organization.example:22/",
        "https://hooks.organization.example:25/",
        "https://hooks.organization.example:80/",
        "https://hooks.organization.example:99999/",
        "https://hooks.organization.example:0/",
        "https://hooks.organization.example:x/",
        "https://hооks.organization.example/",  # with Cyrillic letters
        "https://organization.example/" + "x" * 500,
    ],
)
def test_an_address_that_will_not_do_is_refused(url):
    with pytest.raises(ValidationError):
        destination(url)


@pytest.mark.parametrize(
    ("url", "taken_apart"),
    [
        ("https://hooks.organization.example", ("hooks.organization.example", 443, "/")),
        ("https://Hooks.Organization.example./a?b=c&d=%20", ("hooks.organization.example", 443, "/a?b=c&d=%20")),
        ("https://hooks.organization.example:8443/a", ("hooks.organization.example", 8443, "/a")),
        ("https://hooks.xn--bcher-kva.example:1024/", ("hooks.xn--bcher-kva.example", 1024, "/")),
    ],
)
def test_a_good_address_is_taken_apart(url, taken_apart):
    assert destination(url) == Destination(*taken_apart)


def test_loopback_is_reached_only_where_the_settings_open_it(monkeypatch, settings):
    monkeypatch.setattr(RESOLVER, looks_up({"localhost": ["127.0.0.1"]}))
    assert settings.WEBHOOK_ALLOWED_NETWORKS == []
    with pytest.raises(NoPublicAddress):
        addresses_of("localhost", 8443)
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    assert addresses_of("localhost", 8443) == [ip_address("127.0.0.1")]
    assert destination("https://localhost:8443/hooks").host == "localhost"


def test_a_deployment_with_an_opened_network_is_refused(settings):
    def found(**options):
        return {message.id for message in run_checks(tags=["security"], **options)} & {"webhooks.E001", "webhooks.E002"}

    assert found(include_deployment_checks=True) == set()
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    assert found() == set()
    assert found(include_deployment_checks=True) == {"webhooks.E002"}
    settings.WEBHOOK_ALLOWED_NETWORKS = ["loopback"]
    assert found() == {"webhooks.E001"}
