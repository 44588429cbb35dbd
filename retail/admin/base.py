"""What every page of reference has in common."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from retail.services import catalogue

NOTHING = "–"


def user_of(request: HttpRequest) -> User:
    """Return who has signed in: the admin lets nobody else through."""
    assert isinstance(request.user, User)
    return request.user


class ReferenceAdmin(ModelAdmin):
    """Edits take the catalogue's lock before anything is read, so that what was checked still holds when saved."""

    list_per_page = 50
    list_filter_submit = True
    show_full_result_count = False
    warn_unsaved_form = True

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
