"""The exchange log as people see it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from exchange.choices import SessionResult
from exchange.models import ExchangeSession, PaymentOption, PostedDocument
from exchange.services.equipment_service import sessions
from registers.choices import TransactionState
from registers.models import KkmTransaction
from stock.models import ZReport
from stock.services import processing
from tests.exchange import equipment as es
from tests.exchange.equipment_till import Device, Fault
from tests.factories.exchange import EquipmentFactory
from tests.factories.people import UserFactory
from tests.factories.retail import SkuFactory
from tests.retail.admin import page, signed_in

pytestmark = pytest.mark.django_db
LIST = "exchange_exchangesession_changelist"


@pytest.fixture
def device():
    return Device(EquipmentFactory(format_version=3003, device_id="касса-7"))


@pytest.fixture
def sold(device):
    """A session that posted a shift."""
    SkuFactory(code="1001")
    device.tell(es.sale_reports(es.sale_report(es.check())))
    return ExchangeSession.objects.latest("pk")


def page_of(session):
    return page("exchange_exchangesession_change", session.pk)


def text(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_says_who_did_what_and_how_it_ended(device):
    device.call("Connect")
    with pytest.raises(Fault):
        device.call("GetPriceListPackage", TransferID="x")

    shown = text(signed_in(), page(LIST))

    assert device.equipment.name in shown
    assert "GetPriceListPackage" in shown
    assert "Restart" in shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=касса-7", 2),
        ("?q=nothing", 0),
        ("?operation=Connect", 1),
        ("?result__exact=done", 2),
        ("?result__exact=failed", 0),
        ("?began_at_from=2020-01-01&began_at_to=2020-01-02", 0),
    ],
)
def test_the_list_is_narrowed(device, query, found):
    device.call("Connect")
    device.call("GetVersion")

    response = signed_in().get(f"{page(LIST)}{query}")

    assert response.context["cl"].result_count == found


def test_the_list_asks_as_much_for_many_calls_as_for_one(device, django_assert_max_num_queries):
    client = signed_in()
    for _ in range(5):
        device.call("Connect")

    with django_assert_max_num_queries(12):
        client.get(page(LIST))


def test_a_page_shows_what_was_said_with_the_document_inside_it(sold):
    shown = text(signed_in(), page_of(sold))

    assert "ShiftNumber=&quot;7&quot;" in shown
    assert "IsSuccess" in shown
    assert "Authorization" not in shown


def test_a_page_leads_to_the_shift_and_its_z_report(sold):
    before = text(signed_in(), page_of(sold))
    processing.run(now=timezone.now())

    after = text(signed_in(), page_of(sold))

    assert page("stock_zreport_change", ZReport.objects.get().pk) not in before
    assert page("stock_zreport_change", ZReport.objects.get().pk) in after


@pytest.mark.parametrize("which", ["asked", "answered", "document"])
def test_the_very_bytes_can_be_saved(sold, which):
    response = signed_in().get(page("exchange_exchangesession_raw", sold.pk, which))

    assert response.status_code == 200
    assert b"<" in response.content
    assert response["X-Content-Type-Options"] == "nosniff"


def test_what_went_is_forgotten_in_time_and_the_document_stays(sold, settings):
    settings.EXCHANGE_LOG_DAYS = 14
    ExchangeSession.objects.update(began_at=timezone.now() - timedelta(days=15))

    assert sessions.forget_bodies(now=timezone.now()) == 1

    assert sessions.forget_bodies(now=timezone.now()) == 0
    shown = text(signed_in(), page_of(sold))
    assert "ShiftNumber=&quot;7&quot;" in shown
    assert signed_in().get(page("exchange_exchangesession_raw", sold.pk, "asked")).status_code == 404
    assert ExchangeSession.objects.get().error == ""


def test_calls_of_more_than_a_year_ago_are_forgotten_and_their_documents_stay(sold):
    ExchangeSession.objects.update(began_at=timezone.now() - timedelta(days=400))

    assert sessions.forget_rows(now=timezone.now()) == 1
    assert PostedDocument.objects.exists()


def test_nothing_is_kept_where_nothing_is_to_be(device, settings):
    settings.EXCHANGE_LOG_DAYS = 0

    device.call("Connect")

    assert ExchangeSession.objects.get().asked is None


def test_a_question_whether_there_is_anything_yet_keeps_no_bodies(device):
    device.package("x")

    session = ExchangeSession.objects.get()
    assert (session.asked, session.answered, session.result) == (None, None, SessionResult.DONE)


def test_a_device_that_goes_on_asking_fills_no_log(device):
    for _ in range(5):
        device.package("x")
    device.call("Connect")
    device.package("x")

    asked = ExchangeSession.objects.order_by("pk").values_list("operation", flat=True)
    assert list(asked) == ["GetPriceListPackage", "Connect", "GetPriceListPackage"]


def test_lengths_and_sizes_are_written_as_people_write_them(device, in_russian):
    device.call("Connect")
    ExchangeSession.objects.update(milliseconds=1540, bytes_in=1234567, bytes_out=12)

    shown = text(signed_in(), page(LIST))

    assert "1,5" in shown
    assert "1,2\xa0МБ" in shown


def test_a_document_is_taken_in_once_more_when_its_cause_is_mended(device):
    paid = es.payment(electronic="100", ElectronicPaymentOptionCode="99")
    SkuFactory(code="1001")
    device.tell(es.sale_reports(es.sale_report(es.check(payments=paid))))
    PaymentOption.objects.create(equipment=device.equipment, code="99", name="Бонусы", kind="bonus")
    address = page("exchange_exchangesession_repeat", ExchangeSession.objects.get().pk)

    asked = signed_in().get(address)
    done = signed_in().post(address, follow=True)

    assert asked.status_code == 200
    assert "Waited, and could be applied now: 1." in done.content.decode()
    assert KkmTransaction.objects.count() == 3
    assert not KkmTransaction.objects.filter(state=TransactionState.ERROR_DESK).exists()


def test_a_call_that_posted_nothing_is_not_repeated(device):
    device.call("Connect")

    assert signed_in().get(page("exchange_exchangesession_repeat", ExchangeSession.objects.get().pk)).status_code == 404


def test_what_is_only_kept_is_not_taken_in_once_more(device):
    device.tell(es.tare_openings(), "AlcoholTareOpening")
    address = page("exchange_exchangesession_repeat", ExchangeSession.objects.get().pk)

    assert ExchangeSession.objects.get().document is not None
    assert signed_in().get(address).status_code == 404
    assert signed_in().post(address).status_code == 404


def test_nobody_reads_the_log_without_the_permission(sold):
    client = signed_in(UserFactory())

    assert client.get(page_of(sold)).status_code == 403
    assert client.get(page("exchange_exchangesession_raw", sold.pk, "asked")).status_code == 404


@pytest.mark.parametrize("role", ["merchandiser", "accountant", "operator", "administrator"])
def test_every_role_reads_the_log(sold, role):
    assert signed_in(UserFactory(**{role: True})).get(page_of(sold)).status_code == 200
