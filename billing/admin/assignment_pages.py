"""How assignments of promotions are told: on their own page, before they are posted, and on the page of a promotion."""

from datetime import date as Date
from datetime import datetime, time
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import pgettext

from billing.admin import lives
from billing.models import Promotion, PromotionAssignment
from billing.services import assignments
from registers.admin.facts import badge, here, link
from retail.choices import DocumentState
from stock.admin.shown import STATE_COLOURS, person

SHOWN = 20
NAMED = 5  # Of shops or kinds in a list.


def told(one: PromotionAssignment, *, today: Date) -> dict[str, Any]:
    """Describe an assignment: what, where, for whom, on what days, and how it stands."""
    return {
        "link": link(one, f"№\xa0{one.number}"),
        "promotion": link(one.promotion),
        "rule": link(one.bonus_rule),
        "begin": lives.begins(one.bonus_rule),
        "live": lives.length(one.bonus_rule),
        "period": period(one),
        "shops": shops(one),
        "kinds": kinds(one),
        "state": standing(one, today=today),
        "posted": _deed(one.posted_at, one.posted_by),
        "reversed": _deed(one.reversed_at, one.reversed_by),
    }


def standing(one: PromotionAssignment, *, today: Date) -> str:
    """Say how an assignment stands: a posted one by whether its days are here."""
    if one.state != DocumentState.POSTED:
        return badge(one.get_state_display(), STATE_COLOURS[one.state])
    if one.is_in_force(day=today):
        return badge(pgettext("assignment", "In force"), "success")
    if one.begins > today:
        return badge(_now("Posted, ahead"), "info")
    return badge(_now("Posted, over"))


def period(one: PromotionAssignment) -> str:
    begins = date_format(one.begins, "SHORT_DATE_FORMAT")
    if one.ends is None:
        return _now("from %(day)s on") % {"day": begins}
    return f"{begins} – {date_format(one.ends, 'SHORT_DATE_FORMAT')}"


def shops(one: PromotionAssignment) -> str:
    return _named([shop.name for shop in one.shops.all()], _now("all shops"))


def kinds(one: PromotionAssignment) -> str:
    return _named([kind.name for kind in one.kinds.all()], _now("all kinds of cards"))


def panel(one: PromotionAssignment, *, now: datetime) -> dict[str, Any]:
    """Return what the page of an assignment shows, and the page that asks before it is posted."""
    today = timezone.localdate(now)
    day = max(today, one.begins)
    noon = datetime.combine(day, time(12), tzinfo=timezone.get_default_timezone())
    rivals = assignments.overridden(assignment=one)
    return {
        "told": told(one, today=today),
        "example": lives.example(one.bonus_rule, noon),
        "rivals": [{**told(rival, today=today), "decides": _is_later(rival, one)} for rival in rivals],
        "has_begun": one.begins < today,
        "is_over": one.ends is not None and one.ends < today,
    }


def of_promotion(promotion: Promotion, *, today: Date) -> list[dict[str, Any]]:
    """Describe the latest assignments of a promotion."""
    found = promotion.assignments.select_related("promotion", "bonus_rule", "posted_by", "reversed_by")
    found = found.prefetch_related("shops", "kinds").order_by("-begins", "-pk")[:SHOWN]
    return [told(one, today=today) for one in found]


def _named(names: list[str], every: str) -> str:
    """Name some shops or kinds; none is every one of them, and of many the rest is counted."""
    if not names:
        return every
    more = len(names) - NAMED
    said = ", ".join(names[:NAMED])
    return _now("%(names)s and %(count)d more") % {"names": said, "count": more} if more > 0 else said


def _is_later(rival: PromotionAssignment, one: PromotionAssignment) -> bool:
    """Tell whether of two that hold in the same place the other decides: a draft would be posted after it."""
    if one.posted_at is None or rival.posted_at is None:
        return False
    return (rival.posted_at, rival.pk) > (one.posted_at, one.pk)


def _deed(moment: datetime | None, user: Any) -> str:
    return " · ".join(filter(None, (here(moment), person(user)))) if moment else ""
