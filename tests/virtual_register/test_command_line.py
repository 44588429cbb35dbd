import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.virtual_register.fake import TOKEN, Listening
from virtual_register.cli import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def site(fake, tmp_path):
    """A server on a real socket with its var/demo.json."""
    with Listening(fake) as listening:
        registers = [{"number": 1, "name": "Till", "token": TOKEN}, {"number": 2, "token": "prk_of_the_second"}]
        demo = {"url": listening.url, "wait_url": listening.url, "logins": [], "registers": registers}
        (tmp_path / "demo.json").write_text(json.dumps(demo))
        yield listening


@pytest.fixture
def run(tmp_path, capsys):
    """Type a command; get its exit code and what it printed."""

    def run(*words):
        code = main(["--demo", str(tmp_path / "demo.json"), "--state", str(tmp_path / "state"), *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_the_first_sale_needs_nothing_but_the_sale(site, run, fake):
    code, out, err = run("sell", "4600000000015", "--quantity", "2")

    assert (code, err) == (0, "")
    assert "First run: 3 goods loaded." in out
    assert re.search(r"Good 10001 +2\.000 × 99\.00 +198\.00 +10\.000 left", out)
    assert "Total 198.00, cash 198.00" in out
    assert fake.available["10001"] == 10


def test_another_register_hears_of_the_sale(site, run, fake):
    run("sync", "--register", "2")
    run("load")
    selling = threading.Timer(0.2, lambda: fake.set_available("10001", "10.000") or site.wake())
    selling.start()

    code, out, _err = run("listen", "--register", "2", "--changes", "1")

    selling.join()
    assert code == 0
    assert re.search(r"10001 +12\.000 → +10\.000", out)


def test_what_was_missed_is_counted_before_listening(site, run, fake):
    run("sync")
    fake.set_available("10001", "10.000")

    assert "1 changed since this register last asked." in run("listen", "--seconds", "0.1")[1]


def test_a_listener_outlives_its_server(site, run, fake, monkeypatch):
    run("sync")
    real = fake._stock
    answers = [lambda: fake._error(500, "error", ""), lambda: real("stock", {"cursor": "s.e1.2"})]
    monkeypatch.setattr(fake, "_stock", lambda path, query: answers.pop(0)() if path == "wait" else real(path, query))
    monkeypatch.setattr("virtual_register.commands.time.sleep", lambda seconds: None)

    code, out, _err = run("listen", "--changes", "1", "--patience", "0")

    assert code == 0
    assert re.search(r"Trying on\.\nThe server is back\.\n.*10003", out)


def test_ctrl_c_ends_listening_well(site, run, monkeypatch):
    run("sync")

    def interrupted(self, *, seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("virtual_register.register.Register.wait", interrupted)

    assert run("listen")[0] == 0


def test_listening_ends_when_its_time_is_up(site, run):
    run("sync")

    assert run("listen", "--seconds", "0.2")[0] == 0


def test_off_line_sales_wait_and_are_uploaded(site, run, fake):
    run("load")
    code, out, _err = run("sell", "4600000000015", "--offline")
    assert (code, "Off-line: 2 in the outbox." in out) == (0, True)

    code, out, _err = run("upload")

    assert (code, "2 transactions accepted" in out) == (0, True)
    assert run("outbox")[1] == "The outbox is empty.\n"
    assert "sale" in run("outbox", "--all")[1]


def test_a_sale_without_a_server_is_kept_and_said_with_an_exit_code(site, run, fake, tmp_path):
    run("load")

    code, out, err = run("sell", "4600000000015", "--url", "http://127.0.0.1:1", "--patience", "0")

    assert code == 3
    assert "Total 99.00" in out
    assert err.startswith("error: The server at http://127.0.0.1:1 does not answer")
    assert err.endswith("2 in the outbox, to be uploaded later.\n")
    assert err.count("\n") == 1


def test_a_return_of_a_whole_receipt(site, run, fake):
    run("sell", "2*4600000000015", "10002")

    code, out, _err = run("return", "--receipt", "1")

    assert code == 0
    assert "Total 348.50" in out
    assert fake.available["10001"] == 12
    assert run("return", "--receipt", "1")[2] == "error: All of receipt 1 has come back already.\n"


def test_a_return_without_a_known_sale(site, run, fake):
    code, _out, _err = run("return", "4600000000015")

    assert code == 0
    assert "of" not in fake.bodies[-1]["receipt"]


def test_a_return_of_something_that_was_not_on_the_receipt(site, run):
    run("sell", "10001")

    assert run("return", "10002", "--receipt", "1")[0] == 1


def test_a_cancelled_receipt_a_shift_and_cash(site, run, fake):
    assert run("cash", "in", "500")[0] == 0
    assert run("cancel", "10001")[0] == 0
    code, out, _err = run("shift", "close")

    assert code == 0
    assert re.search(r"cash in drawer +500\.00", out)
    kinds = [body["kind"] for body in fake.bodies]
    assert kinds == ["shift_open", "cash_in", "cancelled", "shift_close"]


def test_pairing_keeps_the_token_for_later(site, run, fake):
    code, out, _err = run("pair", "ABCD-EFGH")
    assert (code, "register 7 Till 7" in out) == (0, True)

    assert run("status", "--register", "7")[0] == 0

    assert run("pair", "ABCD-EFGH")[::2] == (5, "error: This pairing code has been used already.\n")


def test_a_status_is_shown_without_a_server_too(site, run):
    run("load")

    code, out, _err = run("status", "--url", "http://127.0.0.1:1", "--patience", "0")

    assert code == 0
    assert re.search(r"answers +no: The server at", out)
    assert re.search(r"goods +3", out)


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["sell", "4609999999999"], 1, "Nobody here knows 4609999999999"),
        (["price", "nonsense"], 5, "Nothing is known under “nonsense”"),
        (["status", "--token", "prk_wrong"], 0, ""),
        (["load", "--token", "prk_wrong"], 4, "pair the register again"),
        (["load", "--register", "../7"], 1, "a register is named by letters and digits"),
        (["load", "--register", "5"], 4, "Register 5 has no token"),
        (["load", "--token", "жетон"], 4, "Latin letters"),
        (["load", "--url", "localhost:1"], 1, "is not an address"),
        (["load", "--url", "http://127.0.0.1:1", "--patience", "0"], 3, "does not answer"),
        (["return"], 1, "What comes back?"),
        (["shift", "show"], 1, "No shift is open"),
    ],
)
def test_what_goes_wrong_is_one_line_and_an_exit_code(site, run, words, code, error):
    ended, _out, err = run(*words)

    assert ended == code
    assert error in err
    assert err.count("\n") == (1 if error else 0)


