"""A backup and a restore, for real: PostgreSQL's own programs on the tests' own database."""

from urllib.parse import quote

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from exchange.services import renewal
from launch import backups
from launch.backups import Database, back_up, fill
from launch.errors import LaunchError
from stock.services import audits
from tests.exchange.conftest import Till
from tests.factories.registers import RegisterFactory
from tests.messages import line, sale
from tests.stock.holding import stocked

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = "restored"


def url_of(name):
    server = connection.settings_dict
    return (
        f"postgresql://{server['USER']}@/{name}?host={quote(str(server['HOST'] or server['OPTIONS'].get('host', '')))}"
    )


@pytest.fixture
def other():
    """An empty database beside the tests' own, gone afterwards."""
    name = f"{connection.settings_dict['NAME']}_{OTHER}"
    with psycopg.connect(url_of(connection.settings_dict["NAME"]), autocommit=True) as maintenance:
        maintenance.execute(f"CREATE DATABASE {name} TEMPLATE template0 LOCALE 'C.UTF-8'")
        yield name
        maintenance.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def _moved(other):
    """Let Django work on the other database for the length of a test."""
    name = connection.settings_dict["NAME"]
    yield
    connection.close()
    connection.settings_dict["NAME"] = name


@pytest.mark.usefixtures("_moved")
def test_what_was_backed_up_is_whole_and_registers_load_it_anew(other, tmp_path):
    till = Till(RegisterFactory())
    stocked(till.register, 0, name="Молоко", code="10001")
    told = sale(1, line("10001"))
    assert till.tell(told)[1]["results"][0]["status"] == "accepted"
    (rows, cursor), file = till.load("stock"), tmp_path / "kept" / "of.dump"

    tables = back_up(Database(url_of(connection.settings_dict["NAME"])), file)
    till.tell(sale(2, line("10001")))
    fill(Database(url_of(other)), file)

    assert (file.stat().st_mode & 0o777, [path.name for path in file.parent.iterdir()]) == (0o600, ["of.dump"])
    assert tables > 50
    connection.close()
    connection.settings_dict["NAME"] = other
    assert renewal.is_awaited()
    renewal.renew(now=timezone.now())
    assert till.get(f"stock?cursor={cursor}")[0] == 410
    assert till.load("stock")[0] == rows
    assert (till.tell()[1]["last_number"], till.tell(told)[1]["results"][0]["status"]) == (1, "duplicate")
    assert audits.run() == []


def test_nothing_is_written_over_what_is_there(tmp_path):
    database = Database(url_of(connection.settings_dict["NAME"]))
    file = tmp_path / "of.dump"
    file.write_bytes(b"not a backup")

    with pytest.raises(LaunchError, match="is no backup"):
        fill(database, file)
    with pytest.raises(LaunchError, match="is not overwritten"):
        back_up(database, file)

    back_up(database, tmp_path / "other.dump")
    with pytest.raises(LaunchError, match="is not empty"):
        fill(database, tmp_path / "other.dump")


def test_an_interrupted_backup_has_no_name(tmp_path, monkeypatch):
    database = Database(url_of(connection.settings_dict["NAME"]))
    monkeypatch.setattr(database, "run", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        back_up(database, tmp_path / "of.dump")

    assert list(tmp_path.iterdir()) == []


def test_a_password_is_no_argument():
    with pytest.raises(LaunchError) as told:
        Database("postgresql://someone:geheim%21@127.0.0.1:1/none")

    assert "geheim" not in str(told.value)


def test_the_mark_is_the_one_that_is_looked_for():
    assert backups.MARK == renewal.MARK
