"""People and their roles."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Count, QuerySet
from django.forms import ModelForm, ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, DropdownFilter
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from retail.admin import edit_names
from retail.admin.base import NOTHING
from retail.admin.filters import is_key
from retail.admin.history import KeepsHistory
from retail.choices import Role

admin.site.unregister(User)
admin.site.unregister(Group)


def role_title(group: Group) -> str:
    """Return what people call a role: translated for ours, as typed for those an administrator has made."""
    return str(Role(group.name).label) if group.name in Role.values else group.name


class RoleField(ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, group: Group) -> str:
        return role_title(group)


_VERBS = {"add": _("adding"), "change": _("changing"), "delete": _("deleting"), "view": _("viewing")}


def permission_title(permission: Permission) -> str:
    """Return a permission in the person's language: the database knows its name in English only."""
    verb, _rest, name = permission.codename.partition("_")
    ours = verb in _VERBS and name == permission.content_type.model
    said = _VERBS[verb] if ours else gettext(permission.name)
    return f"{permission.content_type} | {said}"


class PermissionField(ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, permission: Permission) -> str:
        return permission_title(permission)


edit_names.call(Group, role_title)
edit_names.call(Permission, permission_title, related=("content_type",))
edit_names.entitle("auth.user_groups", "group_id", _("Roles"))
edit_names.entitle("auth.user", "is_active", _("Access"))


class RoleFilter(DropdownFilter):
    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(group.pk), role_title(group)) for group in Group.objects.order_by("name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        value = self.value()
        return queryset.filter(groups=int(value)) if is_key(value) else queryset


@admin.register(User)
class UserAdmin(BaseUserAdmin, KeepsHistory):  # type: ignore[misc, type-arg]  # Generic for the checker only.
    """Whoever is added here may sign in, and may do what the roles say. Only a superuser makes another one."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "full_name", "roles", "access", "last_login")
    list_filter = (RoleFilter, ("is_active", BooleanRadioFilter))
    list_filter_submit = True
    list_per_page = 50
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": (("last_name", "first_name"), "email")}),
        (_("Roles"), {"fields": ("groups",)}),
        (_("Access"), {"fields": ("is_active", "is_superuser", ("last_login", "date_joined"))}),
    )
    add_fieldsets = ((None, {"fields": ("username", ("last_name", "first_name"), "groups", "password1", "password2")}),)
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        found: QuerySet[User] = super().get_queryset(request)
        return found.prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return self.readonly_fields if _is_superuser(request) else (*self.readonly_fields, "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody takes over an account that may do more than his own."""
        allowed = bool(super().has_change_permission(request, obj))
        return allowed and not (obj and obj.is_superuser and not _is_superuser(request))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = bool(super().has_delete_permission(request, obj))
        return allowed and not (obj and obj.is_superuser and not _is_superuser(request))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            roles = Group.objects.order_by("pk")
            return RoleField(roles, label=_("Roles"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget())
        if db_field.name == "is_active":
            kwargs["label"] = _("Access")
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: "ModelForm[User]", change: bool) -> None:
        if not change:
            obj.is_staff = True
        super().save_model(request, obj, form, change)

    @display(description=_("Access"), boolean=True, ordering="is_active")
    def access(self, user: User) -> bool:
        return user.is_active

    @display(description=_("Person"), ordering="last_name")
    def full_name(self, user: User) -> str:
        return f"{user.last_name} {user.first_name}".strip() or NOTHING

    @display(description=_("roles"))
    def roles(self, user: User) -> str:
        titles = [role_title(group) for group in user.groups.all()]
        return ", ".join([str(_("superuser"))] * user.is_superuser + titles) or NOTHING


@admin.register(Group)
class GroupAdmin(BaseGroupAdmin, KeepsHistory):  # type: ignore[misc]
    """The roles that come with the product keep their names, by which releases know them, and are not deleted."""

    list_display = ("title", "people", "permission_count")
    search_fields = ("name",)
    ordering = ("pk",)
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        found: QuerySet[Group] = super().get_queryset(request)
        return found.annotate(
            people_in=Count("user", distinct=True), permissions_in=Count("permissions", distinct=True)
        )

    def get_fields(self, request: HttpRequest, obj: Group | None = None) -> tuple[str, ...]:
        return ("title" if _is_ours(obj) else "name", "permissions")

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> tuple[str, ...]:
        return ("title",) if _is_ours(obj) else ()

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and not _is_ours(obj)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any) -> Any:
        if db_field.name == "permissions":
            kwargs["form_class"] = PermissionField
        return super().formfield_for_manytomany(db_field, request=request, **kwargs)

    @display(description=_("role"), ordering="name")
    def title(self, group: Group) -> str:
        return role_title(group)

    @display(description=_("people"), ordering="people_in")
    def people(self, group: Group) -> int:
        count: int = getattr(group, "people_in", 0)
        return count

    @display(description=_("permissions"), ordering="permissions_in")
    def permission_count(self, group: Group) -> int:
        count: int = getattr(group, "permissions_in", 0)
        return count


def _is_ours(group: Group | None) -> bool:
    return group is not None and group.name in Role.values


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
