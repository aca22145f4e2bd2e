"""When a message that failed is tried again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

#: After the first failure, after the second and so on; together a little over three days.
DELAYS = [
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
]
#: Each delay is up to this part shorter or longer, so that what failed together does not come back together.
JITTER = 0.1
#: A receiver may ask for more time with Retry-After, but not for more than this.
LONGEST_WAIT = timedelta(hours=24)


def next_delay(failures: int, *, retry_after: str, now: datetime) -> timedelta | None:
    """How long to wait after the given number of failures (1 or more); None when enough was tried."""
    if failures > len(DELAYS):
        return None
    planned = DELAYS[failures - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, hides nothing
    return max(planned, min(asked_wait(retry_after, now), LONGEST_WAIT))


def asked_wait(retry_after: str, now: datetime) -> timedelta:
    """`Retry-After` as a number of seconds or a date (RFC 9110, 10.2.3); nothing for what is neither."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), int(LONGEST_WAIT.total_seconds())))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return timedelta(0)
    return max(timedelta(0), (until if until.tzinfo else until.replace(tzinfo=UTC)) - now)
