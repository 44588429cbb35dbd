"""Lines of a correction: typed or scanned while it is open, read ever after."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from billing.admin import shown
from billing.models import CardNumber, CorrectionDocument, CorrectionLine
from billing.services import corrections
from registers.admin.facts import FactInline, link
from retail.admin.base import NOTHING


class CorrectionLineForm(forms.ModelForm):  # type: ignore[type-arg]
    """A line names its card by the number that is read off it."""

    number = forms.CharField(label=_("number of the card"), max_length=64, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = CorrectionLine
        fields = ("number", "measure", "amount", "expires_on")
        help_texts = {"expires_on": _("Empty: for ever.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["number"] = _first_number(self.instance) or ""

    def clean_number(self) -> str:
        value: str = self.cleaned_data["number"]
        found = CardNumber.objects.filter(value=value).values_list("card", flat=True).first()
        if found is None:
            raise ValidationError(_("No discount card has this number."))
        self.instance.card_id = found
        return value

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if "amount" in said and "measure" in said:
            line = CorrectionLine(
                measure=said["measure"], amount=said["amount"] or 0, expires_on=said.get("expires_on")
            )
            try:
                corrections.check_line(line=line, today=timezone.localdate())
            except ValidationError as error:
                self.add_error(None, error)
        return said


class CorrectionLineInline(TabularInline):
    """Lines of an open correction. Whoever may edit the correction may edit them."""

    model = CorrectionLine
    form = CorrectionLineForm
    fields = ("number", "measure", "amount", "expires_on")
    verbose_name = _("line")
    verbose_name_plural = _("lines")
    hide_title = True
    ordering = ("line",)
    max_num = corrections.MOST_LINES

    def get_queryset(self, request: HttpRequest) -> QuerySet[CorrectionLine]:
        lines: QuerySet[CorrectionLine] = super().get_queryset(request)
        return lines.select_related("card").prefetch_related("card__numbers")

    def get_extra(self, request: HttpRequest, obj: CorrectionDocument | None = None, **kwargs: Any) -> int:
        return 1 if obj is None else 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view") or self._may(request, "change")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "add" if obj is None else "change")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request, obj)

    def _may(self, request: HttpRequest, verb: str) -> bool:
        return request.user.has_perm(f"billing.{verb}_correctiondocument")


class KeptCorrectionLineInline(FactInline):
    """Lines that are not edited any more. Whoever may read the correction may read them."""

    model = CorrectionLine
    fields = ("place", "card_shown", "measure", "amount_shown", "ends")
    readonly_fields = ("place", "card_shown", "amount_shown", "ends")
    verbose_name_plural = _("lines")
    ordering = ("line",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CorrectionLine]:
        self.whole = shown.sees_people(request)
        lines: QuerySet[CorrectionLine] = super().get_queryset(request)
        return lines.select_related("card").prefetch_related("card__numbers")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.view_correctiondocument")

    @display(description="№")
    def place(self, line: CorrectionLine) -> str:
        return str(line.line)

    @display(description=_("discount card"))
    def card_shown(self, line: CorrectionLine) -> str:
        return link(line.card, card_name(line, whole=self.whole))

    @display(description=_("plus or minus"))
    def amount_shown(self, line: CorrectionLine) -> str:
        return shown.figure(line.measure, line.amount, signed=True)

    @display(description=_("lives until, and on it"))
    def ends(self, line: CorrectionLine) -> str:
        return lives_until(line)


def lives_until(line: CorrectionLine) -> str:
    """Say until what day lives what a line adds; of what is taken off there is nothing to say."""
    if line.expires_on:
        return shown.day(line.expires_on)
    return pgettext("lot", "never") if line.amount > 0 else NOTHING


def card_name(line: CorrectionLine, *, whole: bool) -> str:
    """Return how the card of a line is called to whoever looks; its numbers must be at hand."""
    number = _first_number(line)
    return shown.number(number, whole=whole) if number else str(line.card)


def _first_number(line: CorrectionLine) -> str | None:
    """Return the number of the card, or of the one that was put in its place: a replaced card has none."""
    numbers = sorted(line.card.numbers.all(), key=lambda one: one.pk)
    return numbers[0].value if numbers else None
