"""Pages of the portal as a whole."""

from .account import notice_open, notices, notices_read, profile
from .desk import dashboard
from .errors import csrf_failure
from .news import news_atom
from .public import about, home
from .search import search

__all__ = [
    "about",
    "csrf_failure",
    "dashboard",
    "home",
    "news_atom",
    "notice_open",
    "notices",
    "notices_read",
    "profile",
    "search",
]
