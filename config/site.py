"""The site of the admin: unfold's, with less to do for each page, and with a search of our own."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite


class Site(UnfoldAdminSite):
    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """List applications and models when somebody looks: every page has the list at hand, our menu none of it."""
        return SimpleLazyObject(lambda: super(Site, self).get_app_list(request, app_label))

    def get_tabs_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the saved views of the list that is shown: unfold would look through those of all for every page."""
        from config import list_views

        return list_views.tabs(request)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Search for what was typed into the menu: a receipt, goods, a card, a document, a page."""
        from exchange.admin import search

        return search.view(request, site=self, menu=self._menu(request))

    def _menu(self, request: HttpRequest) -> Iterator[tuple[str, str]]:
        for section in self.get_sidebar_list(request):
            for line in section["items"]:
                if line["has_permission"]:
                    yield str(line["title"]), str(line["link_callback"])
