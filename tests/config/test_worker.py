"""A thread stays with a connection that goes on talking, and leaves one that is silent or keeps others waiting."""

import socket
from queue import SimpleQueue
from types import SimpleNamespace

import pytest
from gunicorn.workers.gthread import ThreadWorker

from config.worker import LingeringWorker


@pytest.fixture
def worker(monkeypatch):
    """A worker without its process, whose requests are single bytes read from the connection."""

    def handle(self, conn):
        conn.served.append(conn.sock.recv(1))
        return conn.served[-1] != b"!"

    monkeypatch.setattr(ThreadWorker, "handle", handle)
    worker = LingeringWorker.__new__(LingeringWorker)
    worker.alive = True
    worker.tpool = SimpleNamespace(_work_queue=SimpleQueue())
    return worker


@pytest.fixture
def talk():
    ours, theirs = socket.socketpair()
    unread = SimpleNamespace(buf=SimpleNamespace(getvalue=lambda: b""))
    conn = SimpleNamespace(sock=ours, served=[], parser=SimpleNamespace(unreader=unread))
    yield conn, theirs
    ours.close()
    theirs.close()


def test_requests_that_follow_at_once_are_served_by_the_same_thread(worker, talk):
    conn, theirs = talk
    theirs.sendall(b"abc")

    assert worker.handle(conn) is True
    assert conn.served == [b"a", b"b", b"c"]


def test_a_connection_that_is_to_be_closed_is_left(worker, talk):
    conn, theirs = talk
    theirs.sendall(b"a!c")

    assert worker.handle(conn) is False
    assert conn.served == [b"a", b"!"]


def test_whoever_waits_for_a_thread_comes_first(worker, talk):
    conn, theirs = talk
    theirs.sendall(b"abc")
    worker.tpool._work_queue.put("another connection")

    assert worker.handle(conn) is True
    assert conn.served == [b"a"]


def test_a_worker_that_is_to_stop_serves_no_further_request(worker, talk):
    conn, theirs = talk
    theirs.sendall(b"abc")
    worker.alive = False

    worker.handle(conn)

    assert conn.served == [b"a"]
