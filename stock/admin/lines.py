"""Lines of a document: typed in while it is a draft, read-only for ever after; and the movements they made."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import ForeignKey, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from registers.admin.facts import FactInline
from retail.admin.base import NOTHING
from retail.admin.selects import KeySelect
from retail.models import Sku
from stock.admin.shown import balance_figure, cause_badge, figure, moment, money, sku_link
from stock.models import DocumentLine, Movement, StockDocument
from stock.models.movements import MovementQuerySet

LINES_PER_PAGE = 200


class SkuSelect(KeySelect):
    """Search for a SKU. The one already chosen is shown from `known`, so that lines cost no query each."""

    known: Sku | None = None

    def optgroups(self, name: str, value: Sequence[str], attrs: Any = None) -> Any:
        if self.known is None or list(value) != [str(self.known.pk)]:
            return super().optgroups(name, value, attrs)
        return [(None, [self.create_option(name, value[0], str(self.known), True, 0)], 0)]


class LineForm(ModelForm):  # type: ignore[type-arg]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "sku" not in self.fields:
            return
        widget = self.fields["sku"].widget
        # A list of lines has no room for each SKU's own add, change and view buttons.
        widget.can_add_related = widget.can_change_related = widget.can_view_related = False
        if self.instance.pk:
            widget.widget.known = self.instance.sku
            for name in ("quantity", "counted"):
                if (quantity := getattr(self.instance, name, None)) is not None:
                    self.initial[name] = Decimal(f"{quantity.normalize():f}")


class LineInline(TabularInline):
    """Lines of a draft. Whoever may edit the document may edit them."""

    model: Any = DocumentLine
    form = LineForm
    fields: tuple[str, ...] = ("place", "sku", "quantity", "price", "amount_figure")
    readonly_fields: tuple[str, ...] = ("place", "amount_figure")
    verbose_name = _("line")
    verbose_name_plural = _("lines")
    hide_title = True
    per_page = LINES_PER_PAGE
    ordering = ("line",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DocumentLine]:
        lines: QuerySet[DocumentLine] = super().get_queryset(request)
        return lines.select_related("sku")

    def formfield_for_foreignkey(self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "sku":
            kwargs["widget"] = SkuSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_extra(self, request: HttpRequest, obj: StockDocument | None = None, **kwargs: Any) -> int:
        return 1 if obj is None else 0

    @display(description="№")
    def place(self, line: DocumentLine) -> str:
        return str(line.line) if line.pk else ""

    @display(description=_("amount"))
    def amount_figure(self, line: DocumentLine) -> str:
        return money(line.amount) if line.pk else NOTHING

    def has_view_permission(self, request: HttpRequest, obj: StockDocument | None = None) -> bool:
        return self._may(request, "view") or self._may(request, "change")

    def has_add_permission(self, request: HttpRequest, obj: StockDocument | None = None) -> bool:
        return self._may(request, "add" if obj is None else "change")

    def has_change_permission(self, request: HttpRequest, obj: StockDocument | None = None) -> bool:
        return self.has_add_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: StockDocument | None = None) -> bool:
        return self.has_add_permission(request, obj)

    def _may(self, request: HttpRequest, action: str) -> bool:
        return request.user.has_perm(f"stock.{action}_{self.parent_model._meta.model_name}")


class InvoiceLineInline(LineInline):
    """Lines of goods that go out say how much of them there is."""

    fields = ("place", "sku", "quantity", "available_figure", "price", "amount_figure")
    readonly_fields = ("place", "amount_figure", "available_figure")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DocumentLine]:
        lines: Any = super().get_queryset(request)
        stocked: QuerySet[DocumentLine] = lines.with_stock()
        return stocked

    @display(description=_("available"))
    def available_figure(self, line: Any) -> str:
        return balance_figure(line.available, line.balance_id) if line.pk else NOTHING


class KeptInline(FactInline):
    """What is kept with a document that has left the drafts. Whoever may read the document may read it."""

    tab = False
    hide_title = True
    per_page = LINES_PER_PAGE

    def has_view_permission(self, request: HttpRequest, obj: StockDocument | None = None) -> bool:
        return True


class KeptLineInline(KeptInline):
    model = DocumentLine
    verbose_name_plural = _("lines")
    fields = ("line", "sku_shown", "quantity_figure", "price_figure", "amount_figure")
    readonly_fields = fields
    ordering = ("line",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DocumentLine]:
        lines: QuerySet[DocumentLine] = super().get_queryset(request)
        return lines.select_related("sku")

    @display(description=_("SKU"))
    def sku_shown(self, line: DocumentLine) -> str:
        return sku_link(line.sku)

    @display(description=_("quantity"))
    def quantity_figure(self, line: DocumentLine) -> str:
        return figure(line.quantity)

    @display(description=_("price"))
    def price_figure(self, line: DocumentLine) -> str:
        return money(line.price)

    @display(description=_("amount"))
    def amount_figure(self, line: DocumentLine) -> str:
        return money(line.amount)


class MovementInline(KeptInline):
    """What the document moved, and moved back."""

    model = Movement
    verbose_name_plural = _("movements")
    fields = ("made", "sku_shown", "moved_figure", "after_figure", "cause")
    readonly_fields = fields
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Movement]:
        movements: MovementQuerySet = super().get_queryset(request)
        return movements.with_balance().select_related("sku")

    @display(description=_("made at"))
    def made(self, movement: Movement) -> str:
        return moment(movement.made_at)

    @display(description=_("SKU"))
    def sku_shown(self, movement: Movement) -> str:
        return sku_link(movement.sku)

    @display(description=_("quantity"))
    def moved_figure(self, movement: Movement) -> str:
        return figure(movement.quantity, signed=True)

    @display(description=_("on hand after"))
    def after_figure(self, movement: Any) -> str:
        return balance_figure(movement.on_hand_after, movement.balance_id)

    @display(description=_("cause"))
    def cause(self, movement: Movement) -> str:
        return cause_badge(movement)
