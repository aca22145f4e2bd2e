"""What a receiver may do to the portal: nothing. Real connections over TLS on loopback."""

from __future__ import annotations

import gzip
import socket
import threading
import time

import pytest

from cooperation_portal.outgoing import https
from cooperation_portal.outgoing.https import NoAnswer, post
from cooperation_portal.outgoing.urls import destination

from .receiver import dripping, looks_up

RESOLVER = "cooperation_portal.outgoing.addresses.socket.getaddrinfo"


def sent(receiver):
    return post(destination(receiver.url), body=b"{}", headers={"Content-Type": "application/json"})


def code_of(receiver):
    with pytest.raises(NoAnswer) as told:
        sent(receiver)
    return told.value.code


def test_the_answer_comes_back_with_its_beginning(receiver):
    receiver.answers = [(200, {"Retry-After": "7"}, b"thank you")]
    answer = sent(receiver)
    assert (answer.status, answer.retry_after, answer.body) == (200, "7", b"thank you")


def test_the_name_is_looked_up_once_so_that_a_second_answer_changes_nothing(start_receiver, monkeypatch):
    """DNS rebinding: the first answer is good, the next would lead to another machine."""
    receiver = start_receiver("hooks.organization.example")
    answers = {"hooks.organization.example": ["127.0.0.1"]}
    resolver = looks_up(answers)

    def rebinding(host, *args, **kwargs):
        found = resolver(host, *args, **kwargs)
        if host == "hooks.organization.example":
            answers[host] = ["127.0.0.66"]
        return found

    monkeypatch.setattr(RESOLVER, rebinding)
    assert sent(receiver).status == 204
    assert resolver.asked == ["hooks.organization.example"]
    assert receiver.got[0].headers["host"] == f"hooks.organization.example:{receiver.port}"


def test_a_certificate_of_another_name_is_refused_before_anything_is_said(start_receiver, monkeypatch):
    receiver = start_receiver("hooks.organization.example", certified_for="other.organization.example")
    monkeypatch.setattr(RESOLVER, looks_up({"hooks.organization.example": ["127.0.0.1"]}))
    assert code_of(receiver) == "tls"
    assert receiver.got == []


def test_a_certificate_of_an_unknown_authority_is_refused(receiver, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    assert code_of(receiver) == "tls"
    assert receiver.got == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver, start_receiver, status):
    elsewhere = start_receiver()
    receiver.answers = [(status, {"Location": elsewhere.url}, b"")]
    assert sent(receiver).status == status
    assert (len(receiver.got), elsewhere.got) == (1, [])


def test_of_a_huge_answer_only_the_beginning_is_read(receiver):
    written = []

    def pour(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        try:
            for _turn in range(1600):
                handler.wfile.write(b"x" * 65536)
                written.append(65536)
        except OSError:
            written.append(0)

    receiver.answers = [pour]
    answer = sent(receiver)
    assert (answer.status, answer.body) == (200, b"x" * 4096)
    for _turn in range(100):
        if written and written[-1] == 0:
            break
        time.sleep(0.05)
    assert written[-1] == 0  # the connection was closed on it
    assert sum(written) < 20_000_000


def test_a_small_answer_that_unpacks_to_a_huge_one_is_not_unpacked(receiver):
    bomb = gzip.compress(b"0" * 10_000_000)
    receiver.answers = [(200, {"Content-Encoding": "gzip"}, bomb)]
    assert sent(receiver).body == bomb[:4096]


@pytest.mark.parametrize("in_headers", [True, False])
def test_who_drips_is_cut_off_when_the_time_is_over(receiver, monkeypatch, in_headers):
    monkeypatch.setattr(https, "WHOLE_SECONDS", 1.0)
    receiver.answers = [dripping(8, in_headers=in_headers)]
    began = time.monotonic()
    if in_headers:
        assert code_of(receiver) == "timeout"
    else:
        assert sent(receiver).status == 200  # the status had been given
    assert time.monotonic() - began < 3


def test_who_takes_longer_to_answer_than_to_connect_is_waited_for(receiver, monkeypatch):
    monkeypatch.setattr(https, "CONNECT_SECONDS", 0.5)

    def think(handler):
        time.sleep(1.2)
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        handler.wfile.flush()
        time.sleep(0.8)  # and the body comes after another while
        handler.wfile.write(b"ok")

    receiver.answers = [think]
    answer = sent(receiver)
    assert (answer.status, answer.body) == (200, b"ok")


def test_who_never_answers_is_not_waited_for(receiver, monkeypatch):
    monkeypatch.setattr(https, "WHOLE_SECONDS", 0.6)
    receiver.answers = [lambda handler: time.sleep(4)]
    began = time.monotonic()
    assert code_of(receiver) == "timeout"
    assert time.monotonic() - began < 2


def test_who_takes_the_connection_and_says_nothing_of_tls_is_not_waited_for(receiver, monkeypatch):
    monkeypatch.setattr(https, "CONNECT_SECONDS", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        receiver.port = silent.getsockname()[1]
        began = time.monotonic()
        assert code_of(receiver) == "no_connection"
        assert time.monotonic() - began < 2


def test_a_port_that_nobody_listens_on(receiver):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        receiver.port = gone.getsockname()[1]
    assert code_of(receiver) == "no_connection"


def test_an_answer_that_is_not_http(receiver):
    receiver.answers = [lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")]
    assert code_of(receiver) == "broken"


def test_the_next_address_of_a_name_is_tried_when_the_first_takes_no_connection(receiver, monkeypatch):
    monkeypatch.setattr(RESOLVER, looks_up({"localhost": ["127.0.0.9", "127.0.0.1"]}))
    assert sent(receiver).status == 204


def test_proxies_of_the_environment_are_not_used(receiver, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert sent(receiver).status == 204


def test_no_timer_is_left_behind(receiver):
    before = threading.active_count()
    for _turn in range(3):
        sent(receiver)
    time.sleep(0.3)
    assert threading.active_count() <= before + 1
