import io

import pytest
from rich.console import Console

from virtual_register.shell import Shell


@pytest.fixture
def type_in(register):
    """Type lines at the prompt; get what was printed."""

    def type_in(*lines):
        waiting = iter(lines)

        def read(_prompt):
            line = next(waiting, None)
            if line is None:
                raise EOFError
            if isinstance(line, BaseException):
                raise line
            return line

        console = Console(file=io.StringIO(), width=200)
        assert Shell(register, console, read=read).run() == 0
        return console.file.getvalue()

    return type_in


def test_scanning_and_paying_closes_a_receipt(type_in, fake):
    printed = type_in("4600000000015", "2*10002", "receipt", "pay card")

    assert "Total 400.00, card 400.00" in printed
    assert fake.bodies[-1]["receipt"]["lines"][1]["quantity"] == "2.000"


def test_a_receipt_can_be_given_up(type_in, fake):
    type_in("4600000000015", "cancel", "pay")

    assert [body["kind"] for body in fake.bodies] == ["shift_open", "cancelled"]


def test_pulling_the_plug_keeps_sales_until_it_is_back(type_in, fake, register):
    printed = type_in("offline", "10001", "pay", "outbox", "online")

    assert "Off-line: 2 in the outbox." in printed
    assert "2 transactions accepted" in printed
    assert register.outbox.waiting_count() == 0


def test_a_lost_server_does_not_end_the_shell(type_in, fake, register):
    fake.down = True

    printed = type_in("10001", "pay", "10001", "pay")

    assert printed.count("in the outbox, to be uploaded later") == 2
    assert register.outbox.waiting_count() == 3


def test_a_refused_token_does_not_stop_selling(type_in, fake, register):
    fake.tokens.clear()

    printed = type_in("10001", "pay")

    assert "pair the register again. 2 in the outbox" in printed


def test_the_server_is_tried_again_with_the_next_receipt(type_in, fake, register):
    fake.down = True
    type_in("10001", "pay")
    fake.down = False

    type_in("10001", "pay")

    assert register.outbox.waiting_count() == 0


def test_commands_of_the_terminal_work_at_the_prompt(type_in):
    printed = type_in("sell 10001 --pay sbp", "goods 10002", "shift close")

    assert "Total 99.00, sbp 99.00" in printed
    assert "Shift 1 closed." in printed


def test_wrong_words_are_an_error_of_the_line(type_in):
    printed = type_in(
        "sell", "nonsense", "pay tea", 'goods "', "shift sideways", KeyboardInterrupt(), "", "help", "quit"
    )

    assert "the following arguments are required: CODE (help lists the words)" in printed
    assert "Nobody here knows nonsense" in printed
    assert "Pay by cash, card or sbp" in printed
    assert "No closing quotation" in printed
    assert "invalid choice: 'sideways'" in printed
    assert "pay [cash|card|sbp]" in printed


def test_names_are_never_markup(type_in, fake, register):
    fake.goods.append({**fake.goods[0], "sku": "10009", "name": "Tea [red]no[/red] [/]", "barcodes": []})
    register.load()

    assert "Tea [red]no[/red] [/]" in type_in("10009", "pay", "goods tea")
