"""Calling programs of others: which addresses are refused, and that nobody who answers badly holds us."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network

import pytest

from exchange.services import outside
from exchange.services.outside import BadAddress, Call, NotReached


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        said = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.headers["Host"], said))
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        while self.path == "/drip" and not self.server.ending.wait(0.02):
            self.wfile.write(b".")
        self.wfile.write(b"x" * 200_000 if self.path == "/long" else b"taken")

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver(settings):
    settings.OUTSIDE_HTTP, settings.OUTSIDE_NETWORKS = True, [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    server.heard, server.ending = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    yield server
    server.ending.set()
    server.shutdown()
    thread.join()
    server.server_close()


def address_of(server, path="/"):
    return f"http://localhost:{server.server_port}{path}"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://10.0.0.1/x",
        "https://192.168.1.1",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://user:password@example.org/",
        "ftp://example.org/",
        "https://",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://exa mple.org/",
        "https://example.org/\r\nX: y",
        "example.org",
    ],
)
def test_an_address_that_is_not_to_be_called_is_refused(url):
    with pytest.raises(BadAddress):
        outside.check_url(url)


@pytest.mark.parametrize("url", ["https://example.org/hook?a=1", "https://93.184.215.14:8443/", "https://пример.рф/"])
def test_a_public_address_over_tls_is_not(url):
    assert outside.check_url(url).geturl() == url


def test_a_name_that_leads_into_a_closed_network_is_not_connected_to(receiver, settings):
    settings.OUTSIDE_NETWORKS = []

    with pytest.raises(BadAddress):
        outside.call(Call(address_of(receiver), content=b"x"))

    assert receiver.heard == []


def test_the_address_that_was_judged_is_the_one_connected_to(receiver, monkeypatch):
    looked_up = []

    def lookup(host, *args, **kwargs):
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", receiver.server_port))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)

    answer = outside.call(Call(f"http://shop.example:{receiver.server_port}/", content=b"said"))

    assert (answer.status, answer.content) == (200, b"taken")
    assert receiver.heard == [(f"shop.example:{receiver.server_port}", b"said")]
    assert looked_up.count("shop.example") == 1


def test_a_redirect_is_an_answer_and_is_not_followed(receiver):
    answer = outside.call(Call(address_of(receiver, "/redirect"), content=b"x"))

    assert answer.status == 302
    assert len(receiver.heard) == 1


def test_no_more_of_an_answer_is_read_than_was_asked_for(receiver):
    answer = outside.call(Call(address_of(receiver, "/long"), content=b"x", limit=1000))

    assert answer.content == b"x" * 1000


def test_whoever_answers_a_byte_at_a_time_holds_nobody(receiver):
    started = time.monotonic()

    with pytest.raises(NotReached):
        outside.call(Call(address_of(receiver, "/drip"), content=b"x", seconds=0.2))

    assert time.monotonic() - started < 2


def test_an_address_at_which_nobody_listens_is_told(receiver):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(NotReached):
        outside.call(Call(f"http://127.0.0.1:{port}/", content=b"x"))


def test_a_name_that_nobody_knows_is_told(receiver, monkeypatch):
    def lookup(*args, **kwargs):
        raise socket.gaierror("unknown")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)

    with pytest.raises(NotReached):
        outside.call(Call("https://nowhere.example/"))


def test_whoever_stands_in_networks_of_its_own_is_called_there_and_nowhere_else(receiver, settings, tmp_path):
    settings.OUTSIDE_HTTP, settings.OUTSIDE_NETWORKS = False, [ip_network("10.0.0.0/8")]
    here, there = [ip_network("127.0.0.0/8"), ip_network("::1/128")], [ip_network("10.0.0.0/8")]
    file = tmp_path / "said"
    file.write_bytes(b"x" * 200_000)

    assert outside.call(Call(address_of(receiver), content=file, networks=here)).content == b"taken"
    for networks in (there, []):
        with pytest.raises(BadAddress):
            outside.call(Call(address_of(receiver), content=b"x", networks=networks))
        with pytest.raises(BadAddress):
            outside.check_url("https://8.8.8.8/", networks)

    assert [len(said) for _host, said in receiver.heard] == [200_000]
