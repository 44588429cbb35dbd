"""What a person may do here is what he may do in the admin: the same permissions, for reading too."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

if TYPE_CHECKING:
    from retail.api.base import ListViewSet

VERBS = {
    "create": "add",
    "copy": "add",
    "partial_update": "change",
    "replace_lines": "change",
    "destroy": "delete",
    "post_document": "post",
    "reverse_document": "reverse",
    "agree": "agree",
    "take_back": "agree",
    "cancel": "cancel",
    "reopen": "cancel",
}


class MayDo(BasePermission):
    """Whoever does anything to a kind of thing may also see it; each verb needs its own permission beside."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        asked: ListViewSet = view  # type: ignore[assignment]  # Every view of this API is one.
        return request.user.is_authenticated and request.user.has_perms(needed(asked))


def needed(view: "ListViewSet") -> set[str]:
    """Return the permissions that the view's action needs: "stock.post_goodsreceipt"."""
    opts = view.queryset.model._meta
    verbs = {"view", VERBS.get(view.action or "", "view")}
    return {f"{opts.app_label}.{verb}_{opts.model_name}" for verb in verbs} | {
        *view.needs,
        *view.needs_for.get(view.action or "", ()),
    }
