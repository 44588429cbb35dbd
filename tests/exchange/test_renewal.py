"""A new epoch for every feed, and the proof that it is one."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from exchange.services import renewal
from exchange.services.checkups import Level, database
from retail.models import Constants
from tests.factories.registers import RegisterFactory

pytestmark = pytest.mark.django_db


def test_every_register_is_told_to_load_anew(till):
    cursors = {feed: till.load(feed)[1] for feed in ("stock", "goods", "orders")}

    renewed = renewal.renew(now=timezone.now())

    assert renewed == (2, 2)
    for feed, cursor in cursors.items():
        status, answer = till.get(f"{feed}?cursor={cursor}")
        assert (status, answer["errors"][0]["code"]) == (410, "reload_required")
        till.load(feed)


def test_a_chain_without_registers_or_stock_sync_is_renewed_too(db):
    assert renewal.renew(now=timezone.now()).refused == 0

    Constants.objects.update(sync_stock=False)
    RegisterFactory()

    assert renewal.renew(now=timezone.now()).refused == 1


def test_a_cursor_that_is_still_good_is_a_failure(till, monkeypatch):
    monkeypatch.setattr(renewal.WarehouseFeed.objects, "update", lambda **_: 0)

    with pytest.raises(CommandError, match="still answered by an old cursor"):
        call_command("renew_feeds")


def test_nobody_is_ready_between_a_restore_and_the_renewal(till, client):
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {renewal.MARK}")

    checks = client.get("/readyz").json()["checks"]
    assert checks["database"] == "restored, and its feeds are not renewed: manage.py renew_feeds"
    assert any("restored" in finding.text for finding in database.check_database() if finding.level == Level.WRONG)

    out = StringIO()
    call_command("renew_feeds", stdout=out)

    assert client.get("/readyz").status_code == 200
    assert "Feeds with a new epoch: 2." in out.getvalue()
