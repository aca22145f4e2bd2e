"""Gunicorn in production: `gunicorn --config deploy/gunicorn.conf.py cooperation_portal.wsgi:application`."""

import logging
import multiprocessing
import re

from gunicorn import glogging

# Not imported from the portal: the master process stays free of its code, so that a reload takes what is new.
KEY = re.compile(r"(n1540(?:_|%5[Ff])[A-Za-z0-9]{1,12})(?:_|%5[Ff])[A-Za-z0-9_%-]+")
# The private address of a person's calendar is a secret as a whole.
CALENDAR = re.compile(r"(/calendar/)[\w%-]{20,}")


class LineWithoutKeys(logging.Formatter):
    def format(self, record):
        return CALENDAR.sub(r"\1…", KEY.sub(r"\1_…", super().format(record)))


class LogWithoutKeys(glogging.Logger):
    """Errors are logged with the whole address: a key that somebody put there is cut down to its prefix, and a private
    address to its beginning, here and in an access log."""

    def setup(self, cfg):
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(LineWithoutKeys(self.error_fmt, self.datefmt))
        for handler in self.access_log.handlers:
            handler.setFormatter(LineWithoutKeys(self.access_fmt))


bind = "127.0.0.1:8000"  # the TLS proxy in front is the only client
workers = 2 * multiprocessing.cpu_count() + 1
worker_class = "sync"  # threads halve the speed of the API
timeout = 60
graceful_timeout = 30
max_requests = 5000  # a slow leak never grows old
max_requests_jitter = 500
worker_tmp_dir = "/dev/shm"  # noqa: S108 (heartbeat files, on a disk that is never busy)
control_socket_disable = True
logger_class = LogWithoutKeys
# The proxy in front keeps the access log. Should one be wanted here (accesslog = "-"), it has paths without queries.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(B)s %(D)s %({x-request-id}o)s'
