"""A register under external stock control asks before each line, and lives with the answers."""

import io
from argparse import Namespace

import pytest
from rich.console import Console

from tests.virtual_register.test_shell import type_in
from virtual_register import commands
from virtual_register.errors import Refused

__all__ = ["type_in"]


@pytest.fixture
def register(fake, make):
    fake.stock_control = "external"
    register = make()
    register.settings()
    register.load()
    register.sync()
    return register


def reservations(fake):
    return [(method, *path.split("/")[2:]) for method, path, _query in fake.calls if path.startswith("reservations/")]


def sell(register, *codes, **options):
    console = Console(file=io.StringIO(), width=200)
    chosen = {"quantity": None, "force": False, "abandon": False, "pay": None, "card": None, **options}
    try:
        commands.sell(register, Namespace(codes=codes, **chosen), console)
    finally:
        register.printed = console.file.getvalue()


def test_every_line_is_asked_for_and_sold_under_the_uid_it_was_held_by(register, fake):
    sell(register, "10001", "2*10002")

    assert reservations(fake) == [("PUT", "lines", "1"), ("PUT", "lines", "2")]
    assert "Good 10002: 2.000 held, 1.000 left for others" in register.printed
    [(uid, held)] = fake.holds.items()
    assert fake.bodies[-1]["receipt"]["uid"] == uid
    assert held == {}


def test_a_refusal_is_read_aloud_and_nothing_is_sold_or_stays_held(register, fake):
    with pytest.raises(Refused, match="10002: 4"):
        sell(register, "10001", "4*10002")

    assert fake.bodies == []
    assert (fake.available["10001"], fake.available["10002"]) == (12, 3)


def test_force_asks_nobody(register, fake):
    sell(register, "4*10002", force=True)

    assert reservations(fake) == []
    assert fake.bodies[-1]["kind"] == "sale"


def test_a_receipt_that_is_abandoned_stays_held_and_is_never_told(register, fake):
    sell(register, "10001", abandon=True)

    assert fake.bodies == []
    assert fake.available["10001"] == 11


def test_other_modes_ask_nobody_unless_they_are_told_to(make, fake):
    register = make()
    register.settings()
    sell(register, "10001")
    assert reservations(fake) == []

    insisting = make("2", stock_control=True)
    with pytest.raises(Refused, match="asks nobody"):
        sell(insisting, "10001")


def test_at_the_prompt_a_refusal_leaves_the_receipt_as_it_was(type_in, fake):
    printed = type_in("10001", "4*10002", "3*10002", "pay")

    assert "10002: 4.000 asked, 3.000 free." in printed
    assert [line["sku"] for line in fake.bodies[-1]["receipt"]["lines"]] == ["10001", "10002"]
    assert fake.available["10002"] == 0


def test_a_quantity_is_changed_and_a_line_taken_off(type_in, fake):
    printed = type_in("10001", "10002", "quantity 3", "quantity 4", "quantity 0", "quantity 5", "pay")

    assert "10002: 4.000 asked" in printed
    assert ("DELETE", "lines", "2") in reservations(fake)
    assert [(line["sku"], line["quantity"]) for line in fake.bodies[-1]["receipt"]["lines"]] == [("10001", "5.000")]
    assert (fake.available["10001"], fake.available["10002"]) == (7, 3)


def test_there_is_nothing_to_change_on_an_empty_counter(type_in):
    assert "nothing on the counter" in type_in("quantity 3")


def test_a_receipt_is_abandoned_at_the_prompt(type_in, fake):
    printed = type_in("10001", "abandon", "10002", "cancel")

    assert "Walked away" in printed
    assert [body["kind"] for body in fake.bodies] == ["shift_open", "cancelled"]
    assert (fake.available["10001"], fake.available["10002"]) == (11, 3)


def test_a_link_lost_in_the_middle_lets_the_cashier_sell_on(type_in, fake):
    printed = type_in("10001", "offline", "10002", "online", "pay")

    assert "What lies on the counter is held again." in printed
    assert reservations(fake) == [("PUT", "lines", "1"), ("PUT",)]
    assert len(fake.bodies[-1]["receipt"]["lines"]) == 2


def test_a_server_that_breaks_in_the_middle_is_asked_no_more_for_this_receipt(register, fake):
    fake.lose_answers = 0
    asked = register.server.put

    def break_down(path, body):
        fake.down = True
        return asked(path, body)

    register.server.put = break_down
    with pytest.raises(commands.Unreachable):
        sell(register, "10001", "10002")

    assert "Stock control cannot be asked" in register.printed
    assert register.outbox.waiting_count() == 2
