"""How much a caller may ask, counted in the broker's store before anything is read: one round trip a request.

A key counts for itself and for its organization, a visitor by address. A window begins with the first request in it and
lasts its length by the store's clock; one script looks at all counters and raises all or none, so that no burst slips
past. Counted are tenths of a request: a 304 gives nine of ten back. A repeated poll (`polls.py`) is counted after its
one statement and takes only its tenth.

Headers follow draft-ietf-httpapi-ratelimit-headers-10. While the store is away nobody is refused.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from cooperation_portal.access.accounts import client_address
from cooperation_portal.settings.environment import store_url_of

from .models import ApiKey
from .problems import Problem

logger = logging.getLogger(__name__)

#: Prices, in requests.
READ, WRITE, REFUSED_KEY = 1, 5, 10
#: Tenths of the price that the answer 304 gives back.
REFUND = 9
#: Seconds that the store may take, seconds for which it is left alone after it did not answer, and seconds between
#: two lines in the log about it.
PATIENCE, REST, SILENCE = 0.25, 5.0, 60.0
#: Begins the names of the counters in the store.
NAMESPACE = "api-limits"

_SENTENCES = {
    "key": _("This key has asked too often. Wait as long as Retry-After says."),
    "organization": _("The keys of your organization have asked too often. Wait as long as Retry-After says."),
    "address": _("Too many requests came from your address. Wait as long as Retry-After says."),
}

# KEYS are counters; ARGV holds in tenths what must be left and what is taken of it, then for each counter its quota in
# tenths and its window in milliseconds. Gives 1 or 0 for taken or refused, then for each counter what is used and when
# it ends.
_TAKE = """
local taken, used, ends = 1, {}, {}
for n, name in ipairs(KEYS) do
  used[n], ends[n] = tonumber(redis.call('GET', name) or '0'), redis.call('PTTL', name)
  if ends[n] < 1 then used[n], ends[n] = 0, 0 end
  if used[n] > 0 and used[n] + ARGV[1] > tonumber(ARGV[2 * n + 1]) then taken = 0 end
end
local answer = {taken}
for n, name in ipairs(KEYS) do
  if taken == 1 then
    used[n] = used[n] + ARGV[2]
    if ends[n] > 0 then
      redis.call('INCRBY', name, ARGV[2])
    else
      ends[n] = tonumber(ARGV[2 * n + 2])
      redis.call('SET', name, ARGV[2], 'PX', ends[n])
    end
  end
  answer[2 * n], answer[2 * n + 1] = used[n], ends[n]
end
return answer
"""
_GIVE_BACK = """
for _, name in ipairs(KEYS) do
  if tonumber(redis.call('GET', name) or '0') >= tonumber(ARGV[1]) then redis.call('DECRBY', name, ARGV[1]) end
end
"""


class Store:
    """The scripts on the broker's store, by one connection that the threads of the process take in turns."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._scripts: dict[str, Script] = {}
        self._asks_from = self._speaks_from = float("-inf")

    def run(self, script: str, names: Sequence[str], arguments: Sequence[int]) -> list[int] | None:
        """What the script gives; None where the store does not answer, or did not a moment ago."""
        now = time.monotonic()
        if now < self._asks_from:
            return None
        try:
            try:
                return self._script(script)(keys=names, args=arguments)
            except redis.ConnectionError:
                # The store may have been started anew since the last request. To take twice harms nobody.
                if script != _TAKE:
                    raise
                return self._script(script)(keys=names, args=arguments)
        except (redis.RedisError, OSError) as away:
            self._asks_from = now + REST
            if now >= self._speaks_from:
                self._speaks_from = now + SILENCE
                logger.warning("The store is away, requests are not limited: %s", type(away).__name__)
            return None

    def _script(self, text: str) -> Script:
        if not self._scripts:
            # Connects at once.
            client = redis.Redis.from_url(
                self._url,
                socket_timeout=PATIENCE,
                socket_connect_timeout=PATIENCE,
                retry=Retry(NoBackoff(), 0),
                single_connection_client=True,
            )
            self._scripts = {one: client.register_script(one) for one in (_TAKE, _GIVE_BACK)}
        return self._scripts[text]


@cache
def store(url: str) -> Store:
    return Store(store_url_of(url))


