"""A cash server of Artix that is told goods over HTTP, and what it has been told.

Only what it says itself moves where the device stands (docs/adr/0026). One load at a time is on its way.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchange.choices import ArtixLoadState
from exchange.models.equipment import Equipment
from exchange.models.transfers import new_uid


class ArtixServer(models.Model):
    """Equipment without one is told goods by files in its folder. `password` is written and never shown."""

    equipment = models.OneToOneField(
        Equipment,
        verbose_name=_("equipment"),
        on_delete=models.CASCADE,
        related_name="artix_server",
    )
    address = models.CharField(
        _("address of the cash server"),
        max_length=200,
        help_text=_("Such as http://192.168.10.5:28080, in a network that the server's settings allow."),
    )
    shop_code = models.CharField(
        _("shop code in Artix"),
        max_length=50,
        unique=True,
        help_text=_("As the cash server names its shop when it tells us how a load goes."),
    )
    user = models.CharField(_("user of the cash server"), max_length=100, default="admin")
    password = models.CharField(_("password"), max_length=200)

    class Meta:
        verbose_name = _("cash server of Artix over HTTP")
        verbose_name_plural = _("cash servers of Artix over HTTP")
        constraints = [
            models.CheckConstraint(
                condition=~Q(address="") & ~Q(shop_code="") & ~Q(user=""),
                name="%(app_label)s_%(class)s_says_where_and_who",
                violation_error_message=_("A cash server has an address, a shop code and a user."),
            ),
        ]

    def __str__(self) -> str:
        return self.address


class ArtixLoadQuerySet(models.QuerySet["ArtixLoad"]):
    def on_its_way(self) -> "ArtixLoadQuerySet":
        return self.filter(state__in=[ArtixLoadState.SENDING, ArtixLoadState.SENT])


class ArtixLoad(models.Model):
    """One load: `uid` is how the cash server names it to us. `position` and `load` are those of `DeviceState`.

    `attempt` counts how often in a row it has been tried; `heard_at` is when the cash server last said anything of it,
    `status` what. `tills` are its tills by their numbers with what it said of each.
    """

    uid = models.CharField(_("load id"), max_length=36, unique=True, default=new_uid)
    equipment = models.ForeignKey(
        Equipment, verbose_name=_("equipment"), on_delete=models.CASCADE, related_name="artix_loads", db_index=False
    )
    state = models.CharField(_("state"), max_length=10, choices=ArtixLoadState.choices, default=ArtixLoadState.SENDING)
    full = models.BooleanField(_("full"))
    goods = models.PositiveIntegerField(_("goods"))
    position = models.JSONField(_("position"))
    load = models.BigIntegerField(_("full load"), default=0)
    attempt = models.PositiveIntegerField(_("attempt"), default=1)
    began_at = models.DateTimeField(_("began at"))
    heard_at = models.DateTimeField(_("last heard of"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=30, blank=True)
    error = models.CharField(_("error"), max_length=32, blank=True)
    detail = models.CharField(_("particulars"), max_length=300, blank=True)
    tills = models.JSONField(_("tills"), default=dict, blank=True)

    objects = ArtixLoadQuerySet.as_manager()

    class Meta:
        verbose_name = _("load of goods for Artix")
        verbose_name_plural = _("loads of goods for Artix")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["equipment"],
                condition=Q(state__in=["sending", "sent"]),
                name="%(app_label)s_%(class)s_one_on_its_way",
            ),
        ]
        indexes = [models.Index(fields=["equipment", "-id"], name="exchange_artixload_latest")]

    def __str__(self) -> str:
        return self.uid
