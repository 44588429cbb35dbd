"""УКМ 5: which of our shops and registers its stores and tills are, and what came from tills that nobody has named.

UKM 5 speaks of a store and a till by its own names, and has two for each: an outer one in questions about stock and in
file names, an inner one in some of what it pushes.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registers.models import Register
from retail.models import Shop

_folder = RegexValidator(r"^[^/\\\x00-\x1f.][^/\\\x00-\x1f]*$", _("The name of one folder, without slashes."))


class Ukm5StoreQuerySet(models.QuerySet["Ukm5Store"]):
    def called(self, name: str) -> "Ukm5StoreQuerySet":
        """Keep the store that UKM 5 calls so."""
        return self.filter(Q(code=name) | Q(inner_code=name)) if name else self.none()


class Ukm5Store(models.Model):
    """A store of UKM 5 and the shop it is.

    Of the secret that stands in its address only the SHA-256 is kept; without one nobody gets in by a secret.
    """

    shop = models.OneToOneField(Shop, verbose_name=_("shop"), on_delete=models.PROTECT, related_name="ukm5")
    code = models.CharField(
        _("store code"), max_length=100, unique=True, help_text=_("What UKM 5 calls the shop when it asks about stock.")
    )
    inner_code = models.CharField(
        _("inner store code"),
        max_length=100,
        blank=True,
        help_text=_("Only where UKM 5 calls the shop otherwise in what it tells: the id of the store in receipts."),
    )
    folder = models.CharField(
        _("folder of files"),
        max_length=100,
        blank=True,
        validators=[_folder],
        help_text=_("Where the XML export of this store puts its files, in the server's folder of UKM 5. Empty: none."),
    )
    digest = models.CharField(_("secret's digest"), max_length=64, null=True, blank=True, unique=True, editable=False)
    secret_made_at = models.DateTimeField(_("secret made at"), null=True, blank=True, editable=False)
    secret_made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("secret made by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
    )

    objects = Ukm5StoreQuerySet.as_manager()

    class Meta:
        verbose_name = _("UKM 5 store")
        verbose_name_plural = _("UKM 5 stores")
        constraints = [
            models.UniqueConstraint(
                fields=["inner_code"], condition=~Q(inner_code=""), name="%(app_label)s_%(class)s_inner_code_once"
            ),
            models.UniqueConstraint(
                fields=["folder"], condition=~Q(folder=""), name="%(app_label)s_%(class)s_folder_once"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        for attr in ("code", "inner_code"):
            if Ukm5Store.objects.called(getattr(self, attr)).exclude(pk=self.pk).exists():
                raise ValidationError({attr: _("Another store is called so already.")})


class Ukm5Till(models.Model):
    """A till of a store and the register it is."""

    store = models.ForeignKey(Ukm5Store, verbose_name=_("store"), on_delete=models.CASCADE, related_name="tills")
    number = models.CharField(
        _("till number"), max_length=50, help_text=_("The number of the till in UKM 5, as it asks about stock.")
    )
    inner_id = models.CharField(
        _("inner till id"),
        max_length=50,
        blank=True,
        help_text=_("Only where UKM 5 calls the till otherwise in what it tells: posId of receipts."),
    )
    register = models.OneToOneField(
        Register, verbose_name=_("register"), on_delete=models.PROTECT, related_name="ukm5_till"
    )

    class Meta:
        verbose_name = _("UKM 5 till")
        verbose_name_plural = _("UKM 5 tills")
        constraints = [
            models.UniqueConstraint(fields=["store", "number"], name="%(app_label)s_%(class)s_number_once_per_store"),
            models.UniqueConstraint(
                fields=["store", "inner_id"],
                condition=~Q(inner_id=""),
                name="%(app_label)s_%(class)s_inner_id_once_per_store",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def clean(self) -> None:
        shop_id = getattr(getattr(self, "store", None), "shop_id", None)
        register: Any = getattr(self, "register", None)
        if shop_id is not None and register is not None and register.shop_id != shop_id:
            raise ValidationError({"register": _("This register stands in another shop.")})


class Ukm5UnclaimedQuerySet(models.QuerySet["Ukm5Unclaimed"]):
    def waiting(self) -> "Ukm5UnclaimedQuerySet":
        return self.filter(register=None)


class Ukm5Unclaimed(models.Model):
    """What UKM 5 told and nobody could say of which register, word for word. Nothing of it is lost or moved.

    `store_code` and `till_number` are what it calls itself, as far as that can be read; `sender` is the store by whose
    secret or in whose folder it came. Once its till is known it is taken in, and `register` says whose it was.
    """

    store_code = models.CharField(_("store code"), max_length=100, blank=True)
    till_number = models.CharField(_("till number"), max_length=50, blank=True)
    sender = models.ForeignKey(
        Ukm5Store, verbose_name=_("came from"), on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    raw = models.BinaryField(_("as it came"))
    body_hash = models.BinaryField(_("body hash"), max_length=32, unique=True)
    received_at = models.DateTimeField(_("received at"))
    register = models.ForeignKey(
        Register, verbose_name=_("taken in for"), on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    claimed_at = models.DateTimeField(_("taken in at"), null=True, blank=True)

    objects = Ukm5UnclaimedQuerySet.as_manager()

    class Meta:
        verbose_name = _("unclaimed message of UKM 5")
        verbose_name_plural = _("UKM 5: not taken in")
        default_permissions = ("view",)
        permissions = [("claim_ukm5unclaimed", _("Can take in what no till of UKM 5 was known for"))]
        indexes = [models.Index(fields=["id"], condition=Q(register=None), name="exchange_unclaimed_waiting")]

    def __str__(self) -> str:
        return f"{self.store_code}/{self.till_number} ({self.pk})"
