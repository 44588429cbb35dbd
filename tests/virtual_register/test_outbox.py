from decimal import Decimal

import pytest

from virtual_register.errors import Unreachable


def test_what_is_sold_off_line_is_uploaded_later_with_the_same_numbers(register, fake):
    fake.down = True
    for _sale in range(3):
        register.sell([register.scan("10001", None)])
    with pytest.raises(Unreachable):
        register.upload()
    written = register.outbox.waiting()

    fake.down = False
    results = register.upload()

    assert [result.status for result in results] == ["accepted"] * 4
    assert [body["number"] for body in fake.bodies] == [number for number, _body in written]
    assert register.outbox.waiting_count() == 0
    assert fake.available["10001"] == Decimal("9.000")


def test_an_upload_whose_answer_was_lost_is_repeated_and_counted_once(register, fake):
    register.sell([register.scan("10001", Decimal(2))])
    fake.lose_answers = 1

    results = register.upload()

    assert [result.status for result in results] == ["duplicate", "duplicate"]
    assert fake.available["10001"] == Decimal("10.000")
    assert register.outbox.waiting_count() == 0


def test_a_repeat_sends_the_same_bytes(register, fake):
    register.sell([register.scan("10001", None)])
    [_, (number, body)] = register.outbox.waiting()
    register.upload()

    [result] = register.upload(again=1)

    assert result.status == "duplicate"
    assert register.outbox.latest(1) == [(number, body)]
    assert fake.bodies[-1] == fake.bodies[-2]


def test_a_switched_off_register_keeps_its_outbox(register, make):
    register.offline = True
    register.sell([register.scan("10001", None)])
    written = register.outbox.waiting()

    assert make().outbox.waiting() == written


def test_an_answer_that_makes_no_sense_leaves_the_outbox_alone(register, fake, monkeypatch):
    register.sell([register.scan("10001", None)])
    monkeypatch.setattr(fake, "_transactions", lambda batch: fake._ok({"results": [], "last_number": None}))

    with pytest.raises(Unreachable, match="0 answers to 2 transactions"):
        register.upload()

    assert register.outbox.waiting_count() == 2


def test_a_long_outbox_is_sent_in_parts(register, fake, monkeypatch):
    monkeypatch.setattr("virtual_register.register.MAX_BATCH", 2)
    for _sale in range(4):
        register.sell([register.scan("10001", None)])

    register.upload()

    assert [path for _method, path, _query in fake.calls].count("transactions") == 1 + 3
    assert [body["number"] for body in fake.bodies] == [1, 2, 3, 4, 5]


def test_a_heavy_outbox_is_sent_in_parts_too(register, fake, monkeypatch):
    monkeypatch.setattr("virtual_register.outbox.MAX_BYTES", 1)
    register.sell([register.scan("10001", None)])

    register.upload()

    assert [path for _method, path, _query in fake.calls].count("transactions") == 1 + 2


def test_a_failed_sale_leaves_no_number_behind(register):
    with pytest.raises(ZeroDivisionError):
        register.outbox.write_receipt("sale", lambda number, document: 1 / 0, now=None)

    assert register.outbox.waiting_count() == 0
    assert register.store.recall("last_receipt") == ""
