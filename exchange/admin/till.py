"""«Учебная касса»: a till on a page of the back office, alone or two side by side.

The page is static files and words; everything it knows of goods, stock and cards it asks as a register, under its own
token, which only the browser has. What is served here: the list of registers it may be, the page, and a pairing code
for whoever may make one. All of it answers 404 unless the setting TRAINING_TILL is on.
"""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, register_converter, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from exchange.admin import till_words
from exchange.services import training
from registers.models import Register
from registers.services import pairing
from retail.admin.base import user_of
from retail.exceptions import DomainError

SERVICE = "/kkm/v1/"
SIDE_BY_SIDE = 2
SHOWN = 40


class Registers:
    """One register or two, as an address has them: "8" or "8-9"."""

    regex = r"[0-9]{1,9}(?:-[0-9]{1,9})?"

    def to_python(self, value: str) -> list[int]:
        return [int(part) for part in value.split("-")]

    def to_url(self, value: list[int]) -> str:
        return "-".join(map(str, value))


register_converter(Registers, "registers")


def may_train(request: HttpRequest) -> bool:
    """Tell whether the page is there for this person."""
    user = request.user
    rights = ("registers.view_register", "registers.add_pairingcode")
    return settings.TRAINING_TILL and user.is_active and user.has_perms(rights)


def _check(request: HttpRequest) -> None:
    if not settings.TRAINING_TILL:
        raise Http404
    if not may_train(request):
        raise PermissionDenied


@require_GET
def choose_view(request: HttpRequest) -> HttpResponse:
    """List the registers that a page may be, those of a warehouse together."""
    _check(request)
    sought = request.GET.get("q", "").replace("\0", "").strip()[:100]
    found = list(_sought(sought)[: SHOWN + 1])
    about = [_about(register) for register in found[:SHOWN]]
    context = {
        **admin.site.each_context(request),
        "title": _("Training till"),
        "sought": sought,
        "more": len(found) > SHOWN,
        "places": _places(found[:SHOWN]),
        "registers": about,
        "words": till_words.words(),
        "service": SERVICE,
        "may_add": request.user.has_perm("registers.add_register"),
    }
    return TemplateResponse(request, "exchange/till_choice.html", context)


@require_GET
def page_view(request: HttpRequest, registers: list[int]) -> HttpResponse:
    """Show the till of a register, or two of them side by side."""
    _check(request)
    known = {register.pk: register for register in training.registers().filter(pk__in=registers)}
    shown = [known[pk] for pk in dict.fromkeys(registers) if pk in known]
    if not shown:
        raise Http404
    context = {
        "title": " · ".join(register.name for register in shown),
        "registers": [_about(register) for register in shown],
        "words": till_words.words(),
        "service": SERVICE,
    }
    return TemplateResponse(request, "exchange/till.html", context)


@require_POST
def code_view(request: HttpRequest, register_id: int) -> JsonResponse:
    """Make a pairing code, which the page spends at once."""
    _check(request)
    register = Register.objects.filter(pk=register_id).first()
    if register is None:
        raise Http404
    try:
        training.check_may_pair(register=register)
        code = pairing.issue(register=register, by=user_of(request), now=timezone.now())
    except DomainError as refusal:
        return JsonResponse({"detail": str(refusal)}, status=409)
    return JsonResponse({"code": code})


def urls() -> list[URLPattern]:
    """Return the addresses, below `admin/till/`."""
    view = admin.site.admin_view
    return [
        path("", view(choose_view), name="till"),
        path("<registers:registers>/", view(page_view), name="till-page"),
        path("<int:register_id>/code/", view(code_view), name="till-code"),
    ]


def _sought(sought: str) -> Any:
    found = training.registers()
    if not sought:
        return found
    named = Q(name__icontains=sought) | Q(shop__name__icontains=sought)
    return found.filter(named | Q(number=int(sought)) if sought.isdecimal() and len(sought) < 10 else named)


def _about(register: Register) -> dict[str, Any]:
    return {
        "id": register.pk,
        "number": register.number,
        "name": register.name,
        "shop": register.shop.name,
        "warehouse": register.warehouse.name,
        "paired": register.paired,  # type: ignore[attr-defined]  # annotated by the service
        "code": reverse("till-code", args=[register.pk]),
        "back": reverse("till"),
    }


def _places(found: list[Register]) -> list[dict[str, Any]]:
    """Group registers by their warehouse; of two or more the newest two may be opened together."""
    places: dict[int, list[Register]] = {}
    for register in found:
        places.setdefault(register.warehouse_id, []).insert(0, register)
    return [
        {
            "warehouse": of_one[0].warehouse,
            "shop": of_one[0].shop,
            "registers": [{"register": one, "url": reverse("till-page", args=[[one.pk]])} for one in of_one],
            "pair": _pair(of_one[-SIDE_BY_SIDE:]) if len(of_one) >= SIDE_BY_SIDE else None,
        }
        for of_one in places.values()
    ]


def _pair(registers: list[Register]) -> dict[str, str]:
    pks = [register.pk for register in registers]
    return {"url": reverse("till-page", args=[pks]), "tills": "-".join(map(str, pks))}
