"""The register and the real server, over a real socket: what both were written from is one contract."""

import socket
import threading
from datetime import timedelta
from decimal import Decimal
from ipaddress import ip_network

import pytest
from django.utils import timezone

from registers.models import KkmTransaction, Receipt
from registers.services import pairing, tokens
from stock.models import Balance, Reservation
from stock.services import documents
from tests.factories.exchange import UploadSourceFactory
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import BarcodeFactory, PriceFactory, SkuFactory, WarehouseFactory
from tests.factories.stock import DocumentLineFactory, GoodsReceiptFactory
from virtual_register.cli import main

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def warehouse():
    """A warehouse with ten of SKU 10001 at 99.00."""
    warehouse = WarehouseFactory()
    milk = SkuFactory(code="10001")
    BarcodeFactory(sku=milk, value="4600000000015")
    PriceFactory(sku=milk, price_type=warehouse.retail_price_type, amount=Decimal("99.00"))
    line = DocumentLineFactory(document=GoodsReceiptFactory(warehouse=warehouse), sku=milk, quantity=Decimal(10))
    documents.post(document=line.document, by=UserFactory(), now=timezone.now())
    return warehouse


@pytest.fixture
def run(live_server, tmp_path, capsys):
    def run(*words):
        code = main(["--url", live_server.url, "--demo", str(tmp_path / "none"), "--state", str(tmp_path), *words])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


def test_a_register_joins_sells_off_line_uploads_and_agrees(warehouse, run):
    register = RegisterFactory(number=7, warehouse=warehouse)
    code = pairing.issue(register=register, by=UserFactory(), now=timezone.now())

    assert run("pair", code)[0] == 0
    assert run("pair", code)[0] == 5
    assert run("load", "--register", "7")[0] == 0
    assert run("sync", "--register", "7")[0] == 0
    assert run("sell", "4600000000015", "-q", "2", "--offline", "--register", "7")[0] == 0
    assert "2 transactions accepted" in run("upload", "--register", "7")[1]
    assert "2 transactions known already" in run("upload", "--again", "2", "--register", "7")[1]
    assert run("return", "--receipt", str(Receipt.objects.get().number), "--register", "7")[0] == 0
    assert run("cash", "in", "100", "--register", "7")[0] == 0
    assert run("cancel", "10001", "--register", "7")[0] == 0
    assert run("shift", "close", "--register", "7")[0] == 0
    assert run("rotate", "--register", "7")[0] == 0
    assert "Agreed: 1 SKUs" in run("checksum", "--register", "7")[1]
    assert "99.00, 10.000 left" in run("price", "4600000000015", "--register", "7")[1]
    assert set(KkmTransaction.objects.values_list("state", flat=True)) == {"accepted"}
    assert KkmTransaction.objects.count() == 6


def test_a_register_that_is_fetched_from_tells_and_is_visited(warehouse, run, settings, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings.REGISTER_NETWORKS = [ip_network("127.0.0.0/8")]
    later = timezone.now() + timedelta(minutes=5)
    source = UploadSourceFactory(
        register__warehouse=warehouse, address=f"http://127.0.0.1:{port}", key="k", due_at=later
    )
    own = ["--token", tokens.create(register=source.register, now=timezone.now()), "--state", str(tmp_path)]
    serving = ["serve", "--port", str(port), "--key", "k", "--questions", "2", "--seconds", "20"]
    register = threading.Thread(target=main, args=([*serving, *own],))
    register.start()

    for _sale in range(2):
        assert run("sell", "4600000000015", "--pulled", *own)[0] == 0
    register.join(20)

    source.refresh_from_db()
    assert (source.told, source.served, source.last_error) == (2, 2, "")
    assert Receipt.objects.count() == 2
    assert "fetched by the server" in run("outbox", "--all", *own)[1]


def test_a_crowd_sells_and_agrees(warehouse, run, tmp_path):
    registers = [RegisterFactory(warehouse=warehouse) for _till in range(3)]
    made = [tokens.create(register=register, now=timezone.now()) for register in registers]
    known = ", ".join(f'{{"token": "{token}", "number": {place}}}' for place, token in enumerate(made, start=1))
    (tmp_path / "crowd.json").write_text(f'{{"registers": [{known}]}}')

    code, printed = run("--many", "3", "--sellers", "3", "--sales", "9", "--rate", "0", "--lines", "1")

    assert code == 0
    assert Receipt.objects.count() == 9
    assert "0 of 3" in printed


def test_a_register_asks_before_each_line_and_sells_what_it_held(warehouse, run):
    register = RegisterFactory(number=7, warehouse=warehouse, external=True)
    token = tokens.create(register=register, now=timezone.now())

    def till(*words):
        return run(*words, "--token", token, "--language", "ru")

    sold = till("sell", "3*10001")
    refused = till("sell", "8*10001")
    abandoned = till("sell", "10001", "--abandon")

    assert sold[0] == 0
    assert "3.000 held, 7.000 left for others" in sold[1]
    assert refused[0] == 5
    assert " 8" in refused[1]
    assert " 7" in refused[1]
    assert abandoned[0] == 0
    states = sorted(Reservation.objects.values_list("state", flat=True))
    assert states == ["committed", "open"]
    assert (Balance.objects.get().sold, Balance.objects.get().reserved) == (3, 1)


def test_a_crowd_asks_for_every_line_and_agrees(warehouse, run, tmp_path):
    registers = [RegisterFactory(warehouse=warehouse, external=True) for _till in range(3)]
    made = [tokens.create(register=register, now=timezone.now()) for register in registers]
    known = ", ".join(f'{{"token": "{token}", "number": {place}}}' for place, token in enumerate(made, start=1))
    (tmp_path / "crowd.json").write_text(f'{{"registers": [{known}]}}')

    code, printed = run(
        "--many", "3", "--sellers", "3", "--sales", "20", "--rate", "0", "--lines", "1", "--stock-control"
    )

    assert code == 0
    assert "refused: not_enough" in printed
    assert "0 of 3" in printed
    assert Balance.objects.get().sold + Balance.objects.get().reserved <= 10
