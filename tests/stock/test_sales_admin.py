"""The lists and pages of current sales and of Z-reports: totals that lead to receipts, and what does not agree."""

import pytest
from django.urls import reverse

from registers.models import Receipt
from retail.choices import Role
from stock.models import CurrentSales, Discrepancy, ZReport
from stock.services import processing, reconciliation
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory, WarehouseFactory
from tests.messages import event, line, sale
from tests.stock.conftest import NOW
from tests.stock.selling import COUNTERS, LATER, a_day, a_late_sale, bare, page, sell, statements, tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_russian")]
REPORTS = "admin:stock_zreport_changelist"
SALES = "admin:stock_currentsales_changelist"


@pytest.fixture(autouse=True)
def accountant(client):
    user = UserFactory(role=Role.ACCOUNTANT)
    client.force_login(user)
    return user


@pytest.fixture
def register(db):
    SkuFactory(code="10001")
    SkuFactory(code="10002")
    return RegisterFactory(number=77)


def listed(client, url: str, **asked) -> list[int]:
    return sorted(client.get(reverse(url), asked).context["cl"].queryset.values_list("pk", flat=True))


def test_the_list_of_z_reports_shows_sums_and_adds_them_up(client, register):
    (report,) = a_day(register)
    a_late_sale(register)

    response = client.get(reverse(REPORTS))

    totals = {name: bare(value) for name, value in response.context["totals"].items()}
    assert totals == {"count": "2", "sales": "495,00", "returns": "99,00", "net": "396,00", "receipts": "4"}
    content = response.content.decode().replace("\N{NO-BREAK SPACE}", " ")
    assert f"№ {report.number}" in content
    assert "297,00" in content


def test_z_reports_are_narrowed_and_found(client, register):
    (agreeing,) = a_day(register)
    (correction,) = a_late_sale(register)
    other = RegisterFactory(warehouse=register.warehouse, number=88)
    (differing,) = a_day(other, counters={"sales": "1.00"})
    Discrepancy.objects.filter(report=agreeing).delete()  # The late sale made it differ.

    assert listed(client, REPORTS, agreement="agrees") == [agreeing.pk, correction.pk]
    assert listed(client, REPORTS, agreement="differs") == [differing.pk]
    assert listed(client, REPORTS, correction="yes") == [correction.pk]
    assert listed(client, REPORTS, correction="no") == [agreeing.pk, differing.pk]
    assert listed(client, REPORTS, register__shop__id__exact=other.shop_id) == [differing.pk]
    assert listed(client, REPORTS, date_from="01.01.2027") == []
    assert listed(client, REPORTS, q="88") == [differing.pk]
    assert listed(client, REPORTS, q="12") == [agreeing.pk, correction.pk, differing.pk]  # The number of the shift.
    assert listed(client, REPORTS, q=other.name) == [differing.pk]
    assert listed(client, REPORTS, q=correction.number) == [correction.pk]


def test_every_total_of_a_z_report_leads_to_the_receipts_that_make_it(client, register):
    sell(register, 1)
    processing.run(now=NOW)
    tell(register, sale(2, line("10002", vat="10")), sale(3, line("10002", vat="10"), kind="return"))
    tell(register, event(4, "shift_close"))
    processing.run(now=LATER)
    a_late_sale(register)
    report = ZReport.objects.get(corrects=None)

    context = client.get(page(report)).context

    vat = {row["name"]: row for row in context["vat"]}
    assert {name: (bare(row["sale"]), bare(row["sale_tax"]), bare(row["return"])) for name, row in vat.items()} == {
        "НДС 10 %": ("99,00", "9,00", "99,00"),
        "НДС 22 %": ("99,00", "17,85", "–"),
    }
    for wanted, shown in (
        ([1, 2], context["figures"]["sales"]),
        ([3], context["figures"]["returns"]),
        ([1], vat["НДС 22 %"]["sale"]),
        ([2], vat["НДС 10 %"]["sale"]),
        ([3], vat["НДС 10 %"]["return"]),
        ([1, 2], context["payments"][0]["sale"]),
    ):
        found = client.get(shown.split('"')[1].replace("&amp;", "&")).context
        assert sorted(receipt.number for receipt in found["cl"].queryset) == wanted
        sums = found["sums"]
        side = "returns" if wanted == [3] else "sales"
        assert bare(sums["part"][side] if sums["part"] else sums[side][1]) == bare(shown)


def test_a_correction_and_its_report_lead_to_each_other_and_hold_their_own_receipts(client, register):
    (report,) = a_day(register)
    (correction,) = a_late_sale(register)

    own, late = client.get(page(report)), client.get(page(correction))

    assert page(correction) in own.context["others"][0]["document"]
    assert page(report) in late.context["corrected"]
    assert page(report) in late.context["others"][0]["document"]
    receipts = client.get(late.context["report_receipts_url"]).context["cl"].queryset
    assert [receipt.number for receipt in receipts] == [9]


def test_receipts_of_another_warehouse_belong_to_the_report_too(client, register):
    sell(register, 1)
    register.warehouse = WarehouseFactory(organization=register.organization)
    register.save()
    sell(register, 2)
    tell(register, event(4, "shift_close"))
    processing.run(now=LATER)
    (report,) = ZReport.objects.all()

    receipts = client.get(client.get(page(report)).context["report_receipts_url"]).context["cl"].queryset

    assert sorted(receipt.number for receipt in receipts) == [1, 2]


