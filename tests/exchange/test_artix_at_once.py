"""Two workers at one folder of Artix write one pair of files."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import close_old_connections, connection

from exchange.choices import ExchangeKind
from exchange.models import DeviceState
from exchange.services.transaction_files import artix_goods, outgoing
from tests.exchange.rules import NOW, priced
from tests.factories.exchange import EquipmentFactory


def _written_at_once(settings, tmp_path, monkeypatch):
    """Let a second worker come while the first is at its file; return whether the second has written, too."""
    settings.EQUIPMENT_FILES = str(tmp_path)
    equipment = EquipmentFactory(exchange_kind=ExchangeKind.FOLDER, folder="artix", dialect="artix", device_id=None)
    folder = Path(tmp_path) / "artix"
    folder.mkdir()
    priced(equipment.rule)
    DeviceState.objects.create(equipment=equipment)
    begun, done, put = threading.Event(), threading.Event(), artix_goods.put

    def slowly(path, told, **named):
        begun.set()
        done.wait(5)
        put(path, told, **named)

    def first():
        try:
            artix_goods.write(equipment=equipment, folder=folder, now=NOW)
        finally:
            connection.close()
            close_old_connections()

    with monkeypatch.context() as patched:
        patched.setattr(artix_goods, "put", slowly)
        worker = threading.Thread(target=first)
        worker.start()
        assert begun.wait(5)
        patched.setattr(artix_goods, "put", put)
        second = artix_goods.write(equipment=equipment, folder=folder, now=NOW + timedelta(seconds=1))
        done.set()
        worker.join(5)
    return second, sorted(path.suffix for path in folder.iterdir())


@pytest.mark.django_db(transaction=True)
def test_two_workers_write_one_pair(settings, tmp_path, monkeypatch):
    assert _written_at_once(settings, tmp_path, monkeypatch) == (False, [".aif", ".flz"])


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_there_would_be_two(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(outgoing, "lock", lambda equipment: DeviceState.objects.get(equipment=equipment))

    second, files = _written_at_once(settings, tmp_path, monkeypatch)

    assert (second, len(files)) == (True, 4)
