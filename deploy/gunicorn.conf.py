"""Gunicorn in production: `gunicorn --config deploy/gunicorn.conf.py cooperation_portal.wsgi:application`."""

import multiprocessing

bind = "127.0.0.1:8000"  # the TLS proxy in front is the only client
workers = 2 * multiprocessing.cpu_count() + 1
worker_class = "sync"  # threads halve the speed of the API
timeout = 60
graceful_timeout = 30
max_requests = 5000  # a slow leak never grows old
max_requests_jitter = 500
worker_tmp_dir = "/dev/shm"  # noqa: S108 (heartbeat files, on a disk that is never busy)
control_socket_disable = True
