"""The worker that serves registers, as gunicorn runs it: one process, two threads, a small application."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from config import worker
from launch.paths import ROOT

APPLICATION = """
import threading, time

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/slow":
        time.sleep(0.5)
    if path == "/broken":
        raise RuntimeError("broken")
    body = environ["wsgi.input"].read() + path.encode()
    if path == "/empty":
        start_response("204 No Content", [])
        return []
    if path == "/parts":
        start_response("200 OK", [("Content-Length", "6")])
        return [b"HTTP/", b"", b"\\n"]
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


@pytest.fixture(scope="module")
def serve(tmp_path_factory):
    """Start a server with these settings; return its port and its process."""
    tmp_path = tmp_path_factory.mktemp("served")
    (tmp_path / "small.py").write_text(APPLICATION)
    with contextlib.ExitStack() as stack:

        def start(**settings):
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            told = {"workers": 1, "threads": 2, "keep-alive": 5, "graceful-timeout": 3, **settings}
            command = [sys.executable, "-m", "gunicorn", "--no-control-socket"]
            command += ["--worker-class", "config.worker.TillWorker"]
            command += [part for name, value in told.items() for part in (f"--{name.replace('_', '-')}", str(value))]
            process = stack.enter_context(
                subprocess.Popen(
                    [*command, "--bind", f"fd://{listener.fileno()}", "--log-level", "critical", "small:application"],
                    env=os.environ | {"PYTHONPATH": f"{tmp_path}:{ROOT}"},
                    pass_fds=[listener.fileno()],
                )
            )
            stack.callback(process.kill)
            return listener.getsockname()[1], process

        yield start


@pytest.fixture(scope="module")
def port(serve):
    return serve()[0]


def ask(connection, path, body=b""):
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    return answer(connection)


def answer(connection):
    """Return the status line and the body of one answer; nothing if the server has hung up."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(1)
        if not more:
            return "", b""
        data += more
    head, _end, _rest = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    body = b""
    while len(body) < length:
        body += connection.recv(length - len(body))
    return head.split(b"\r\n")[0].decode(), body


def connect(port):
    return contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=10))


def test_a_connection_serves_one_request_after_another(port):
    with connect(port) as connection:
        bodies = [ask(connection, "/", str(number).encode())[1] for number in range(50)]

    assert bodies == [f"{number}/".encode() for number in range(50)]


def test_an_answer_comes_in_one_piece_and_an_empty_one_at_once(port):
    with connect(port) as connection:
        connection.sendall(b"GET /whole HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65536).endswith(b"\r\n\r\n/whole")

        connection.sendall(b"GET /empty HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 204 ")

        assert ask(connection, "/parts") == ("HTTP/1.1 200 OK", b"HTTP/\n")


def test_requests_that_come_together_are_answered_in_order(port):
    with connect(port) as connection:
        connection.sendall(b"".join(f"GET /{number} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for number in range(5)))
        bodies = [answer(connection)[1] for _number in range(5)]

    assert bodies == [f"/{number}".encode() for number in range(5)]


def test_idle_connections_keep_nobody_from_being_served(port):
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connect(port)) for _ in range(20)]
        used = [stack.enter_context(connect(port)) for _ in range(20)]

        assert {ask(connection, "/a") for connection in used} == {("HTTP/1.1 200 OK", b"/a")}
        assert {ask(connection, "/b") for connection in idle + used} == {("HTTP/1.1 200 OK", b"/b")}


def test_as_many_requests_are_answered_at_once_as_there_are_threads(port):
    def slow():
        with connect(port) as connection:
            ask(connection, "/slow")

    threads = [threading.Thread(target=slow) for _ in range(2)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert time.monotonic() - began < 0.9


def test_an_idle_connection_is_closed_in_time(serve):
    port, _process = serve(keep_alive=1)

    with connect(port) as connection:
        ask(connection, "/")

        assert connection.recv(1) == b""


def test_a_failure_is_answered_and_the_next_client_served(port):
    for _ in range(5):
        with connect(port) as connection:
            assert ask(connection, "/broken")[0] == "HTTP/1.1 500 Internal Server Error"
    with connect(port) as connection:
        assert ask(connection, "/fine") == ("HTTP/1.1 200 OK", b"/fine")


def test_clients_that_vanish_or_talk_nonsense_leave_the_worker_well(port):
    for said in (b"", b"\x00\xff\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc", b"GET / HTTP/1.1\r\n"):
        for _ in range(4):
            with connect(port) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                connection.sendall(said)
    with connect(port) as connection:
        assert ask(connection, "/fine") == ("HTTP/1.1 200 OK", b"/fine")


@pytest.fixture
def ends(monkeypatch):
    """A server's end of a connection and its client's; far less patient than in earnest."""
    monkeypatch.setattr(worker, "SILENCE", 0.3)
    ours, client = socket.socketpair()
    with contextlib.closing(worker.TillSocket(fileno=ours.detach())) as served, contextlib.closing(client):
        served.deadline = time.monotonic() + 0.6
        yield served, client


def test_a_client_that_says_nothing_is_hung_up_on(ends):
    served, _client = ends

    with pytest.raises(ConnectionResetError):
        served.recv(100)


def test_a_client_that_dribbles_is_hung_up_on(ends):
    served, client = ends

    def dribble():
        for _ in range(100):
            client.sendall(b"a")
            served.recv(100)
            time.sleep(0.02)

    with pytest.raises(ConnectionResetError):
        dribble()


def test_a_client_that_goes_on_sending_is_heard_to_the_end(ends, monkeypatch):
    monkeypatch.setattr(worker, "SLOWEST", 10)
    served, client = ends

    heard = 0
    for _ in range(50):
        client.sendall(b"abcdefgh")
        heard += len(served.recv(100))
        time.sleep(0.02)

    assert heard == 400


def test_a_long_answer_has_all_the_time_in_which_it_is_taken(ends):
    served, client = ends
    told = b"x" * 3_000_000
    taken = []

    def take():
        while sum(taken) < len(told):
            time.sleep(0.05)
            taken.append(len(client.recv(100_000)))

    thread = threading.Thread(target=take)
    thread.start()
    served.sendall(told)
    thread.join()

    assert sum(taken) == len(told)
    assert time.monotonic() > served.deadline


def test_an_answer_that_nobody_takes_is_given_up(ends):
    served, _client = ends

    with pytest.raises(ConnectionResetError):
        served.sendall(b"x" * 10_000_000)


def test_above_the_limit_a_client_waits_until_another_leaves(serve):
    port, _process = serve(worker_connections=3)

    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(connect(port)) for _ in range(8)]
        for connection in connections:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

        assert [answer(connection)[1] for connection in connections] == [b"/"] * 8


def test_a_request_under_way_is_answered_before_the_worker_stops(serve):
    port, process = serve()

    with connect(port) as idle, connect(port) as connection:
        ask(idle, "/")
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)

        assert answer(connection) == ("HTTP/1.1 200 OK", b"/slow")
        assert process.wait(timeout=5) == 0
