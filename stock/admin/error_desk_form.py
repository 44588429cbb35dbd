"""The fields of a transaction as a person corrects them: the body is kept as it is but for what is changed.

A body is what `json.loads` makes of it, with fractions as `Decimal`. Every field has a path into it, and its name in
the form is that path: `receipt.lines.0.quantity`.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from registers.choices import PaymentKind, TransactionKind
from registers.models import KkmTransaction
from registers.services import problems

MOST_LINES = 40  # Longer receipts are corrected as JSON.
GENERAL = ("occurred_at", "kind", "shift", "number", "uid", "amount")
RECEIPT = ("number", "uid", "total", "cashier")
LINE = ("line", "sku", "barcode", "quantity", "price", "discount", "amount", "vat")
PAYMENT = ("kind", "amount")
WITHOUT_RECEIPT = ("shift_open", "shift_close", "cash_in", "cash_out")
WHOLE = {"number", "shift", "line"}
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,30}").fullmatch

Path = tuple[str | int, ...]
Body = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """A line or a payment in the form; `new` is the empty one at the end."""

    fields: list[forms.BoundField]
    gone: forms.BoundField | None
    new: bool


def parse(text: str | bytes | memoryview) -> Body | None:
    """Read a body as an object; None for what is none, or what a form could not carry."""
    raw = text if isinstance(text, str) else bytes(text)
    try:
        body = json.loads(raw, parse_float=Decimal)
        msgspec.json.encode(body)
    except (ValueError, TypeError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def write(body: Body) -> str:
    """Write a body as JSON in lines."""
    return msgspec.json.format(msgspec.json.encode(body), indent=2).decode()


class FieldsForm(forms.Form):
    """The common fields of a body. A field whose text is not changed leaves the body as it was there."""

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        body: Body,
        recorded: KkmTransaction,
        found: Sequence[Mapping[str, Any]],
    ) -> None:
        super().__init__(data)
        self.body = body
        self.zone = ZoneInfo(recorded.register.shop.time_zone)
        self.faults = set(_faults(found))
        self.lines = _listed(body, "lines")
        self.payments = _listed(body, "payments")
        self.with_receipt = "receipt" in body or body.get("kind") not in WITHOUT_RECEIPT
        self.with_lines = self.with_receipt and len(self.lines) <= MOST_LINES
        given = {"number": recorded.number, "uid": recorded.uid}
        for name in GENERAL:
            if given.get(name) is None and (name != "amount" or "receipt" not in body):
                self._add((name,))
        if self.with_receipt:
            for name in RECEIPT:
                self._add(("receipt", name))
        if self.with_lines:
            self._add_rows("lines", self.lines, LINE)
            self._add_rows("payments", self.payments, PAYMENT)

    def general(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if "." not in name]

    def receipt(self) -> list[forms.BoundField]:
        return [self[f"receipt.{name}"] for name in RECEIPT]

    def line_rows(self) -> list[Row]:
        return list(self._rows("lines", self.lines, LINE))

    def payment_rows(self) -> list[Row]:
        return list(self._rows("payments", self.payments, PAYMENT))

    def result(self) -> Body:
        """Return the body with what was changed in it."""
        body = copy.deepcopy(self.body)
        gone: list[tuple[str, int]] = []
        for name, field in self.fields.items():
            path = _path(name)
            if path[-1] == "gone":
                if self.cleaned_data[name]:
                    gone.append((str(path[1]), int(path[2])))
                continue
            text = str(self.cleaned_data[name]).strip()
            if text != str(field.initial or "").strip():
                self._put(body, path, text)
        for of, place in sorted(gone, reverse=True):
            del body["receipt"][of][place]
        return body

    def _add(self, path: Path) -> None:
        name = ".".join(map(str, path))
        last = str(path[-1])
        value = _value(self.body, path)
        initial = self._moment(value) if name == "occurred_at" else _shown(value)
        label = capfirst(str(problems.FIELDS[last]))
        field: forms.Field
        if last == "kind":
            kinds = PaymentKind.choices if "payments" in path else TransactionKind.choices
            field = forms.ChoiceField(
                label=label, choices=_with(initial, kinds), required=False, widget=UnfoldAdminSelectWidget
            )
        else:
            field = forms.CharField(
                label=label, required=False, strip=False, max_length=300, widget=UnfoldAdminTextInputWidget
            )
        field.initial = initial
        if name == "occurred_at":
            field.widget = UnfoldAdminTextInputWidget(attrs={"type": "datetime-local", "step": "1"})
            field.help_text = _("By the clock of the shop. As it came: %(told)s") % {"told": _shown(value) or "–"}
        if self._is_fault(path):
            field.widget.attrs["class"] = f"{field.widget.attrs.get('class', '')} ed-fault"
        self.fields[name] = field

    def _add_rows(self, of: str, rows: list[Any], names: tuple[str, ...]) -> None:
        for place in range(len(rows) + 1):
            for name in names:
                self._add(("receipt", of, place, name))
            if place < len(rows):
                self.fields[f"receipt.{of}.{place}.gone"] = forms.BooleanField(required=False)

    def _rows(self, of: str, rows: list[Any], names: tuple[str, ...]) -> Iterator[Row]:
        for place in range(len(rows) + 1 if self.with_lines else 0):
            new = place == len(rows)
            gone = None if new else self[f"receipt.{of}.{place}.gone"]
            yield Row([self[f"receipt.{of}.{place}.{name}"] for name in names], gone, new)

    def _moment(self, value: Any) -> str:
        """Show a time by the clock of the shop, as a browser's field takes it; nothing for what is no time."""
        try:
            read = msgspec.convert(value, datetime)
            return read.astimezone(self.zone).replace(tzinfo=None).isoformat(timespec="seconds") if read.tzinfo else ""
        except (msgspec.ValidationError, OverflowError, ValueError):
            return ""

    def _put(self, body: Body, path: Path, text: str) -> None:
        value: Any = text
        if path == ("occurred_at",):
            value = self._told(text)
        elif path[-1] in WHOLE and _WHOLE_NUMBER(text):
            value = int(text)
        holder: Any = body
        for step, following in pairwise(path):
            holder = _stepped(holder, step, [] if isinstance(following, int) else {})
        if text:
            holder[path[-1]] = value
        else:
            holder.pop(path[-1], None)

    def _told(self, text: str) -> str:
        try:
            return datetime.fromisoformat(text).replace(tzinfo=self.zone).isoformat()
        except ValueError:
            return text

    def clean(self) -> dict[str, Any]:
        """Take a time that a browser wrote without its seconds for the same time."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        told, initial = cleaned.get("occurred_at"), str(self.fields["occurred_at"].initial or "")
        if told and f"{told}:00" == initial:
            cleaned["occurred_at"] = initial
        return cleaned

    def _is_fault(self, path: Path) -> bool:
        if len(path) < 4 or path[1] != "lines":
            return ".".join(map(str, path)) in self.faults or (path[1:2] == ("payments",) and _at(path) in self.faults)
        own = _value(self.body, (*path[:3], "line"))
        named = {f"receipt.lines.{own}.{path[3]}", f"receipt.lines[...].{path[3]}"}
        if path[3] == "line":
            named.add(f"receipt.lines.{own}")
        return not named.isdisjoint(self.faults)


def _at(path: Path) -> str:
    return f"receipt.payments[...].{path[3]}"


def _faults(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the paths at fault, as problems name them."""
    for problem in found:
        attr, params = str(problem.get("attr") or ""), problem.get("params")
        line = params.get("line") if isinstance(params, Mapping) else None
        match problem.get("code"):
            case "unknown_sku":
                yield f"receipt.lines.{line}.sku"
            case "line_repeated":
                yield f"receipt.lines.{line}.line"
            case "unknown_payment_kind":
                yield "receipt.payments[...].kind"
            case "payments_differ":
                yield "receipt.payments[...].amount"
            case _:
                yield attr


def _listed(body: Body, name: str) -> list[Any]:
    receipt = body.get("receipt")
    rows = receipt.get(name) if isinstance(receipt, dict) else None
    return rows if isinstance(rows, list) else []


def _value(body: Any, path: Path) -> Any:
    for step in path:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return None
    return body


def _stepped(holder: Any, step: str | int, empty: Any) -> Any:
    """Go one step into a body, making room where there is none or where something else stands."""
    if isinstance(step, int):
        if step == len(holder):
            holder.append(empty)
    elif not isinstance(holder.get(step), type(empty)):
        holder[step] = empty
    if not isinstance(holder[step], type(empty)):
        holder[step] = empty
    return holder[step]


def _path(name: str) -> Path:
    return tuple(int(step) if step.isdigit() else step for step in name.split("."))


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode().strip('"')


def _with(value: str, choices: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Add to choices what came, should it be none of them."""
    known = [("", "–"), *choices]
    return known if value in dict(known) else [*known, (value, value[:60])]
