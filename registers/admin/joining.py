"""Letting a device in and shutting it out: the pages behind two buttons of a register."""

import json
from typing import Any, cast

import segno
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.cache import never_cache
from unfold.decorators import action
from unfold.enums import ActionVariant

from registers.models import PairingCode, Register, RegisterStatus, RegisterToken
from registers.services import pairing, tokens
from retail.admin.base import user_of
from retail.admin.history import KeepsHistory
from retail.exceptions import DomainError

SERVICE = "/kkm/v1/"


class JoiningAdmin(KeepsHistory):
    """The actions "Pair a device" and "Revoke access" of the register's page."""

    @action(
        description=_("Pair a device"),
        url_path="pair-device",
        permissions=["pair"],
        icon="qr_code_2",
        variant=ActionVariant.PRIMARY,
    )
    def pair_device(self, request: HttpRequest, object_id: str) -> HttpResponse:
        register = self._register(request, object_id)
        context = self._context(request, register, _("Pair a device"))
        if request.method == "POST":
            now = timezone.now()
            try:
                code = pairing.issue(register=register, by=user_of(request), now=now)
            except DomainError as error:
                self.message_user(request, str(error), messages.ERROR)
                return HttpResponseRedirect(_page(register))
            self.log_change(request, register, gettext_noop("Made a pairing code"))
            context |= self._code(request, register, code)
        else:
            context |= _before(register)
        response = TemplateResponse(request, "registers/pair_device.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @action(
        description=_("Revoke access"),
        url_path="revoke-access",
        permissions=["revoke"],
        icon="key_off",
        variant=ActionVariant.DANGER,
    )
    def revoke_access(self, request: HttpRequest, object_id: str) -> HttpResponse:
        register = self._register(request, object_id)
        if request.method != "POST":
            context = self._context(request, register, _("Revoke access")) | _before(register)
            return TemplateResponse(request, "registers/revoke_access.html", context)
        revoked = tokens.revoke(register=register, by=user_of(request), now=timezone.now())
        self.log_change(request, register, gettext_noop("Revoked access"))
        said = ngettext(
            "Access revoked: %(count)d token works no more.", "Access revoked: %(count)d tokens work no more.", revoked
        )
        self.message_user(request, said % {"count": revoked}, messages.SUCCESS)
        return HttpResponseRedirect(_page(register))

    @method_decorator(never_cache)
    def pairing_state(self, request: HttpRequest, object_id: str, code_id: int) -> JsonResponse:
        """Tell the pairing page what became of its code: waiting, paired, expired or replaced."""
        if not self.has_pair_permission(request):
            raise PermissionDenied
        register = self._register(request, object_id)
        code = PairingCode.objects.filter(pk=code_id, register=register).first()
        if code is None:
            raise Http404
        if code.used_at:
            return JsonResponse({"state": "paired", "device": _device(getattr(register, "status", None))})
        if code.expires_at < code.created_at + pairing.LIFETIME:
            return JsonResponse({"state": "replaced"})
        return JsonResponse({"state": "waiting" if timezone.now() < code.expires_at else "expired"})

    # The theme's own check of a permission's name asks the database, which a first migration does not have yet; hence
    # methods.

    def has_pair_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("registers.add_pairingcode")

    def has_revoke_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("registers.change_registertoken")

    def _register(self, request: HttpRequest, object_id: str) -> Register:
        register = self.get_object(request, object_id)
        if register is None:
            raise Http404
        if not self.has_view_permission(request, register):
            raise PermissionDenied
        return cast(Register, register)

    def _context(self, request: HttpRequest, register: Register, title: Any) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "original": register,
            "register": register,
            "media": self.media,
            "back_url": _page(register),
        }

    def _code(self, request: HttpRequest, register: Register, code: str) -> dict[str, Any]:
        """Return what shows a fresh code: signs to type, a picture to scan, and where to ask what became of it."""
        service = request.build_absolute_uri(SERVICE)
        made = PairingCode.objects.get(digest=pairing.digest(code))
        state_url = reverse(f"{self.admin_site.name}:registers_register_pairing_state", args=[register.pk, made.pk])
        return {
            "code": code,
            "service": service,
            "qr": _qr(json.dumps({"url": service, "code": code})),
            "state_url": state_url,
            "seconds": int(pairing.LIFETIME.total_seconds()),
        }


def _before(register: Register) -> dict[str, Any]:
    """Return how the register signs in at present, which pairing or revoking would end."""
    live = RegisterToken.objects.live().filter(register=register)
    return {"device": _device(getattr(register, "status", None)), "signs_in": live.exists()}


def _device(status: RegisterStatus | None) -> str:
    if status is None:
        return ""
    return " · ".join(part for part in (f"{status.software} {status.version}".strip(), status.serial) if part)


def _qr(content: str) -> SafeString:
    """Draw a QR code as inline SVG, black on white whatever the theme: cameras want it so."""
    picture = segno.make(content, error="m", micro=False)
    return mark_safe(picture.svg_inline(scale=6, border=4, dark="#000", light="#fff", omitsize=True))


def _page(register: Register) -> str:
    return reverse("admin:registers_register_change", args=[register.pk])
