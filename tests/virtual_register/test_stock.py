from decimal import Decimal

import pytest

from virtual_register.errors import Diverged, Refused, RegisterError


def test_stock_is_loaded_packet_by_packet(register, fake):
    assert [query.get("cursor") for _method, path, query in fake.calls if path == "stock"] == [None, "s.e1.2"]
    assert register.stock.left("10001") == Decimal("12.000")


def test_a_packet_replaces_what_was_believed(register, fake):
    fake.set_available("10001", "5.000")

    [moved] = register.sync()

    assert (moved.sku, moved.before, moved.after) == ("10001", Decimal("12.000"), Decimal("5.000"))
    assert register.stock.left("10001") == Decimal("5.000")


def test_an_own_sale_lowers_the_view_at_once(register):
    register.offline = True

    register.sell([register.scan("10001", Decimal(2))])

    assert register.stock.left("10001") == Decimal("10.000")


def test_a_packet_from_before_our_sale_does_not_give_the_goods_back(register, fake):
    register.sell([register.scan("10001", Decimal(2))])
    fake.set_available("10001", "11.000")  # Somebody sold one; ours is still in the outbox.

    register.sync()

    assert register.stock.left("10001") == Decimal("9.000")


def test_a_sale_is_counted_once_after_upload_and_poll(register):
    register.sell([register.scan("10001", Decimal(2))])

    register.upload()
    register.sync()

    assert register.stock.left("10001") == Decimal("10.000")
    assert register.stock.view("10001")[0].told == Decimal("10.000")


def test_a_poll_that_began_before_the_answer_does_not_settle_the_sale(register, fake):
    counted = register.stock.acknowledged()
    asked = register.stock.cursor
    register.sell([register.scan("10001", Decimal(2))])
    packet = _packet(register)
    register.upload()

    register.stock.apply(packet, asked=asked, counted=counted)

    assert register.stock.left("10001") == Decimal("10.000")


def test_a_packet_for_a_cursor_that_another_terminal_moved_is_left_alone(register, fake):
    asked = register.stock.cursor
    fake.set_available("10001", "7.000")
    packet = _packet(register)
    fake.set_available("10001", "6.000")
    register.sync()

    moved = register.stock.apply(packet, asked=asked, counted=[])

    assert moved == []
    assert register.stock.left("10001") == Decimal("6.000")


def _packet(register):
    from virtual_register import wire

    return wire.read_stock(register.server.get("stock", cursor=register.stock.cursor).content)


def test_another_epoch_loads_everything_again(register, fake):
    del fake.available["10002"], fake.revisions["10002"]
    fake.epoch = "e2"

    register.sync()

    assert register.stock.cursor == "s.e2.3"
    assert register.stock.count() == 2


def test_another_mode_of_stock_control_loads_everything_again(register, fake):
    fake.stock_control = "with_prompts"
    register.settings()

    assert len(register.sync()) == 3


def test_waiting_takes_in_what_changed(register, fake):
    fake.set_available("10002", "1.000")

    [moved] = register.wait(seconds=1)

    assert (moved.sku, moved.after) == ("10002", Decimal("1.000"))
    assert fake.calls[-1] == ("GET", "wait", {"cursor": "s.e1.3", "timeout": "1"})


def test_waiting_in_vain_changes_nothing(register):
    assert register.wait(seconds=1) == []


def test_waiting_with_a_dead_cursor_loads_everything_again(register, fake):
    fake.epoch = "e2"

    assert len(register.wait(seconds=1)) == 3


def test_the_address_to_wait_at_may_be_a_host_or_the_very_address(register):
    assert register.wait_address() == "http://till.test/kkm/v1/wait"

    register.store.remember(wait_url="https://wait.test/kkm/v1/wait")

    assert register.wait_address() == "https://wait.test/kkm/v1/wait"


def test_a_checksum_is_compared_after_the_last_packet(register, fake):
    fake.set_available("10001", "4.000")

    count, _sums = register.check_sums()

    assert count == 3
    assert fake.calls[-1][1] == "stock/checksum"


def test_a_checksum_leaves_out_what_the_register_is_not_told_of(register, fake):
    fake.available["10002"] = Decimal("1.000")  # A wholesale invoice, told to others only.
    fake.left_out = ["10002"]

    assert register.check_sums()[0] == 2


def test_a_difference_is_said(register, fake):
    fake.available["10002"] = Decimal("1.000")

    with pytest.raises(Diverged, match=r"3 SKUs, [0-9a-f]{8} here; 3 SKUs, [0-9a-f]{8} there"):
        register.check_sums()


def test_switched_off_synchronization_is_said_in_words(register, fake):
    fake.stock_sync = False

    with pytest.raises(Refused, match="switched off in the server's constants") as refusal:
        register.sync()
    assert (refusal.value.code, refusal.value.exit_code) == ("stock_sync_disabled", 5)


def test_under_stock_control_the_own_view_decides(register):
    register.store.remember(stock_control="without_prompts")

    with pytest.raises(RegisterError, match=r"3\.000 left here"):
        register.scan("10002", Decimal(4))
    assert register.scan("10002", Decimal(4), force=True).quantity == Decimal("4.000")


def test_what_lies_on_the_counter_is_not_sold_twice(register):
    register.store.remember(stock_control="with_prompts")
    first = register.scan("10002", Decimal(2))

    with pytest.raises(RegisterError, match=r"1\.000 left here"):
        register.scan("10002", Decimal(2), lying=[first])


def test_a_register_that_was_never_told_of_stock_does_not_control_it(make, fake):
    fake.stock_control = "without_prompts"
    register = make()
    register.settings()
    register.load()

    assert register.scan("10001", None).quantity == Decimal("1.000")