def test_switched_off_stock_is_said_and_does_not_stop_selling(site, run, fake):
    fake.stock_sync = False

    code, out, _err = run("sell", "10001")
    assert (code, "Stock synchronization is switched off" in out) == (0, True)

    assert run("sync")[0] == 5


def test_a_checksum_that_differs_has_an_exit_code_of_its_own(site, run, fake):
    assert run("checksum")[0] == 0
    fake.available["10002"] += 1

    code, _out, err = run("checksum")

    assert (code, "Stock differs" in err) == (6, True)


def test_goods_prices_and_stock_are_listed(site, run):
    run("load")
    run("sync")

    assert "4600000000022" in run("goods", "10002")[1]
    assert re.search(r"10003 +Good 10003 +5\.500", run("stock")[1])
    assert "Good 10001: 99.00, 12.000 left" in run("price", "10001")[1]
    assert run("rotate")[0] == 0


def test_a_demo_list_that_is_broken_is_said(tmp_path, run):
    (tmp_path / "demo.json").write_text("{")

    assert "demo.json cannot be read" in run("status")[2]


def test_a_memory_that_cannot_be_kept_is_said(tmp_path, run, site):
    (tmp_path / "state").write_text("a file where a directory should be")

    code, _out, err = run("status")

    assert (code, err.startswith("error: the register's memory in")) == (1, True)


def test_it_imports_nothing_of_the_server():
    program = """
import sys
import virtual_register.cli
known = {"django", "config", "retail", "registers", "stock", "billing", "exchange"}
print(sorted(known & {name.partition(".")[0] for name in sys.modules}))
"""

    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert ended.stdout == "[]\n"
