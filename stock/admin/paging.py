"""Lists within a page: a page of rows under a name of its own, beside others that are leafed through by themselves."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

ROWS = 50


def address(request: HttpRequest, **changed: object) -> str:
    """Return the address of this page with some of its parameters changed, or taken away where None."""
    query: QueryDict = request.GET.copy()
    for name, value in changed.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"?{query.urlencode()}"


def page_of(
    request: HttpRequest, rows: QuerySet[Any], *, name: str, shown_as: Callable[[Any], Any], count: int | None = None
) -> dict[str, Any]:
    """Return what `stock/pages.html` leafs through: the rows of the page asked for, and its neighbours' addresses.

    `count` is how many rows there are, where that is known.
    """
    paginator = Paginator(rows, ROWS)
    if count is not None:
        paginator.count = count
    page: Page[Any] = paginator.get_page(request.GET.get(name))
    return {
        "rows": [shown_as(row) for row in page.object_list],
        "count": paginator.count,
        "number": page.number,
        "pages": paginator.num_pages,
        "previous": address(request, **{name: page.number - 1}) if page.has_previous() else None,
        "next": address(request, **{name: page.number + 1}) if page.has_next() else None,
    }
