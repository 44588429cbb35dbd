"""Verbs of «Назначение акции»: drafted, posted once, then perhaps reversed once.

Bonuses accrued under a promotion live by the rule of the assignment that is in force in the shop, for the card's kind,
on the shop's day of the operation; **of several the one that was posted last**; without any by the rule of the kind of
cards (`billing_rule_of`, migration 0004). So an exception is posted after what it is an exception from, and a newer one
takes the place of an older where both hold, without reversing it; `overridden` tells which, before posting.

What is decided when an operation is recorded is kept in its lots: nothing here changes it.
"""

from datetime import date as Date
from datetime import datetime, time, tzinfo
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from billing.choices import LifeLength
from billing.models import BonusLifeRule, PromotionAssignment
from retail.choices import DocumentState
from retail.exceptions import DomainError
from retail.services import numbering
from stock.services.documents import AlreadyPosted, AlreadyReversed, NotADraft, NotPosted

SERIES = "promotion_assignment"
# What an assignment does not share with its copy.
_OWN = {"id", "number", "date", "state", "posted_at", "posted_by", "reversed_at", "reversed_by"}


class EndsBeforeItBegins(DomainError):
    code = "ends_before_it_begins"


class NothingWouldLive(DomainError):
    """By the rule bonuses would have ended by the time they begin."""

    code = "nothing_would_live"


class Life(NamedTuple):
    """When bonuses begin, and the first moment at which they are no longer there; None for never."""

    begins: datetime
    ends: datetime | None


