"""The list of registers, with the way from it to loading those that are chosen: `registers` does not know of loads."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from registers.admin import RegisterAdmin
from registers.models import Register

MOST = 500  # An address holds no more; a shop or a warehouse is chosen whole on the load's own page.


class LoadableRegisterAdmin(RegisterAdmin):
    actions: Sequence[Any] = (*RegisterAdmin.actions, "load_registers")  # type: ignore[assignment]

    def has_load_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("exchange.add_registerload")

    @admin.action(description=_("Load…"), permissions=["load"])
    def load_registers(self, request: HttpRequest, queryset: QuerySet[Register]) -> HttpResponse | None:
        """Go to a new load of the chosen registers."""
        chosen = list(queryset.order_by("number").values_list("pk", flat=True)[: MOST + 1])
        if len(chosen) > MOST:
            said = _("At most %(most)d registers at once: choose their shops or warehouses on the load's page.")
            self.message_user(request, said % {"most": MOST}, messages.ERROR)
            return None
        asked = urlencode({"registers": ",".join(map(str, chosen))})
        return HttpResponseRedirect(f"{reverse('admin:exchange_registerload_add')}?{asked}")


admin.site.unregister(Register)
admin.site.register(Register, LoadableRegisterAdmin)
