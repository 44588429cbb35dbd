from decimal import Decimal

from virtual_register import checksum


def test_the_part_of_a_sku_is_the_head_of_its_md5():
    assert checksum.row("10001", Decimal("12")) == int("11d9f171", 16)


def test_the_worked_example_of_the_integrators_guide():
    view = {"10001": Decimal("120.000"), "10002": Decimal("14.350"), "10003": Decimal("40.000")}

    assert checksum.compute(view.items()) == (3, "ba97c15e")
    assert checksum.compute((view | {"10001": Decimal(118)}).items()) == (3, "15d1c0d4")


def test_parts_are_added_up_modulo_2_to_the_32():
    view = [("10001", Decimal("12.000")), ("10002", Decimal("-3.5")), ("10003", Decimal("0"))]

    count, sums = checksum.compute(view)

    assert (count, sums) == (3, f"{sum(checksum.row(*one) for one in view) % 2**32:08x}")
    assert len(sums) == 8


def test_the_order_of_the_view_does_not_matter():
    view = [(str(sku), Decimal(sku)) for sku in range(50)]

    assert checksum.compute(view) == checksum.compute(reversed(view))


def test_what_the_server_leaves_out_is_left_out():
    view = [("10001", Decimal(12)), ("10002", Decimal(3))]

    assert checksum.compute(view, ["10002"]) == checksum.compute(view[:1])


def test_an_empty_view_has_a_checksum_too():
    assert checksum.compute([]) == (0, "00000000")
