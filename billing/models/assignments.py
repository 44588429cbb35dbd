"""«Назначение акции»: where, for whom and on what days bonuses of a promotion live by which rule.

It decides about what is accrued, and about nothing that is recorded already: a lot keeps the life it was given. Days
are those of the shop. Which of several decides is said in `billing.services.assignments`.
"""

from datetime import date as Date

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from billing.fields import OF_A_DAY
from billing.models.kinds import BonusLifeRule, CardKind, Promotion
from retail.choices import DocumentState
from retail.models import Document, Shop

# The year that a document's number belongs to, as `retail.services.numbering` takes it.
_YEAR = Func(
    F("date"),
    template=f"EXTRACT(YEAR FROM %(expressions)s AT TIME ZONE '{settings.TIME_ZONE}')",
    output_field=models.IntegerField(),
)


class PromotionAssignmentQuerySet(models.QuerySet["PromotionAssignment"]):
    def in_force(self, *, day: Date) -> "PromotionAssignmentQuerySet":
        """Keep those that decide about what happens on a day of some shop."""
        posted = self.filter(state=DocumentState.POSTED, begins__lte=day)
        return posted.filter(Q(ends=None) | Q(ends__gte=day))


class PromotionAssignment(Document):
    """A document that is posted and reversed; without shops it holds in all of them, and so with kinds of cards.

    Once it has left the drafts the database keeps it, with its shops and kinds (migration 0004).
    """

    promotion = models.ForeignKey(
        Promotion, verbose_name=_("promotion"), on_delete=models.PROTECT, related_name="assignments"
    )
    bonus_rule = models.ForeignKey(
        BonusLifeRule, verbose_name=_("bonus life rule"), on_delete=models.PROTECT, related_name="assignments"
    )
    begins = models.DateField(_("first day"), validators=OF_A_DAY)
    ends = models.DateField(
        _("last day"), null=True, blank=True, validators=OF_A_DAY, help_text=_("Without one there is no end.")
    )
    shops = models.ManyToManyField(
        Shop, verbose_name=_("shops"), related_name="+", blank=True, help_text=_("None means all of them.")
    )
    kinds = models.ManyToManyField(
        CardKind, verbose_name=_("kinds of cards"), related_name="+", blank=True, help_text=_("None means all of them.")
    )

    objects = PromotionAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("promotion assignment")
        verbose_name_plural = _("promotion assignments")
        permissions = [
            ("post_promotionassignment", _("Can post promotion assignments")),
            ("reverse_promotionassignment", _("Can reverse promotion assignments")),
        ]
        constraints = [
            models.UniqueConstraint(
                F("organization"),
                _YEAR,
                F("number"),
                name="%(app_label)s_%(class)s_number_once_in_its_series",
            ),
            models.CheckConstraint(
                condition=Q(ends=None) | Q(ends__gte=F("begins")), name="%(app_label)s_%(class)s_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(state=DocumentState.DRAFT, posted_at=None)
                | (~Q(state=DocumentState.DRAFT) & Q(posted_at__isnull=False)),
                name="%(app_label)s_%(class)s_posted_document_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state=DocumentState.REVERSED, reversed_at__isnull=False)
                | (~Q(state=DocumentState.REVERSED) & Q(reversed_at=None)),
                name="%(app_label)s_%(class)s_reversed_document_says_when",
            ),
        ]
        indexes = [
            # In the order in which they decide.
            models.Index(
                F("promotion"),
                F("posted_at").desc(),
                F("id").desc(),
                condition=Q(state=DocumentState.POSTED),
                name="billing_assignment_in_force",
            ),
        ]

    def is_in_force(self, *, day: Date) -> bool:
        """Tell whether it decides about what happens on a day of some shop."""
        within = self.begins <= day and (self.ends is None or self.ends >= day)
        return self.state == DocumentState.POSTED and within

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}".capitalize()