def life(*, rule: BonusLifeRule, at: datetime, zone: tzinfo) -> Life:
    """Return the life that a rule gives to bonuses accrued at a moment, by the days of a time zone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.active_from, l.expires_at FROM billing_life(%s, %s, %s) AS l", [rule.pk, at, str(zone)]
        )
        return Life(*cursor.fetchone())


@transaction.atomic
def save_draft(*, assignment: PromotionAssignment) -> PromotionAssignment:
    """Save a draft's own fields; numbered when it is new, and anew when its organization or year has changed.

    Locks it, so that it cannot be posted half-edited. Raises `NotADraft`, `ValidationError`.
    """
    series = None
    if not assignment._state.adding:
        kept = lock(assignment=assignment)
        check_is_draft(assignment=kept)
        series = _series(kept)
    assignment.clean_fields()
    if _series(assignment) != series:
        assignment.number = numbering.next_number(
            kind=SERIES, organization=assignment.organization, date=assignment.date
        )
    assignment.save()
    return assignment


@transaction.atomic
def draft_again(*, assignment: PromotionAssignment, date: datetime) -> PromotionAssignment:
    """Draft a copy of an assignment in any state, with a number and a date of its own."""
    copied = [field.attname for field in assignment._meta.concrete_fields if field.name not in _OWN]
    values: dict[str, Any] = {name: getattr(assignment, name) for name in copied}
    draft = save_draft(assignment=PromotionAssignment(date=date, **values))
    draft.shops.set(assignment.shops.all())
    draft.kinds.set(assignment.kinds.all())
    return draft


@transaction.atomic
def discard(*, assignment: PromotionAssignment) -> None:
    """Delete a draft. Raises `NotADraft`."""
    check_is_draft(assignment=lock(assignment=assignment))
    assignment.delete()


@transaction.atomic
def post(*, assignment: PromotionAssignment, by: User | None, now: datetime) -> PromotionAssignment:
    """Post a draft: from now on it decides, where it holds, about what is recorded.

    Raises `AlreadyPosted`, `AlreadyReversed`, `EndsBeforeItBegins`, `NothingWouldLive`.
    """
    check_can_post(assignment=lock(assignment=assignment))
    return _mark(assignment, state=DocumentState.POSTED, posted_at=now, posted_by=by)


@transaction.atomic
def reverse(*, assignment: PromotionAssignment, by: User | None, now: datetime) -> PromotionAssignment:
    """Reverse a posted assignment: it decides about nothing any more. Raises `NotPosted`, `AlreadyReversed`."""
    check_can_reverse(assignment=lock(assignment=assignment))
    return _mark(assignment, state=DocumentState.REVERSED, reversed_at=now, reversed_by=by)


def overridden(*, assignment: PromotionAssignment) -> list[PromotionAssignment]:
    """Return the posted assignments of the same promotion that hold somewhere where this one does, the latest first."""
    others = PromotionAssignment.objects.filter(promotion=assignment.promotion, state=DocumentState.POSTED)
    others = others.exclude(pk=assignment.pk).exclude(ends__lt=assignment.begins)
    if assignment.ends:
        others = others.filter(begins__lte=assignment.ends)
    shops, kinds = _keys(assignment)
    found = others.select_related("bonus_rule").prefetch_related("shops", "kinds").order_by("-posted_at", "-pk")
    return [one for one in found if _meet(shops, _keys(one)[0]) and _meet(kinds, _keys(one)[1])]


def check_is_draft(*, assignment: PromotionAssignment) -> None:
    """Raises `NotADraft`."""
    if not assignment.is_draft:
        raise NotADraft(
            _("%(document)s is no longer a draft: reverse it and draft another.") % {"document": assignment}
        )


def check_can_post(*, assignment: PromotionAssignment) -> None:
    """Raises `AlreadyPosted`, `AlreadyReversed`, `EndsBeforeItBegins`, `NothingWouldLive`."""
    if assignment.state == DocumentState.POSTED:
        raise AlreadyPosted(_("%(document)s is already posted.") % {"document": assignment})
    if assignment.state == DocumentState.REVERSED:
        raise AlreadyReversed(_("%(document)s is already reversed.") % {"document": assignment})
    check_period(begins=assignment.begins, ends=assignment.ends)
    check_rule(assignment=assignment)


def check_can_reverse(*, assignment: PromotionAssignment) -> None:
    """Raises `NotPosted`, `AlreadyReversed`."""
    if assignment.state == DocumentState.DRAFT:
        raise NotPosted(_("%(document)s is not posted.") % {"document": assignment})
    if assignment.state == DocumentState.REVERSED:
        raise AlreadyReversed(_("%(document)s is already reversed.") % {"document": assignment})


def check_period(*, begins: Date, ends: Date | None) -> None:
    """Raises `EndsBeforeItBegins`."""
    if ends and ends < begins:
        raise EndsBeforeItBegins(_("The last day is before the first one."), attr="ends")


def check_rule(*, assignment: PromotionAssignment) -> None:
    """Check that what is accrued on the first day and on the last one lives at all. Raises `NothingWouldLive`."""
    rule, zone = assignment.bonus_rule, timezone.get_default_timezone()
    last = assignment.ends
    if last is None and rule.lives_until and rule.lives == LifeLength.UNTIL:
        raise NothingWouldLive(
            _("By the rule “%(rule)s” nothing lives after a date: say on what day the assignment ends.")
            % {"rule": rule},
            attr="ends",
        )
    for day in (assignment.begins, last or assignment.begins):
        found = life(rule=rule, at=datetime.combine(day, time.max, tzinfo=zone), zone=zone)
        if found.ends and found.ends <= found.begins:
            raise NothingWouldLive(
                _("By the rule “%(rule)s” what is accrued on %(day)s would have ended before it begins.")
                % {"rule": rule, "day": date_format(day, "SHORT_DATE_FORMAT")},
                attr="bonus_rule",
            )


def lock(*, assignment: PromotionAssignment) -> PromotionAssignment:
    """Lock an assignment's row, and return it as it now is."""
    return PromotionAssignment.objects.select_for_update(of=("self",)).get(pk=assignment.pk)


def _mark(assignment: PromotionAssignment, **fields: Any) -> PromotionAssignment:
    PromotionAssignment.objects.filter(pk=assignment.pk).update(**fields)
    for name, value in fields.items():
        setattr(assignment, name, value)
    return assignment


def _series(assignment: PromotionAssignment) -> tuple[int, int]:
    return assignment.organization_id, timezone.localdate(assignment.date).year


def _keys(assignment: PromotionAssignment) -> tuple[set[int], set[int]]:
    return {shop.pk for shop in assignment.shops.all()}, {kind.pk for kind in assignment.kinds.all()}


def _meet(some: set[int], others: set[int]) -> bool:
    """Tell whether two have something in common; an empty one is of all."""
    return not some or not others or bool(some & others)
