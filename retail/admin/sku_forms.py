"""Forms of SKUs, of their barcodes and of their prices: what may be typed, and what stays once it is saved."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet

from retail.exceptions import DomainError
from retail.models import Price, Sku
from retail.services import prices, skus

IDENTITY = ("code", "characteristic", "pack")


class SkuForm(forms.ModelForm):  # type: ignore[type-arg]  # Generic for the checker only.
    """A SKU of an item. What registers and receipts know it by does not change once it is saved."""

    class Meta:
        model = Sku
        fields = ("code", "characteristic", "pack", "plu", "withdrawn")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in IDENTITY:
            if name in self.fields and self.instance.pk:
                self.fields[name].disabled = True

    def has_changed(self) -> bool:
        """A row that was added says something even if all of it is left to us: the SKU without characteristic."""
        return self.instance.pk is None or super().has_changed()

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if code or self.instance.pk:
            return code
        try:
            return skus.assign_code(sku=Sku()).code
        except DomainError as refusal:
            raise ValidationError(str(refusal)) from refusal


class SkuFormSet(PaginationInlineFormSet):
    def clean(self) -> None:
        """Refuse two SKUs of one characteristic and pack, which the forms cannot see of each other."""
        super().clean()
        seen = set()
        for form in self.forms:
            if not hasattr(form, "cleaned_data") or form.errors:
                continue
            variant = (form.cleaned_data.get("characteristic"), form.cleaned_data.get("pack"))
            if variant in seen:
                form.add_error(None, _("This item, characteristic and pack already have a SKU."))
            seen.add(variant)


def _now() -> Any:
    return timezone.now().replace(microsecond=0)


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A price that is ahead may be changed; one that has begun is history."""

    class Meta:
        model = Price
        fields = ("price_type", "sku", "amount", "valid_from")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "valid_from" in self.fields:
            self.fields["valid_from"].initial = _now
        if self.has_begun:
            for field in self.fields.values():
                field.disabled = True

    @property
    def has_begun(self) -> bool:
        return self.instance.pk is not None and self.instance.valid_from <= timezone.now()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        known = self.cleaned_data
        if self.has_begun or not {"price_type", "valid_from"} <= known.keys():
            return cleaned
        sku = known.get("sku") or (self.instance.sku_id and self.instance.sku)
        if sku and sku.pk:
            price = Price(sku=sku, price_type=known["price_type"], valid_from=known["valid_from"])
            try:
                prices.check_can_begin(price=price, now=timezone.now())
            except DomainError as refusal:
                self.add_error("valid_from", str(refusal))
        return cleaned


class PriceFormSet(PaginationInlineFormSet):
    def clean(self) -> None:
        super().clean()
        for form in self.deleted_forms:
            if form.instance.pk:
                try:
                    prices.check_can_change(price=form.instance, now=timezone.now())
                except DomainError as refusal:
                    raise ValidationError(str(refusal)) from refusal