def test_registers_counters_stand_beside_ours_and_differences_are_marked(client, register):
    (report,) = a_day(register, counters={**COUNTERS, "sales": "400.00"})

    response = client.get(page(report))

    sales, returns = response.context["counters"][:2]
    assert (bare(sales["ours"]), bare(sales["theirs"]), sales["differs"]) == ("396,00", "400,00", True)
    assert not returns["differs"]
    (difference,) = response.context["differences"]
    assert (bare(difference["expected"]), bare(difference["difference"])) == ("400,00", "-4,00")
    assert reverse("admin:stock_zreport_accept_discrepancies", args=[report.pk]) in response.content.decode()


def test_what_a_difference_is_made_of_is_named(client, register):
    tell(register, sale(1, line("404", vat="22")), sale(5, line("10001", vat="22")), event(6, "shift_close"))
    (report,) = processing.run(now=LATER).documents

    differences = {row["what"]: row for row in client.get(page(report)).context["differences"]}

    details = [detail for row in differences.values() for detail in row["details"]]
    assert any(page(Receipt.objects.get(number=1)) in detail and "404" in detail for detail in details)
    assert "2–4" in details


def test_a_difference_is_accepted_with_a_reason(client, register, accountant):
    (report,) = a_day(register, counters={"sales": "1.00", "returns": "1.00"})
    first, second = Discrepancy.objects.order_by("pk")
    url = reverse("admin:stock_zreport_accept_discrepancies", args=[report.pk])

    asked = client.get(url, {"discrepancy": first.pk})
    nameless = client.post(url, {"discrepancy": [first.pk], "reason": " "})
    nothing = client.post(url, {"reason": "Сверено"})
    done = client.post(url, {"discrepancy": [first.pk], "reason": "Сверено с кассиром"}, follow=True)

    assert [row["chosen"] for row in asked.context["rows"]] == [True, False]
    assert nameless.context["form"].errors
    assert nothing.status_code == 200
    first.refresh_from_db()
    assert (first.accepted_by, first.reason) == (accountant, "Сверено с кассиром")
    assert "Сверено с кассиром" in done.content.decode()
    assert Discrepancy.objects.waiting().get() == second


def test_acceptance_is_offered_only_while_something_waits_and_to_whoever_may(client, register):
    (report,) = a_day(register, counters={"sales": "1.00"})
    url = reverse("admin:stock_zreport_accept_discrepancies", args=[report.pk])
    client.force_login(UserFactory(role=Role.MERCHANDISER))

    seen, refused = client.get(page(report)), client.get(url)
    client.force_login(accountant := UserFactory(role=Role.ACCOUNTANT))
    reconciliation.accept(discrepancy=Discrepancy.objects.get(), by=accountant, reason="Да", now=LATER)
    after, nothing = client.get(page(report)), client.get(url)

    assert url not in seen.content.decode()
    assert refused.status_code == 403
    assert url not in after.content.decode()
    assert nothing.status_code == 302


def test_current_sales_show_their_totals_lines_and_receipts(client, register):
    sell(register, 1, 2)
    (document,) = processing.run(now=NOW).documents

    response = client.get(page(document))

    context = response.context
    assert (bare(context["sales"]), context["receipts"]) == ("198,00", 2)
    assert [bare(row["net"]) for row in context["vat"]] == ["198,00"]
    assert [bare(row["net"]) for row in context["payments"]] == ["198,00"]
    assert [bare(row["quantity"]) for row in context["lines"]["rows"]] == ["2"]
    assert [bare(row["moved"]) for row in context["movements"]["rows"]] == ["-2"]
    assert sorted(client.get(context["receipts_url"]).context["cl"].queryset.values_list("number", flat=True)) == [1, 2]
    assert listed(client, SALES, q=document.number) == [document.pk]


def test_the_form_on_paper_tells_the_same(client, register):
    (report,) = a_day(register, counters={"sales": "1.00"})

    response = client.get(reverse("admin:stock_zreport_print_report", args=[report.pk]))

    form = response.content.decode().replace("\N{NO-BREAK SPACE}", " ")
    assert report.organization.inn in form
    assert "297,00" in form
    assert "/admin/" not in form.partition("<main>")[2]


def test_documents_of_sales_are_only_read(client, register):
    sell(register, 1)
    documents = [*processing.run(now=NOW).documents, *a_day(RegisterFactory(warehouse=register.warehouse))]

    for document in documents:
        assert client.post(page(document), {"comment": "x"}).status_code == 403
        assert client.post(page(document).replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert {type(document) for document in documents} == {CurrentSales, ZReport}


def test_lists_and_pages_cost_the_same_whatever_their_length(client, register):
    def cost() -> list[int]:
        report = ZReport.objects.filter(corrects=None).earliest("pk")
        sales = CurrentSales.objects.earliest("pk")
        urls = [reverse(REPORTS), reverse(SALES), page(report), page(sales), page(report.shift)]
        return [statements(client, url) for url in urls]

    sell(register, 50)
    processing.run(now=NOW)
    a_day(register, counters={"sales": "1.00"})
    a_late_sale(register)
    before = cost()
    for number in range(60, 70):
        SkuFactory(code=str(number))
        a_late_sale(register, number)
        other = RegisterFactory(warehouse=register.warehouse)
        tell(other, sale(1, line(str(number)), line("10001", number=2)))
        processing.run(now=NOW)
        a_day(other)

    assert cost() == before
