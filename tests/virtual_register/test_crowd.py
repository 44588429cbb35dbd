import asyncio
import json
from decimal import Decimal

import pytest

from tests.virtual_register.fake import Listening
from virtual_register.cli import main
from virtual_register.crowd import asking
from virtual_register.crowd.connection import Connection, Lost
from virtual_register.crowd.figures import Times
from virtual_register.crowd.tellings import Tellings
from virtual_register.errors import RegisterError


@pytest.fixture
def site(fake, tmp_path):
    """Eight registers of one warehouse, the fortieth good of which is as good as the first."""
    for number in range(10, 50):
        sku = f"2{number:04d}"
        fake.goods.append({**fake.goods[0], "sku": sku, "barcodes": []})
        fake.set_available(sku, "100.000")
    tokens = {f"prk_{number}": f"Register {number}" for number in range(8)}
    fake.tokens.update(tokens)
    registers = [{"number": place, "token": token} for place, token in enumerate(tokens, start=1)]
    with Listening(fake) as listening:
        (tmp_path / "demo.json").write_text(json.dumps({"url": listening.url, "registers": registers}))
        yield listening


@pytest.fixture
def run(tmp_path, capsys):
    def run(*words):
        code = main(["--demo", str(tmp_path / "demo.json"), "--state", str(tmp_path), "--json", *words])
        captured = capsys.readouterr()
        return code, json.loads(captured.out) if captured.out else None, captured.err

    return run


def test_a_crowd_sells_listens_and_agrees(site, run, fake):
    code, figures, _err = run("--many", "8", "--sales", "30", "--rate", "0")

    assert code == 0
    assert (figures["registers"], figures["sellers"], figures["listeners"]) == (8, 2, 6)
    assert (figures["sales"], figures["statuses"]) == (30, {"accepted": 30})
    assert (figures["told"]["count"], figures["untold"]) == (30, 0)
    assert figures["told"]["longest"] > 0
    assert (figures["compared"], figures["diverged"], figures["errors"]) == (8, [], {})


def test_a_crowd_under_stock_control_asks_for_every_line(site, run, fake, monkeypatch):
    fake.stock_control = "external"
    for habit in ("CHANGED", "TAKEN_OFF", "LINK_LOST", "ABANDONED"):
        monkeypatch.setattr(asking, habit, 0.3)
    fake.set_available(fake.goods[-1]["sku"], "0.000")

    code, figures, _err = run("--many", "8", "--sales", "60", "--rate", "0")

    assert code == 0
    assert figures["asked"] == figures["held"]["count"] > figures["sales"] > 0
    assert set(figures["refused"]) <= {"not_enough"}
    assert min(figures["resized"], figures["abandoned"], figures["links_lost"]) > 0
    assert (figures["statuses"].keys(), figures["diverged"]) == ({"accepted"}, [])
    closed = [body["counters"]["receipts"] for body in fake.bodies if body["kind"] == "shift_close"]
    assert sum(closed) == sum(body["kind"] == "sale" for body in fake.bodies) == figures["sales"]


def test_shifts_are_counted_as_they_were_sold(site, run, fake):
    run("--many", "2", "--sales", "5", "--rate", "0", "--sellers", "1")

    closed = fake.bodies[-1]
    sold = [Decimal(body["receipt"]["total"]) for body in fake.bodies if body["kind"] == "sale"]
    assert (closed["kind"], closed["counters"]["receipts"]) == ("shift_close", 5)
    assert Decimal(closed["counters"]["sales"]) == sum(sold)


def test_numbers_go_on_from_crowd_to_crowd(site, run, fake):
    run("--many", "2", "--sales", "3", "--rate", "0")
    run("--many", "2", "--sales", "3", "--rate", "0")

    numbers = [body["number"] for body in fake.bodies]
    assert numbers == sorted(set(numbers))
    assert len({body["shift"] for body in fake.bodies}) == 2
    assert [body["kind"] for body in fake.bodies] == 2 * ["shift_open", "sale", "sale", "sale", "shift_close"]


def test_the_same_seed_sells_the_same(site, run, fake):
    run("--many", "2", "--sales", "3", "--rate", "0", "--seed", "5")
    first = [body["receipt"]["lines"] for body in fake.bodies if body["kind"] == "sale"]
    fake.bodies.clear()
    for sku in fake.available:
        fake.available[sku] = Decimal(100)

    run("--many", "2", "--sales", "3", "--rate", "0", "--seed", "5")

    assert [body["receipt"]["lines"] for body in fake.bodies if body["kind"] == "sale"] == first


