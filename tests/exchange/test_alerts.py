"""Alerts: what is found by each kind of rule, and that it is told once, again after a pause, and when it is over."""

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from billing.choices import NightState
from exchange.choices import AlertKind, EventKind
from exchange.models import Alert, OutgoingMessage
from exchange.services.alerts import watching, words
from retail.models import Catalogue
from stock.choices import DiscrepancyKind
from stock.models import Discrepancy, UnpostedReceipt, UnsettledShift, WarehouseFeed
from tests.factories.billing import NightRunFactory
from tests.factories.exchange import AlertRuleFactory, WebhookEndpointFactory
from tests.factories.people import UserFactory
from tests.factories.registers import (
    KkmTransactionFactory,
    ReceiptFactory,
    RegisterFactory,
    RegisterStatusFactory,
    ShiftFactory,
)
from tests.factories.stock import ZReportFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)  # 15:00 in Moscow


def minutes(count):
    return timedelta(minutes=count)


def silent_register(since=60, **fields):
    return RegisterStatusFactory(last_seen=NOW - minutes(since), **fields).register


def events():
    return [message.event for message in OutgoingMessage.objects.order_by("pk")]


def test_a_silent_register_is_told_of_once_and_when_it_is_heard_again():
    AlertRuleFactory(language="en")
    register = silent_register()

    for passed in range(3):
        watching.look(now=NOW + minutes(passed))
    register_is_heard(register, NOW + minutes(3))
    watching.look(now=NOW + minutes(3))

    [alert] = Alert.objects.all()
    assert (alert.subject, alert.seen_at, alert.closed_at) == (
        f"registers.register:{register.pk}",
        NOW + minutes(2),
        NOW + minutes(3),
    )
    assert events() == [EventKind.ALERT_OPENED, EventKind.ALERT_CLOSED]
    opened, closed = OutgoingMessage.objects.order_by("pk")
    assert "Касса" in opened.subject
    assert closed.subject.startswith("Over:")


def register_is_heard(register, moment):
    register.status.last_seen = moment
    register.status.save()


def test_an_alert_is_repeated_after_the_pause_until_somebody_acknowledges_it():
    AlertRuleFactory(repeat_minutes=30)
    silent_register()

    watching.look(now=NOW)
    watching.look(now=NOW + minutes(29))
    watching.look(now=NOW + minutes(30))
    known = watching.acknowledge(alerts=Alert.objects.values_list("pk", flat=True), by=UserFactory(), now=NOW)
    watching.look(now=NOW + minutes(90))

    assert known == 1
    assert events() == [EventKind.ALERT_OPENED, EventKind.ALERT_REPEATED]
    assert watching.acknowledge(alerts=Alert.objects.values_list("pk", flat=True), by=UserFactory(), now=NOW) == 0


def test_what_comes_back_after_it_was_over_is_another_alert():
    AlertRuleFactory()
    register = silent_register()
    watching.look(now=NOW)
    register_is_heard(register, NOW)
    watching.look(now=NOW + minutes(1))

    watching.look(now=NOW + minutes(60))

    assert Alert.objects.count() == 2
    assert Alert.objects.open().count() == 1


def test_all_alerts_of_a_rule_at_a_moment_are_one_mail_and_a_webhook_each():
    endpoint = WebhookEndpointFactory(language="en")
    AlertRuleFactory(emails=["a@example.org", "b@example.org"], endpoint=endpoint)
    for _ in range(3):
        silent_register()

    told = watching.look(now=NOW)

    mails = OutgoingMessage.objects.filter(endpoint=None)
    bodies = [json.loads(message.body) for message in endpoint.messages.all()]
    assert (told, sorted(mails.values_list("email", flat=True))) == (3, ["a@example.org", "b@example.org"])
    assert all(mail.body.count("Касса") == 3 for mail in mails)
    assert [body["type"] for body in bodies] == ["alert.opened"] * 3
    assert "has not been heard since" in bodies[0]["data"]["text"]


def test_a_rule_looks_at_its_shop_or_register_alone():
    here, there = silent_register(), silent_register()
    AlertRuleFactory(shop=here.shop)
    AlertRuleFactory(register=there)

    watching.look(now=NOW)

    assert {(alert.rule.shop_id, alert.subject) for alert in Alert.objects.all()} == {
        (here.shop_id, f"registers.register:{here.pk}"),
        (None, f"registers.register:{there.pk}"),
    }


@pytest.mark.parametrize(
    ("begins", "ends", "found"),
    [
        (time(9), time(21), True),
        (time(16), time(21), False),
        (time(14, 50), time(21), False),  # Silence is counted from ten to three, when the hours began.
        (time(14, 40), time(21), True),
        (time(22), time(6), False),
        (time(22), time(15, 30), True),
    ],
)
def test_a_register_is_watched_by_the_clock_of_its_shop(begins, ends, found):
    AlertRuleFactory(hours_from=begins, hours_to=ends)
    silent_register(since=24 * 60)

    watching.look(now=NOW)

    assert Alert.objects.exists() is found


