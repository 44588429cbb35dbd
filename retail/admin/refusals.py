"""What the services refuse while a page is saved or deleted, said on the page it came from."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.admin import ModelAdmin

from retail.exceptions import DomainError


class SaysRefusals(ModelAdmin):
    def check_can_edit(self, original: Any) -> None:
        """Raise `DomainError` for what is not edited any more. Asked before anything of the form is looked at."""

    def words_of(self, refusal: DomainError) -> str:
        return str(refusal)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            if request.method == "POST" and object_id and (original := self.get_object(request, unquote(object_id))):
                self.check_can_edit(original)
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            messages.error(request, self.words_of(refusal))
            return HttpResponseRedirect(request.path)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            response: HttpResponse = super().delete_view(request, object_id, extra_context)
        except DomainError as refusal:
            messages.error(request, self.words_of(refusal))
            page = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change"
            return HttpResponseRedirect(reverse(page, args=[object_id]))
        return response
