"""How rules by which bonuses live are told: in words, and by an example that the ledger itself works out."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import ngettext

from billing.choices import LifeLength, LifeStart
from billing.models import BonusLifeRule
from billing.services import assignments


def begins(rule: BonusLifeRule) -> str:
    """Say when bonuses begin: "after 1 day"."""
    if rule.starts == LifeStart.ON and rule.starts_on:
        return _now("on %(day)s") % {"day": date_format(rule.starts_on, "SHORT_DATE_FORMAT")}
    days = rule.starts_after_days
    if not days:
        return _now("at once")
    return ngettext("after %(count)d day", "after %(count)d days", days) % {"count": days}


def length(rule: BonusLifeRule) -> str:
    """Say how long bonuses live: "3 months"."""
    if rule.lives == LifeLength.FOREVER:
        return str(LifeLength.FOREVER.label)
    if rule.lives == LifeLength.UNTIL and rule.lives_until:
        return _now("until %(day)s, and on it") % {"day": date_format(rule.lives_until, "SHORT_DATE_FORMAT")}
    count = rule.lives_for or 0
    if rule.lives == LifeLength.DAYS:
        return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
    return ngettext("%(count)d month", "%(count)d months", count) % {"count": count}


def example(rule: BonusLifeRule, at: datetime) -> dict[str, Any]:
    """Describe what becomes of bonuses accrued at a moment, by the chain's clock."""
    zone = timezone.get_default_timezone()
    life = assignments.life(rule=rule, at=at, zone=zone)
    return {
        "at": _moment(at),
        "begins": _now("at once") if life.begins <= at else _moment(life.begins),
        "ends": _end(life.ends) if life.ends else _now("never"),
        "nothing": life.ends is not None and life.ends <= life.begins,
    }


def _moment(moment: datetime) -> str:
    """Write a moment; of a midnight its day alone."""
    local = timezone.localtime(moment, timezone.get_default_timezone())
    day = date_format(local, "SHORT_DATE_FORMAT")
    return day if local.time() == local.time().min else f"{day} {date_format(local, 'H:i')}"


def _end(moment: datetime) -> str:
    """Write an end; that of a day as people say it: with that day, not with the midnight after it."""
    local = timezone.localtime(moment, timezone.get_default_timezone())
    if local.time() != local.time().min:
        return _moment(moment)
    last = local - timedelta(microseconds=1)
    return _now("with the end of %(day)s") % {"day": date_format(last, "SHORT_DATE_FORMAT")}
