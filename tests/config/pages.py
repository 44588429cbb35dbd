"""Every page of the admin, from its addresses, with a row behind each address that asks for one."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from registers.models import PairingCode, Register

# Django's own ways in and out and tools of scripts, that are pages of nothing.
ASIDE = {"login", "logout", "jsi18n", "view_on_site", "app_list", "autocomplete"}
OUTSIDE = {"home-figures", "till", "till-page", "till-code"}  # Under the address of the admin, and not its own.
# An address is a model's by its beginning.
MODELS = {f"{model._meta.app_label}_{model._meta.model_name}": model for model in admin.site._registry}


class Page(NamedTuple):
    name: str
    model: str
    view: Any
    arguments: dict[str, Any]
    given: dict[str, Any]

    @property
    def url(self) -> str:
        return reverse(self.name if self.name in OUTSIDE else f"admin:{self.name}", kwargs=self.arguments)

    @property
    def verb(self) -> str:
        return self.name.removeprefix(f"{self.model}_")


def pages() -> list[Page]:
    """Return every page; ask with a row of each model there."""
    rows = {name: model._default_manager.order_by("-pk").first() for name, model in MODELS.items()}
    found = []
    for pattern in _patterns():
        if pattern.name and pattern.name not in ASIDE:
            model = next((name for name in MODELS if pattern.name.startswith(f"{name}_")), "")
            arguments = _arguments(pattern, rows.get(model))
            found.append(Page(pattern.name, model, pattern.callback, arguments, pattern.default_args))
    return found


def _patterns() -> Iterator[URLPattern]:
    for below in get_resolver().url_patterns:
        if str(below.pattern).startswith("admin/"):
            yield from leaves(below)


def leaves(below: URLPattern | URLResolver) -> Iterator[URLPattern]:
    """Return every address below one."""
    if isinstance(below, URLPattern):
        yield below
    else:
        for pattern in below.url_patterns:
            yield from leaves(pattern)


def _arguments(pattern: URLPattern, row: Any) -> dict[str, Any]:
    """Return what an address is made of; a parameter that nobody knows is a KeyError."""
    known: dict[str, Any] = {
        "object_id": lambda: str(row.pk),
        "id": lambda: str(row.pk),
        "pk": lambda: row.pk,
        "code_id": lambda: PairingCode.objects.get(register=row).pk,
        "which": lambda: "asked",
        "registers": lambda: [Register.objects.order_by("-pk")[0].pk],
        "register_id": lambda: Register.objects.order_by("-pk")[0].pk,
    }
    return {name: known[name]() for name in pattern.pattern.converters}
