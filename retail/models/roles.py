"""What the product itself has granted to roles."""

from django.contrib.auth.models import Group, Permission
from django.db import models
from django.utils.translation import gettext_lazy as _


class RoleGrant(models.Model):
    """A permission that some release has granted to a role: it is not granted again once a person has taken it away."""

    group = models.ForeignKey(Group, verbose_name=_("role"), on_delete=models.CASCADE, related_name="+")
    permission = models.ForeignKey(Permission, verbose_name=_("permission"), on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("role grant")
        verbose_name_plural = _("role grants")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "permission"], name="%(app_label)s_%(class)s_once_per_role_and_permission"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.permission_id}"
