"""A real Celery worker sends; one that is killed while a receiver has the message loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.conf import settings as project
from django.db import connection, transaction
from standardwebhooks.webhooks import Webhook as Verifier

from cooperation_portal import changes
from cooperation_portal.celery import app
from cooperation_portal.webhooks.models import Delivery
from cooperation_portal.webhooks.tasks import deliver_webhooks
from tests.factories import OfferFactory

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def start_worker(authority):
    """Start workers on this test's database that may call loopback and trust the test's authority."""
    workers = []
    app.conf.task_always_eager = False
    with app.connection_for_write() as broker_connection:
        broker_connection.default_channel.queue_purge("celery")

    def start() -> subprocess.Popen:
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "cooperation_portal", "worker", "--pool=solo", "--loglevel=WARNING"],
            cwd=project.BASE_DIR,
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "cooperation_portal.settings.test",
                "DATABASE_NAME": connection.settings_dict["NAME"],
                "BROKER_URL": project.CELERY_BROKER_URL,
                "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
                "SSL_CERT_FILE": str(authority.path),
            },
        )
        workers.append(worker)
        return worker

    yield start
    app.conf.task_always_eager = True
    for worker in workers:
        if worker.poll() is None:
            worker.send_signal(signal.SIGTERM)
            worker.wait(20)


def wait_for(condition, seconds=90):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_a_worker_killed_while_sending_is_followed_by_one_that_sends_again(hook, receiver, cicte, start_worker):
    let_go = threading.Event()
    receiver.answers = [lambda handler: let_go.wait(60), (204, {}, b"")]
    first = start_worker()
    with transaction.atomic():
        changes.record(OfferFactory(organization=cicte))
    assert wait_for(lambda: receiver.got)
    first.kill()
    first.wait(10)
    let_go.set()
    assert Delivery.objects.get().state == "pending"
    start_worker()
    deliver_webhooks.delay()
    assert wait_for(lambda: Delivery.objects.get().state == "delivered")
    one, two = receiver.got
    assert one.headers["webhook-id"] == two.headers["webhook-id"]
    for got in (one, two):
        Verifier(hook.secret).verify(got.body, got.headers)
