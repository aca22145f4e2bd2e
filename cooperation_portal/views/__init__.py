"""Pages of the portal as a whole."""

from .account import notice_open, notices, notices_read, profile
from .desk import dashboard
from .errors import csrf_failure
from .public import about, home
from .search import search

__all__ = [
    "about",
    "csrf_failure",
    "dashboard",
    "home",
    "notice_open",
    "notices",
    "notices_read",
    "profile",
    "search",
]