def test_a_busy_server_is_counted_and_no_sale_is_lost(site, run, fake):
    fake.busy = 5

    code, figures, _err = run("--many", "4", "--sales", "10", "--rate", "0")

    assert code == 0
    assert (figures["sales"], figures["unacknowledged"]) == (10, 0)
    assert figures["errors"] == {"http_503": 5}


def test_a_register_that_diverged_is_named(site, run, fake, monkeypatch):
    real = fake._stock

    def lying(path, query):
        if path == "stock/checksum":
            fake.available["10002"] += 1  # A change that no packet told of.
        return real(path, query)

    monkeypatch.setattr(fake, "_stock", lying)

    code, figures, err = run("--many", "2", "--sales", "2", "--rate", "0")

    assert code == 6
    assert len(figures["diverged"]) == 2
    assert "SKUs" in err


def test_switched_off_stock_ends_it_in_words(site, run, fake):
    fake.stock_sync = False

    code, _figures, err = run("--many", "2")

    assert (code, "Stock synchronization is switched off" in err) == (5, True)


def test_a_crowd_larger_than_what_is_known_asks_to_be_prepared(site, run):
    code, _figures, err = run("--many", "9")

    assert code == 1
    assert "9 registers are asked for and 8 are known: add --prepare" in err
    assert "Only manage.py virtual_register can --prepare" in run("--many", "9", "--prepare")[2]


def test_a_crowd_of_nobody_is_refused(run):
    assert run("--many", "0")[0] == 1


def test_a_sale_is_told_when_the_last_listener_heard_of_it():
    tellings = Tellings()
    first, second = tellings.listen(), tellings.listen()
    tellings.watch("10001")
    tellings.sold("10001", left=Decimal(9), at=1.0)
    tellings.sold("10001", left=Decimal(7), at=2.0)

    tellings.hear(first, [("10001", Decimal(9))], at=3.0)
    assert (tellings.seconds(), tellings.untold()) == ([], 2)
    tellings.hear(second, [("10001", Decimal(7))], at=4.0)
    assert (tellings.seconds(), tellings.untold()) == ([3.0], 1)
    tellings.hear(first, [("10001", Decimal(7))], at=6.0)

    assert (tellings.seconds(), tellings.untold()) == ([3.0, 4.0], 0)


def test_a_sale_that_did_not_come_through_is_not_waited_for():
    tellings = Tellings()
    tellings.listen()
    tellings.watch("10001")

    tellings.sold("10001", left=Decimal(9), at=1.0).void = True

    assert tellings.untold() == 0


def test_times_are_ranked():
    times = Times.of([one / 100 for one in range(100, 0, -1)])

    assert (times.count, times.p50, times.p99, times.longest) == (100, 0.5, 0.99, 1.0)
    assert str(times) == "p50 500 ms · p95 950 ms · p99 990 ms · max 1000 ms"
    assert str(Times.of([])) == "—"


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://localhost", "http://localhost:port"])
def test_an_address_that_is_none_is_said(url):
    with pytest.raises(RegisterError, match="is not an address"):
        Connection(url, {})


def converse(*answers):
    """Ask a server that gives these answers, one connection each; return the last answer."""

    async def main():
        left = list(answers)

        async def connected(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(left.pop(0))
            writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        async with server, Connection(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", {}) as connection:
            for _call in answers:
                answer = await connection.call("GET", "/", within=2.0)
        return answer

    return asyncio.run(main())


def test_a_chunked_answer_is_put_together():
    answer = converse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")

    assert (answer.status, answer.body) == (200, b"abcde")


def test_an_answer_without_a_length_ends_with_the_connection():
    assert converse(b"HTTP/1.1 200 OK\r\n\r\nall of it").body == b"all of it"


def test_a_connection_that_ended_meanwhile_is_opened_again():
    kept = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"

    assert converse(kept + b"1", kept + b"2").body == b"2"


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", b"nonsense\r\n\r\n"])
def test_half_an_answer_is_none(answer):
    with pytest.raises(Lost):
        converse(answer)