@dataclass(frozen=True, slots=True)
class Counter:
    """One caller under one policy. `quota` is in requests, `window` in seconds."""

    policy: str
    whose: str
    quota: int
    window: int

    @property
    def name(self) -> str:
        return f"{NAMESPACE}:{self.policy}:{self.whose}"


class Tally:
    """What one request took from its caller's counters, and what is left in them.

    `is_not_modified` says that the answer is known to be 304: refused like any other, it takes only its part.
    """

    def __init__(self, counters: Sequence[Counter], price: int, *, is_not_modified: bool = False) -> None:
        self.counters = counters
        self.price = price * 10
        self._worth_back = self.price * REFUND // 10
        self._taken = self.price - self._worth_back if is_not_modified else self.price
        self._names = [counter.name for counter in counters]
        self._told = self._take()

    def _take(self) -> list[int] | None:
        arguments = [number for one in self.counters for number in (one.quota * 10, one.window * 1000)]
        return store(settings.CELERY_BROKER_URL).run(_TAKE, self._names, [self.price, self._taken, *arguments])

    @property
    def is_refused(self) -> bool:
        return self._told is not None and self._told[0] == 0

    def problem(self) -> Problem:
        """The 429, with the wait for the counter that stays full the longest."""
        full = [(ends, one.policy) for one, used, ends in self._state() if used + self.price > one.quota * 10]
        ends, policy = max(full)
        return Problem("too-many-requests", _SENTENCES[policy], headers={"Retry-After": str(max(-(-ends // 1000), 1))})

    def close(self, response: HttpResponse) -> None:
        """Write the headers; what was not worth its price is given back."""
        response.headers["RateLimit-Policy"] = ", ".join(
            f'"{one.policy}";q={one.quota};w={one.window}' for one in self.counters
        )
        if self._told is None:
            return
        back = 0
        if response.status_code == 304 and self._taken == self.price:
            back = self._worth_back
            store(settings.CELERY_BROKER_URL).run(_GIVE_BACK, self._names, [back])
        response.headers["RateLimit"] = ", ".join(
            f'"{counter.policy}";r={max(counter.quota * 10 - used + back, 0) // 10};t={-(-ends // 1000)}'
            for counter, used, ends in self._state()
        )

    def _state(self) -> list[tuple[Counter, int, int]]:
        """Each counter, the tenths used and the milliseconds until its window ends."""
        told = self._told or []
        return list(zip(self.counters, told[1::2], told[2::2], strict=True))


def of_key(key: ApiKey) -> list[Counter]:
    """Counters of a caller with a key."""
    return [_counter("key", str(key.pk)), _counter("organization", str(key.organization_id))]


def of_visitor(request: HttpRequest) -> list[Counter]:
    """Counters of a caller without a key, or with one that is refused."""
    return [_counter("address", _network(client_address(request)))]


def _counter(policy: str, whose: str) -> Counter:
    quota, window = settings.API_LIMITS[policy]
    return Counter(policy, whose, quota, window)


def _network(address: str | None) -> str:
    """IPv6 is handed out in networks of 64 bits: whoever has one has all its addresses."""
    if address is None or ":" not in address:
        return address or "unknown"
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return "unknown"


class LimitedView(APIView):
    """Counts each request once it is known who asks, and says in each answer what is left."""

    #: What a method costs here, in requests, where it is not the usual price.
    prices: ClassVar[Mapping[str, int]] = {}
    tally: Tally | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        counters = of_key(request.auth) if isinstance(request.auth, ApiKey) else of_visitor(request._request)
        method = request.method or ""
        self.tally = Tally(counters, self.prices.get(method, READ if method in SAFE_METHODS else WRITE))
        if self.tally.is_refused:
            raise self.tally.problem()
        if method not in self.allowed_methods:
            # Before rights are looked at: nobody may do what there is not.
            raise exceptions.MethodNotAllowed(method)
        super().initial(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Any:
        if self.tally is None and isinstance(exc, (exceptions.AuthenticationFailed, Problem)):
            # A wrong key, or one in the address: it counts where it came from.
            self.tally = Tally(of_visitor(self.request._request), REFUSED_KEY)
            if self.tally.is_refused and isinstance(exc, exceptions.AuthenticationFailed):
                exc = self.tally.problem()
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.tally is not None:
            self.tally.close(response)
        return response
