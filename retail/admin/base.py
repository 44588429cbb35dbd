"""What every page of reference has in common."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.views import ChangeList

from retail.admin.edit_words import NOTHING
from retail.admin.history import KeepsHistory
from retail.services import catalogue

__all__ = ["NOTHING", "Listing", "ReferenceAdmin", "user_of"]


def user_of(request: HttpRequest) -> User:
    """Return who has signed in: the admin lets nobody else through."""
    assert isinstance(request.user, User)
    return request.user


class Listing(ChangeList):
    """Counts its rows once, and offers to show all of them only while something narrows the list."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not (self.query or self.has_active_filters):
            self.full_result_count = self.result_count


class ReferenceAdmin(KeepsHistory):
    """Edits take the catalogue's lock before anything is read, so that what was checked still holds when saved."""

    list_per_page = 50
    list_filter_submit = True
    show_full_result_count = False
    warn_unsaved_form = True

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Listing

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            if request.method == "POST":
                catalogue.lock()
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)
            return response

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            if request.method == "POST":
                catalogue.lock()
            response: HttpResponse = super().delete_view(request, *args, **kwargs)
            return response

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        catalogue.lock()
        super().delete_queryset(request, queryset)