def test_what_was_found_stays_as_it_is_when_the_hours_are_over():
    AlertRuleFactory(hours_from=time(9), hours_to=time(15, 30), repeat_minutes=1)
    silent_register()
    watching.look(now=NOW)

    watching.look(now=NOW + minutes(60))

    assert Alert.objects.open().count() == 1
    assert events() == [EventKind.ALERT_OPENED]


def test_an_inactive_register_and_an_unpaired_one_are_nobodys_trouble():
    AlertRuleFactory()
    silent_register(register__active=False)
    RegisterFactory()

    assert watching.look(now=NOW) == 0


def test_a_register_that_takes_no_changes_is_behind():
    AlertRuleFactory(kind=AlertKind.BEHIND, threshold=100)
    register = RegisterStatusFactory(last_seen=NOW, stock_sent=1000, stock_acknowledged=880).register
    WarehouseFeed.objects.filter(warehouse=register.warehouse).update(revision=1000)
    Catalogue.objects.update(revision=5000)

    watching.look(now=NOW)

    [alert] = Alert.objects.all()
    assert "120" in words.told(alert)


def test_receipts_that_nobody_processes_are_one_alert():
    AlertRuleFactory(kind=AlertKind.LATE)
    shift = ShiftFactory()
    for _ in range(2):
        receipt = ReceiptFactory(
            register=shift.register, shift=shift, transaction__received_at=NOW - timedelta(hours=1)
        )
        UnpostedReceipt.objects.create(shift=shift, receipt=receipt, warehouse=receipt.warehouse)

    watching.look(now=NOW)

    [alert] = Alert.objects.all()
    assert (alert.subject, alert.params["count"]) == ("registers.receipt:0", 2)
    assert "2 receipts" in words.told(alert)


@pytest.mark.parametrize(("threshold", "found"), [(0, True), (2, True), (3, False)])
def test_a_z_report_that_differs_is_told_until_somebody_accepts_it(threshold, found):
    AlertRuleFactory(kind=AlertKind.DISCREPANCY, threshold=threshold)
    shift = ShiftFactory(closed=True)
    report = ZReportFactory(shift=shift, register=shift.register)
    UnsettledShift.objects.all().delete()
    waiting = Discrepancy.objects.create(
        report=report, what=DiscrepancyKind.COUNTER, key="sale.total", difference=Decimal(-2), found_at=NOW
    )

    watching.look(now=NOW)

    assert [alert.subject for alert in Alert.objects.open()] == [f"stock.zreport:{report.pk}"] * found
    Discrepancy.objects.filter(pk=waiting.pk).update(accepted_at=NOW, accepted_by=UserFactory(), reason="a coin")
    watching.look(now=NOW)
    assert not Alert.objects.open().exists()


def test_a_shift_that_is_being_settled_is_not_told():
    AlertRuleFactory(kind=AlertKind.DISCREPANCY, threshold=0)
    shift = ShiftFactory(closed=True)
    report = ZReportFactory(shift=shift, register=shift.register)
    Discrepancy.objects.create(report=report, what=DiscrepancyKind.COUNTER, difference=1, found_at=NOW)

    assert UnsettledShift.objects.filter(shift=shift).exists()
    assert watching.look(now=NOW) == 0


@pytest.mark.parametrize(("threshold", "found"), [(3, True), (4, False)])
def test_an_error_desk_that_grows_is_told(threshold, found):
    AlertRuleFactory(kind=AlertKind.DESK, threshold=threshold)
    KkmTransactionFactory.create_batch(3, on_desk=True)

    watching.look(now=NOW)

    assert [alert.params["count"] for alert in Alert.objects.all()] == [3] * found


@pytest.mark.parametrize(
    ("night", "said"),
    [
        ({"state": NightState.DONE, "finished_at": NOW, "failed": 2}, "has left 2 cards out"),
        ({"state": NightState.RUNNING, "started_at": NOW - timedelta(hours=2)}, "is not done"),
        ({"state": NightState.RUNNING, "started_at": NOW - minutes(5)}, None),
        ({"state": NightState.DONE, "finished_at": NOW}, None),
    ],
)
def test_a_night_that_failed_or_does_not_end_is_told(night, said):
    AlertRuleFactory(kind=AlertKind.NIGHT, threshold=60)
    NightRunFactory(date=date(2026, 11, 19), state=NightState.DONE, finished_at=NOW, failed=9)
    NightRunFactory(date=date(2026, 11, 20), **night)

    watching.look(now=NOW)

    assert [said in words.told(alert) for alert in Alert.objects.all()] == [True] * (said is not None)


def test_a_rule_that_is_switched_off_closes_its_alerts_and_tells_nobody():
    rule = AlertRuleFactory()
    silent_register()
    watching.look(now=NOW)
    rule.active = False
    rule.save()

    watching.look(now=NOW + minutes(1))

    assert not Alert.objects.open().exists()
    assert events() == [EventKind.ALERT_OPENED]


def test_looking_asks_as_much_for_many_registers_as_for_one(django_assert_num_queries):
    for kind in AlertKind:
        AlertRuleFactory(kind=kind)
    silent_register()
    watching.look(now=NOW - minutes(20))
    for _ in range(4):
        silent_register()

    with django_assert_num_queries(14):
        watching.look(now=NOW)

    assert Alert.objects.count() == 5
