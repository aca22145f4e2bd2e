"""Which addresses the portal may call: only those that the public internet routes, and only as looked up once.

Whoever may type a URL could otherwise have the portal call machines beside it that trust it (server-side request
forgery). A name is looked up here, every address of it is checked, and the connection goes to a checked address; a
second lookup, which could answer differently (DNS rebinding), never happens.

Sources: the IANA special-purpose address registries (RFC 6890) for IPv4 and IPv6.
"""

from __future__ import annotations

import queue
import socket
import threading
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from django.conf import settings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: Seconds a name server has to answer.
LOOKUP_PATIENCE = 5.0

#: Not for hosts on the public internet. Written out, since what `ipaddress` calls global differs between Pythons.
_SPECIAL_IPV4 = [
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by the customers of a carrier (CGNAT)
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and where clouds answer with credentials
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays from 6to4
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # measuring
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]
#: All of IPv6 that is routed today; less what in it is not for hosts.
_UNICAST_IPV6 = IPv6Network("2000::/3")
_SPECIAL_IPV6 = [
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo, measuring, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which leads to any IPv4 address
        "3fff::/20",  # documentation
    )
]
#: IPv6 networks whose last 32 bits are the IPv4 address that is really called.
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")


class NoPublicAddress(Exception):
    """The host's name leads nowhere, or to a machine that is not on the public internet.

    One error for both, so that nobody learns from it which names exist inside.
    """


def is_public(address: Address) -> bool:
    """Say whether an address belongs to a host on the public internet.

    Of an IPv6 address that stands for an IPv4 address (mapped, NAT64) the IPv4 address decides.
    """
    if isinstance(address, IPv6Address):
        if address in _MAPPED or address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
        return address in _UNICAST_IPV6 and not any(address in block for block in _SPECIAL_IPV6)
    return not any(address in block for block in _SPECIAL_IPV4)


def may_be_called(address: Address) -> bool:
    """Public, or in a network that the settings open for trying the portal out."""
    return is_public(address) or any(address in network for network in allowed_networks())


def allowed_networks() -> list[Network]:
    """`WEBHOOK_ALLOWED_NETWORKS` of the settings. Raises `ValueError` for what is no network."""
    return [ip_network(block) for block in settings.WEBHOOK_ALLOWED_NETWORKS]


def addresses_of(host: str, port: int) -> list[Address]:
    """Look a name up, once, and give its addresses in the system's order.

    Raises `NoPublicAddress` unless every one of them may be called: a name that leads to a public and to a private
    machine is a trap.
    """
    found = list(dict.fromkeys(_address(text) for text in _looked_up(host, port)))
    if not found or not all(may_be_called(address) for address in found):
        raise NoPublicAddress(host)
    return found


def _address(text: str) -> Address:
    """An address as the resolver writes it; one with a zone (`fe80::1%eth0`) is link-local whatever the zone."""
    return ip_address(text.partition("%")[0])


def _looked_up(host: str, port: int) -> list[str]:
    """Ask the resolver in a thread of its own: it has no time limit that one could set."""
    answers: queue.Queue[list[str]] = queue.Queue()

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        except (OSError, UnicodeError):
            rows = []
        answers.put([str(row[4][0]) for row in rows])

    threading.Thread(target=look_up, name="name-lookup", daemon=True).start()
    try:
        return answers.get(timeout=LOOKUP_PATIENCE)
    except queue.Empty:
        return []
