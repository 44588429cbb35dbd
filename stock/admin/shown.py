"""How quantities, states and documents look on every page of stock."""

from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from registers.admin.facts import badge, here, link
from retail.choices import DocumentState
from retail.models import Sku
from retail.services import figures
from retail.services.figures import quantity as shown
from stock.choices import Agreement, DocumentKind
from stock.models import Movement, StockDocument

STATE_COLOURS: dict[str, str] = {
    DocumentState.DRAFT: "info",
    DocumentState.POSTED: "success",
    DocumentState.REVERSED: "warning",
}
PAGES = {
    DocumentKind.GOODS_RECEIPT: "admin:stock_goodsreceipt_change",
    DocumentKind.WHOLESALE_INVOICE: "admin:stock_wholesaleinvoice_change",
    DocumentKind.STOCK_COUNT: "admin:stock_stockcount_change",
    DocumentKind.STOCK_TRANSFER: "admin:stock_stocktransfer_change",
    DocumentKind.CUSTOMER_ORDER: "admin:stock_customerorder_change",
    DocumentKind.CURRENT_SALES: "admin:stock_currentsales_change",
    DocumentKind.Z_REPORT: "admin:stock_zreport_change",
}
AGREEMENT_COLOURS: dict[str, str] = {
    Agreement.PENDING: "info",
    Agreement.AGREES: "success",
    Agreement.DIFFERS: "danger",
    Agreement.ACCEPTED: "warning",
}


def figure(quantity: Decimal, *, signed: bool = False) -> SafeString:
    """Return a quantity for a column of figures: to the right, and red below zero."""
    text = shown(quantity)
    if signed and quantity > 0:
        text = f"+{text}"
    classes = "st-figure st-below" if quantity < 0 and not signed else "st-figure"
    return format_html('<span class="{}">{}</span>', classes, text)


def counted(number: Decimal | int) -> SafeString:
    return figure(Decimal(number))


def balance_figure(quantity: Decimal, balance_id: int | None) -> SafeString:
    """Return a figure that leads to the balance it belongs to, if there is one."""
    if balance_id is None:
        return figure(quantity)
    url = reverse("admin:stock_balance_change", args=[balance_id])
    return format_html('<a href="{}" class="text-link">{}</a>', url, figure(quantity))


def moment(at: datetime) -> SafeString:
    return format_html('<span class="st-figure">{}</span>', here(at))


def money(amount: Decimal) -> SafeString:
    text = figures.money(amount)
    return format_html('<span class="st-figure">{}</span>', text)


def signed_money(amount: Decimal) -> SafeString:
    """Return an amount with its sign, red below zero."""
    text = figures.money(amount)
    classes = "st-figure st-below" if amount < 0 else "st-figure"
    return format_html('<span class="{}">{}{}</span>', classes, "+" if amount > 0 else "", text)


def state_badge(document: StockDocument) -> str:
    return badge(document.get_state_display(), STATE_COLOURS[document.state])


def cause_badge(movement: Movement) -> str:
    """Say whether a movement was made by posting or by reversing."""
    return badge(_("Reversed"), "warning") if movement.reversing else badge(_("Posted"), "success")


def agreement_badge(agreement: str) -> str:
    return badge(Agreement(agreement).label, AGREEMENT_COLOURS[agreement])


def person(user: User | None) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""


def document_link(document: StockDocument) -> SafeString:
    """Link to the page of the document's own kind."""
    url = reverse(PAGES[DocumentKind(document.kind)], args=[document.pk])
    return format_html('<a href="{}" class="text-link">{}</a>', url, document)


def sku_link(sku: Sku) -> SafeString:
    return link(sku, f"{sku.code} {sku.name}")
