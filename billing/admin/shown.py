"""How cards, their numbers and their figures look on every page; who may see whose they are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from billing.choices import CardStatus, CorrectionStage, Measure, OperationKind
from billing.models import BillingOperation, CardDocument, CardNumber, CorrectionDocument, DiscountCard, WaitingRecord
from registers.admin.facts import badge, link, page_url
from retail.admin.base import NOTHING
from retail.choices import DocumentState
from retail.services import figures

STATUS_COLOURS: dict[str, str] = {
    CardStatus.ISSUED: "info",
    CardStatus.ACTIVE: "success",
    CardStatus.BLOCKED: "warning",
    CardStatus.CLOSED: "",
}
KIND_COLOURS: dict[str, str] = {
    OperationKind.ACCRUE: "success",
    OperationKind.REDEEM: "info",
    OperationKind.REVERSE: "warning",
    OperationKind.CORRECT: "danger",
}
STAGE_COLOURS: dict[str, str] = {
    CorrectionStage.WRITTEN: "info",
    CorrectionStage.SUBMITTED: "warning",
    CorrectionStage.REFUSED: "danger",
    CorrectionStage.APPROVED: "success",
}


def sees_people(request: HttpRequest) -> bool:
    """Tell whether somebody may see personal data: owners, and numbers of cards as they are."""
    return bool(request.user.has_perm("billing.view_cardowner"))


def number(value: str, *, whole: bool) -> str:
    """Return a number of a card, or its last four characters alone."""
    return value if whole else f"…{value[-4:]}"


def names_of(cards: Iterable[int], *, whole: bool) -> dict[int, str]:
    """Return by what numbers cards are read: the first one, and how many more there are. In one query for all."""
    numbers: defaultdict[int, list[str]] = defaultdict(list)
    for card, value in CardNumber.objects.filter(card__in=set(cards)).order_by("pk").values_list("card", "value"):
        numbers[card].append(value)
    return {
        card: number(values[0], whole=whole) + (f" +{len(values) - 1}" if len(values) > 1 else "")
        for card, values in numbers.items()
    }


def card_link(card: DiscountCard, names: Mapping[int, str]) -> SafeString:
    return link(card, names.get(card.pk))


def leading(url: str, text: object) -> SafeString:
    return format_html('<a href="{}" class="text-link">{}</a>', url, text)


def problem(record: WaitingRecord, *, whole: bool) -> dict[str, Any]:
    """Return why a record waits; the number of its card as whoever looks may see it."""
    params = dict(record.problem.get("params") or {})
    if params.get("card"):
        params["card"] = number(str(params["card"]), whole=whole)
    return {**record.problem, "params": params}


def status_badge(card: DiscountCard) -> str:
    return badge(card.get_status_display(), STATUS_COLOURS.get(card.status, ""))


def kind_badge(operation: BillingOperation) -> str:
    return badge(operation.get_kind_display(), KIND_COLOURS.get(operation.kind, ""))


def correction_badge(document: CorrectionDocument) -> str:
    """Say how far a correction has come."""
    if document.state == DocumentState.REVERSED:
        return badge(pgettext("correction", "Taken back"), "warning")
    return badge(document.get_stage_display(), STAGE_COLOURS[document.stage])


def page_of_correction(document: CorrectionDocument) -> str:
    return reverse("admin:billing_correctiondocument_change", args=[document.pk])


def person(user: User | None) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""


def day(date: Date) -> str:
    return date_format(date, "SHORT_DATE_FORMAT")


def came(operation: BillingOperation, documents: Mapping[int, CardDocument]) -> str:
    """Say which way an operation came; of what people wrote, lead to their document."""
    document = documents.get(operation.pk)
    return document_link(document) if document else operation.get_source_display()


def document_link(document: CardDocument) -> SafeString:
    """Link to the page of the document's own kind, if there is one."""
    url = page_url(f"billing.{document.kind.replace('_', '')}document", document.pk)
    return leading(url, document) if url else format_html("{}", document)


def amount(measure: str, value: Decimal | int) -> str:
    """Write an amount of a measure: receipts are whole, the others have kopecks."""
    if measure == Measure.RECEIPTS:
        return str(number_format(int(value), force_grouping=True))
    return figures.money(Decimal(value)) or ""


def figure(measure: str, value: Decimal | int | None, *, signed: bool = False, blank: bool = False) -> SafeString:
    """Return a figure for a column; red below zero. Nothing for None, and for zero where that says nothing."""
    if value is None or (blank and not value):
        return format_html('<span class="rg-muted">{}</span>', "" if blank else NOTHING)
    classes = "st-figure st-below" if value < 0 and not signed else "st-figure"
    sign = "+" if signed and value > 0 else ""
    return format_html('<span class="{}">{}{}</span>', classes, sign, amount(measure, value))
