"""The tree of goods, shown as one."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelect2Widget

from retail.admin.base import Listing, ReferenceAdmin
from retail.admin.exports import ExportAdmin
from retail.admin.reference_exports import ItemGroupResource
from retail.exceptions import DomainError
from retail.models import Item, ItemGroup
from retail.services import groups


class GroupForm(ModelForm):  # type: ignore[type-arg]  # Generic for the checker only.
    def clean(self) -> dict[str, Any] | None:
        """Refuse a circle in our words; the tree's own check stands behind."""
        cleaned = super().clean()
        try:
            groups.check_can_move(group=self.instance, parent=self.cleaned_data.get("parent"))
        except DomainError as refusal:
            self.add_error("parent", str(refusal))
        return cleaned


class Tree(Listing):
    """The order of the tree unless a person asked for another."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[ItemGroup]:
        found: QuerySet[ItemGroup] = super().get_queryset(request, exclude_parameters)
        # Said aloud, though it is the tree's own order: the pages of a list must know that it has one.
        return found if "o" in self.params else found.order_by().extra(order_by=["__tree.tree_ordering"])


@admin.register(ItemGroup)
class ItemGroupAdmin(ExportAdmin, ReferenceAdmin):
    empty_says = _("Groups of goods, one within another. Rules of exchange and searches go by them.")
    empty_leads_to = "retail.item"
    resource_classes = [ItemGroupResource]
    form = GroupForm
    list_display = ("indented_name", "parent", "item_count")
    list_select_related = ("parent",)
    list_per_page = 100
    search_fields = ("name",)
    search_help_text = _("Name")
    fields = ("name", "parent")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Listing]:
        return Tree

    def get_queryset(self, request: HttpRequest) -> QuerySet[ItemGroup]:
        items = Item.objects.filter(group=OuterRef("pk")).order_by().values("group").annotate(n=Count("pk"))
        tree = super().get_queryset(request).with_tree_fields().order_siblings_by("name")
        counted: QuerySet[ItemGroup] = tree.annotate(items_in=Coalesce(Subquery(items.values("n")), 0))
        return counted

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "parent":
            kwargs["widget"] = UnfoldAdminSelect2Widget()
            kwargs["empty_label"] = _("At the top")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @display(description=_("name"))
    def indented_name(self, group: ItemGroup) -> SafeString:
        depth = getattr(group, "tree_depth", 0)
        return format_html('<span style="padding-left: {}rem">{}</span>', depth * 1.5, group.name)

    @display(description=_("items"), ordering="items_in")
    def item_count(self, group: ItemGroup) -> SafeString:
        url = f"{reverse('admin:retail_item_changelist')}?group={group.pk}"
        return format_html('<a href="{}" class="text-link">{}</a>', url, getattr(group, "items_in", 0))
