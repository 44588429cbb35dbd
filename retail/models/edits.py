"""The history of edits: what was changed in reference data and settings, by whom, and from what to what.

Rows of `Edit` are written by triggers of the database (see `retail_keep_history` in the migrations), so that a form, an
import, a mass action and a line of SQL leave the same trace. Nobody edits them; what is old is forgotten by a task.
"""

import json
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from retail.choices import EditAct, EditSource


class ExactNumbers(json.JSONDecoder):
    """Reads 99.90 as it was written, and not as the nearest binary number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(parse_float=Decimal, **kwargs)


class FileImport(models.Model):
    """A file that was taken in: what came of its rows so far. Written in the transactions that write the rows."""

    at = models.DateTimeField(_("begun at"))
    kind = models.CharField(_("kind"), max_length=20)
    file_name = models.CharField(_("file"), max_length=200)
    new = models.PositiveIntegerField(_("new rows"), default=0)
    changed = models.PositiveIntegerField(_("changed rows"), default=0)
    same = models.PositiveIntegerField(_("rows that were the same"), default=0)
    faulty = models.PositiveIntegerField(_("faulty rows"), default=0)
    finished = models.BooleanField(_("read to the end"), default=False)

    class Meta:
        verbose_name = _("file import")
        verbose_name_plural = _("file imports")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.file_name


class EditQuerySet(models.QuerySet["Edit"]):
    def of_page(self, *pages: tuple[str, list[int]]) -> "EditQuerySet":
        """Keep what is told on the pages of these objects: (model's label, keys)."""
        chosen = Q(pk__in=[])
        for model, keys in pages:
            chosen |= Q(page_model=model, page_id__in=keys)
        return self.filter(chosen)


class Edit(models.Model):
    """A row that was added, changed or deleted; or something done to it that its columns do not tell (`note`).

    `page_model` and `page_id` say on whose page it is shown: a barcode's on its SKU's. `changes` holds, by column, the
    old value and the new one as the database writes them in JSON; [] where the value is nobody's to read. Of links
    (the roles of a person) it holds two lists of keys: taken away and given. `label` is what the row called itself,
    for the day when it is gone. `by` may point at somebody who is gone, too; `by_name` stays.
    """

    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    by_name = models.CharField(_("name"), max_length=150, blank=True)
    source = models.CharField(_("from where"), max_length=10, choices=EditSource.choices, blank=True)
    origin = models.CharField(_("program"), max_length=200, blank=True)
    run = models.ForeignKey(
        FileImport,
        verbose_name=_("file import"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,  # A hundred thousand rows need not lock the row of their import each.
        db_index=False,
        related_name="edits",
        null=True,
        blank=True,
    )
    act = models.CharField(_("action"), max_length=10, choices=EditAct.choices)
    model = models.CharField(_("what"), max_length=60)
    object_id = models.BigIntegerField(_("key"))
    label = models.CharField(pgettext_lazy("of an edited row", "called"), max_length=200, blank=True)
    page_model = models.CharField(_("page"), max_length=60)
    page_id = models.BigIntegerField(_("key of the page"))
    changes = models.JSONField(_("changes"), default=dict, decoder=ExactNumbers)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = EditQuerySet.as_manager()

    class Meta:
        verbose_name = _("edit")
        verbose_name_plural = _("history of edits")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["page_model", "page_id"], name="retail_edit_page"),
            # The rows of an import, a hundred thousand at once, are found by their import and keep out of the others.
            models.Index(fields=["at", "id"], condition=Q(run=None), name="retail_edit_by_people"),
            models.Index(fields=["by", "at", "id"], condition=Q(run=None), name="retail_edit_of_one"),
            models.Index(fields=["run"], condition=Q(run__isnull=False), name="retail_edit_of_import"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.object_id}: {self.act}"
